/** What the visitor did, as stretches of time. */

import { EventType, type eventWithTime, IncrementalSource } from "rrweb";

export type Span = [from: number, to: number];

/** Stretches without an interaction that are longer than this are idle. */
export const IDLE_AFTER_MS = 5000;

const BY_THE_VISITOR = new Set([
  IncrementalSource.MouseMove,
  IncrementalSource.MouseInteraction,
  IncrementalSource.Scroll,
  IncrementalSource.ViewportResize,
  IncrementalSource.Input,
  IncrementalSource.TouchMove,
  IncrementalSource.MediaInteraction,
  IncrementalSource.Drag,
  IncrementalSource.Selection,
]);

const TAGS = new Set(["hindsight.prompt", "hindsight.reply", "hindsight.navigate"]);

/** When the visitor did what this event says; nothing when it was the page. */
export function interactionOf(event: eventWithTime, at: number): Span | null {
  if (event.type === EventType.Custom) return TAGS.has(event.data.tag) ? [at, at] : null;
  if (event.type !== EventType.IncrementalSnapshot || !BY_THE_VISITOR.has(event.data.source)) return null;
  if (!("positions" in event.data)) return [at, at];
  // Moves are sent together when the last of them has happened.
  const [first] = event.data.positions;
  return [Math.max(0, at + Math.min(0, first?.timeOffset ?? 0)), at];
}

/** Adds an interaction to spans that are in order, one span for those that are close together. */
export function addInteraction(spans: Span[], interaction: Span | null): void {
  if (!interaction) return;
  const last = spans.at(-1);
  if (last && interaction[0] - last[1] <= IDLE_AFTER_MS) last[1] = Math.max(last[1], interaction[1]);
  else spans.push(interaction);
}
