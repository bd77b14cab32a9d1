/** Finds where to start loading a stream, so that a place in it can be shown. */

import type { PartManifest, StreamManifest } from "../contracts/replay";
import type { Reel } from "./reel";

/** The last part with a full snapshot that starts at or before this time of the stream. */
export function lastSnapshotPart(stream: StreamManifest, at: number): PartManifest | undefined {
  return stream.parts.findLast((part) => part.snapshot && part.starts_ms - stream.offset_ms <= at);
}

/**
 * A reel from which `at` can be shown, or else the stream's first snapshot
 * after it; nothing when no snapshot of the stream can be shown, or when the
 * stream is by now stored in other parts.
 *
 * The manifest says which parts have a snapshot, but not whether it is a good
 * one, nor whether it comes before `at` in its part: that is known when the
 * part is loaded. Usually the first one tried will do.
 */
export async function cue(
  stream: StreamManifest,
  at: number,
  start: (first: PartManifest) => Reel,
): Promise<Reel | null> {
  let best: Reel | null = null;
  for (const part of bySuitability(stream, at)) {
    const reel = start(part);
    await reel.loadNext();
    if (reel.isOutdated) return null;
    if (reel.startsAt < (best?.startsAt ?? Number.POSITIVE_INFINITY)) best = reel;
    if (best && (best.startsAt <= at || part.starts_ms - stream.offset_ms > at)) return best;
  }
  return best;
}

/** Parts with a snapshot: those before the place from the last back, then those after it from the first on. */
function bySuitability(stream: StreamManifest, at: number): PartManifest[] {
  const parts = stream.parts.filter((part) => part.snapshot);
  const isBefore = (part: PartManifest) => part.starts_ms - stream.offset_ms <= at;
  return [...parts.filter(isBefore).reverse(), ...parts.filter((part) => !isBefore(part))];
}
