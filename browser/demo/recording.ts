/**
 * What the shop tells Hindsight goes through here.
 *
 * A page must never depend on its recorder: visitors block scripts, and then
 * there is none.
 */

import type { Hindsight } from "../recorder/api";

/** The recorder, once its script has loaded. */
export function recorder(): Hindsight | undefined {
  const { hindsight } = window;
  return hindsight && "track" in hindsight ? hindsight : undefined;
}
