/** The recording as the server has it: the manifest, the parts it names, and their stylesheets. */

import type { Manifest, PartManifest, StreamManifest } from "../contracts/replay";
import { bytesOf } from "./place";
import { type Reads, Refused } from "./source";
import { type StyleMap, Styles } from "./styles";

/** What a part holds, as it was recorded. */
export interface Piece {
  events: unknown[];
  /** The stylesheets that it refers to, as far as there are any. */
  styles: StyleMap;
}

/** Answers kept for parts that were asked for ahead; more than that were left behind by a seek. */
const MAX_KEPT = 12;
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

const NOTHING: Manifest = {
  session: "",
  status: "completed",
  heard_at: 0,
  duration_ms: 0,
  styles_url: "",
  streams: [],
};

export class Recording {
  manifest = NOTHING;
  private readonly styles = new Styles((hash) => this.read(this.manifest.styles_url + hash));
  private readonly asked = new Map<string, { answer: Promise<unknown>; bytes: number }>();
  /** Parts that the server does not have, although its manifest names them. */
  private readonly gone = new Set<string>();
  private refreshing: Promise<void> | null = null;
  private onChange: (former: Manifest) => void = () => {};

  constructor(
    private readonly url: string,
    private readonly source: Reads,
  ) {}

  /** Calls this from now on whenever the manifest has changed. */
  watch(onChange: (former: Manifest) => void): void {
    this.onChange = onChange;
  }

  /** Reads the manifest again. */
  refresh(): Promise<void> {
    this.refreshing ??= this.readManifest().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  get isActive(): boolean {
    return this.manifest.status === "active";
  }

  /** The stream with this id as the manifest has it now. */
  stream(id: string): StreamManifest | undefined {
    return this.manifest.streams.find((stream) => stream.id === id);
  }

  /** Whether the stream is by now stored in other parts than these. */
  isOutdated({ id, version }: StreamManifest): boolean {
    return this.stream(id)?.version !== version;
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

  /**
   * Reads a part; nothing when the stream turns out to be stored in other parts by now.
   *
   * @throws {Refused} for a part that the server does not give
   * @throws {SyntaxError} for one that is not a list of events
   */
  async piece(stream: StreamManifest, part: PartManifest): Promise<Piece | null> {
    try {
      const [events, styles] = await Promise.all([this.ask(part), this.styles.of(part.styles)]);
      if (!Array.isArray(events)) throw new SyntaxError("a part is not a list of events");
      return { events, styles };
    } catch (error) {
      if (error instanceof Refused && error.isGone && (await this.wasReplaced(stream, part))) return null;
      throw error;
    } finally {
      this.asked.delete(part.url);
    }
  }

  /** Asks for parts that will be needed soon, and for their stylesheets. */
  prefetch(parts: PartManifest[]): void {
    for (const part of parts) {
      if (this.asked.has(part.url)) continue;
      // What goes wrong is told to whoever needs the part.
      this.ask(part).catch(() => {});
      void this.styles.of(part.styles);
    }
  }

  close(): void {
    this.source.close();
  }

  private read(url: string): Promise<unknown> {
    return this.source.read(new URL(url, this.url).href);
  }

  private async readManifest(): Promise<void> {
    const manifest = (await this.read(this.url)) as Manifest;
    manifest.streams.sort((one, other) => one.offset_ms - other.offset_ms);
    const former = this.manifest;
    if (JSON.stringify(manifest) === JSON.stringify(former)) return;
    this.manifest = manifest;
    this.onChange(former);
  }

  /** Whether a part is gone because its stream was finished; the manifest is asked once for each part. */
  private async wasReplaced(stream: StreamManifest, part: PartManifest): Promise<boolean> {
    // An answer that is under way may be older than the part's.
    await this.refreshing?.catch(() => {});
    if (!this.isOutdated(stream) && !this.gone.has(part.url)) await this.refresh().catch(() => {});
    if (this.isOutdated(stream)) return true;
    this.gone.add(part.url);
    return false;
  }

  private ask(part: PartManifest): Promise<unknown> {
    const asked = this.asked.get(part.url);
    if (asked) return asked.answer;
    const answer = this.read(part.url);
    this.asked.set(part.url, { answer, bytes: bytesOf(part) });
    this.dropLeftBehind();
    return answer;
  }

  private dropLeftBehind(): void {
    let bytes = [...this.asked.values()].reduce((sum, one) => sum + one.bytes, 0);
    for (const [url, one] of this.asked) {
      if (this.asked.size <= MAX_KEPT && (bytes <= MAX_KEPT_BYTES || this.asked.size === 1)) break;
      this.asked.delete(url);
      bytes -= one.bytes;
    }
  }
}
