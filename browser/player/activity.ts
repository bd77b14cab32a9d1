/**
 * When the visitor was active and when idle, on the session's timeline.
 *
 * Known exactly for parts that were loaded, and from the manifest for the others.
 */

import type { Manifest, PartManifest, StreamManifest } from "../contracts/replay";
import { IDLE_AFTER_MS, type Span } from "./interactions";

/** After an interaction the page's answer to it is still shown. */
const AFTERMATH_MS = 1000;

const SLICES = 240;

export class Activity {
  /** By the part's URL, since the stream's start. */
  private readonly known = new Map<string, Span[]>();

  learn(part: PartManifest, interactions: Span[]): void {
    this.known.set(part.url, interactions);
  }

  idleSpans(manifest: Manifest): Span[] {
    return manifest.streams.flatMap((stream) => this.idleIn(stream));
  }

  private idleIn(stream: StreamManifest): Span[] {
    const idle: Span[] = [];
    let activeTo = stream.offset_ms;
    const activeAt = ([from, to]: Span) => {
      if (from - activeTo > IDLE_AFTER_MS) idle.push([activeTo + AFTERMATH_MS, from]);
      activeTo = Math.max(activeTo, to);
    };
    for (const part of stream.parts) for (const span of this.activeIn(stream, part)) activeAt(span);
    const end = stream.offset_ms + stream.duration_ms;
    activeAt([end, end]);
    return idle;
  }

  private activeIn(stream: StreamManifest, part: PartManifest): Span[] {
    const known = this.known.get(part.url);
    if (known) return known.map(([from, to]) => [stream.offset_ms + from, stream.offset_ms + to]);
    return part.active.map(([from, to]) => [from, to]);
  }
}

/** How much the visitor did in equal slices of the timeline, from 0 to 1. */
export function activitySlices({ duration_ms, streams }: Manifest): number[] {
  const counts = new Array<number>(SLICES).fill(0);
  const sliceOf = (at_ms: number) =>
    Math.min(SLICES - 1, Math.max(0, Math.floor((at_ms / Math.max(1, duration_ms)) * SLICES)));
  for (const [from, to, events] of streams.flatMap((stream) => stream.parts).flatMap((part) => part.active)) {
    const first = sliceOf(from);
    const last = Math.max(first, sliceOf(to));
    for (let slice = first; slice <= last; slice += 1) {
      counts[slice] = (counts[slice] ?? 0) + events / (last - first + 1);
    }
  }
  const most = Math.max(...counts) || 1;
  // A square root keeps quiet stretches visible beside busy ones.
  return counts.map((count) => Math.sqrt(count / most));
}
