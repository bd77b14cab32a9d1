/** The recording as the server has it: the manifest, and the parts it names. */

import type { Manifest, PartManifest, StreamManifest } from "../contracts/replay";
import type { Source } from "./source";

/** How many parts are asked for beyond the one that is needed. */
const READ_AHEAD = 3;

/** Answers kept for parts that were asked for ahead; more than that were left behind by a seek. */
const MAX_KEPT = 12;

const NOTHING: Manifest = { session: "", status: "completed", duration_ms: 0, streams: [] };

export class Recording {
  manifest = NOTHING;
  private readonly asked = new Map<string, Promise<unknown>>();

  constructor(
    private readonly url: string,
    private readonly source: Source,
  ) {}

  /** Reads the manifest again; says whether anything is new. */
  async refresh(): Promise<boolean> {
    const manifest = (await this.source.read(this.url)) as Manifest;
    manifest.streams.sort((one, other) => one.offset_ms - other.offset_ms);
    const changed = JSON.stringify(manifest) !== JSON.stringify(this.manifest);
    this.manifest = manifest;
    return changed;
  }

  get isActive(): boolean {
    return this.manifest.status === "active";
  }

  /** The stream with this id as the manifest has it now. */
  stream(id: string): StreamManifest | undefined {
    return this.manifest.streams.find((stream) => stream.id === id);
  }

  /** The stream that plays at this place of the timeline. */
  streamAt(at_ms: number): StreamManifest | undefined {
    return this.manifest.streams.findLast((stream) => stream.offset_ms <= at_ms) ?? this.manifest.streams[0];
  }

  streamAfter(id: string): StreamManifest | undefined {
    const { streams } = this.manifest;
    const index = streams.findIndex((stream) => stream.id === id);
    return index < 0 ? undefined : streams[index + 1];
  }

  /** Where the stream leaves the stage: at the start of the next, or the end of the timeline. */
  endOf(id: string): number {
    return this.streamAfter(id)?.offset_ms ?? this.manifest.duration_ms;
  }

  /** Reads a part's events, and asks for some of the parts after it. */
  async events(stream: StreamManifest, part: PartManifest): Promise<unknown[]> {
    const answer = this.ask(part);
    const index = stream.parts.indexOf(part);
    this.prefetch(stream.parts.slice(index + 1, index + 1 + READ_AHEAD));
    try {
      const events = await answer;
      if (!Array.isArray(events)) throw new SyntaxError("a part is not a list of events");
      return events;
    } finally {
      this.asked.delete(part.url);
    }
  }

  prefetch(parts: PartManifest[]): void {
    // What goes wrong is told to whoever needs the part.
    for (const part of parts) this.ask(part).catch(() => {});
  }

  close(): void {
    this.source.close();
  }

  private ask(part: PartManifest): Promise<unknown> {
    const asked = this.asked.get(part.url);
    if (asked) return asked;
    const answer = this.source.read(new URL(part.url, this.url).href);
    this.asked.set(part.url, answer);
    for (const url of this.asked.keys()) {
      if (this.asked.size <= MAX_KEPT) break;
      this.asked.delete(url);
    }
    return answer;
  }
}
