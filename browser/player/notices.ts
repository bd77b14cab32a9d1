/** What a viewer must know, in plain words and once. */

import type { NoticeKind, PartManifest, StreamManifest } from "../contracts/replay";
import type { Take } from "./intake";
import { isBefore } from "./place";
import { Refused } from "./source";

type Gap = StreamManifest["missing"][number];

export type Say = (kind: NoticeKind, text: string, at_ms: number) => void;

export class Notices {
  private readonly said = new Set<string>();

  constructor(private readonly say: Say) {}

  unplayable(text: string): void {
    this.once("unplayable", "unplayable", text, 0);
  }

  unreadable(error: unknown): void {
    const isGone = error instanceof Refused && error.isGone;
    this.unplayable(isGone ? "This session no longer exists." : "The recording cannot be read.");
  }

  unreachable(at_ms: number): void {
    this.say("unreachable", "The server does not answer. Trying again.", at_ms);
  }

  /** What is wrong with a part, and what should have come before it or within it. */
  part(stream: StreamManifest, part: PartManifest, take: Take, trouble: Error | null): void {
    for (const gap of stream.missing)
      if (goesOnIn(stream, gap)?.url === part.url) this.gap(stream, gap, part);
    if (trouble) this.lost(stream, part, trouble);
    else if (take.lacksStyles) this.lacksStyles(part);
    if (take.bad > 0) this.badEvents(stream, part, take.bad);
  }

  noSnapshot(stream: StreamManifest, shownFrom: number): void {
    const text =
      shownFrom === Number.POSITIVE_INFINITY
        ? "This page cannot be shown: no picture of it was recorded."
        : "The start of this page cannot be shown: the first picture of it came later.";
    this.once(`no-snapshot ${stream.id}`, "no-snapshot", text, stream.offset_ms);
  }

  private gap(stream: StreamManifest, [first, last]: Gap, part: PartManifest): void {
    const batches = counted(last - first + 1, "batch", "batches");
    const text = `${batches} of the recording never arrived: what is shown from here on may lack something.`;
    this.once(`gap ${stream.id} ${first}`, "gap", text, part.starts_ms);
  }

  private lacksStyles(part: PartManifest): void {
    this.once("styles", "gap", "A stylesheet of this page is no longer there.", part.starts_ms);
  }

  private lost(stream: StreamManifest, part: PartManifest, trouble: Error): void {
    const key = `lost ${stream.id} ${part.seq} ${part.index}`;
    if (trouble instanceof Refused) {
      this.once(
        key,
        "gap",
        `A part of the recording is no longer there (${trouble.status}).`,
        part.starts_ms,
      );
    } else {
      this.once(
        key,
        "bad-event",
        "A part of the recording could not be read and was left out.",
        part.starts_ms,
      );
    }
  }

  private badEvents(stream: StreamManifest, part: PartManifest, bad: number): void {
    const text = `${counted(bad, "event", "events")} could not be played and ${bad === 1 ? "was" : "were"} left out.`;
    this.once(`bad-event ${stream.id} ${part.seq} ${part.index} ${bad}`, "bad-event", text, part.starts_ms);
  }

  private once(key: string, kind: NoticeKind, text: string, at_ms: number): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    this.say(kind, text, at_ms);
  }
}

/** The part that holds the first event after a gap. */
function goesOnIn({ parts }: StreamManifest, [, last]: Gap): PartManifest | undefined {
  const next = { seq: last + 1, index: 0 };
  return parts.findLast((part) => !isBefore(next, part)) ?? parts[0];
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
