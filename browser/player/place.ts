/** Where a part stands in its stream, and how much it weighs. */

import type { PartManifest } from "../contracts/replay";

/** The batch that an event came in, and its place in that batch. */
export type Place = Pick<PartManifest, "seq" | "index">;

/** About what a batch weighs, where the manifest does not say it. */
const USUAL_BYTES = 64 * 1024;

export function isBefore(one: Place, other: Place): boolean {
  return one.seq < other.seq || (one.seq === other.seq && one.index < other.index);
}

/** The size of a part's JSON. What it takes in memory grows with it. */
export function bytesOf({ json_bytes }: PartManifest): number {
  return json_bytes || USUAL_BYTES;
}

/** The first of these parts, and those after it that together with it weigh no more than this. */
export function firstWithin(parts: PartManifest[], max_bytes: number): PartManifest[] {
  let bytes = 0;
  const tooHeavy = parts.findIndex((part, index) => {
    bytes += bytesOf(part);
    return index > 0 && bytes > max_bytes;
  });
  return tooHeavy < 0 ? parts : parts.slice(0, tooHeavy);
}
