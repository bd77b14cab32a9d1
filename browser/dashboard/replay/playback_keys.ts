// The keys that play a recording, wherever one is played.

import { element } from "../element";
import type { Playback } from "./playback";
import { lastBefore } from "./timeline";
import type { Toast } from "./toast";

/** How far the back and forward buttons and keys go. */
export const STEP_MS = 10_000;

/** What a key does. */
export type Action = (event: KeyboardEvent) => void;

/** What the keys and buttons of a replay can reach. */
export interface Reach {
  playback: Playback;
  /** Goes to the next thing that the visitor did, where that is known. */
  step: ((direction: -1 | 1) => void) | undefined;
  fullscreen: () => void;
}

/** What can be stepped through. */
export interface Steps {
  readonly items: readonly { at_ms: number }[];
  load(): Promise<void>;
}

/** Plays, seeks and opens things by key, except while the key belongs to something else. */
export function listenTo(actions: Record<string, Action>): void {
  document.addEventListener("keydown", (event) => {
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined || isTaken(event)) return;
    event.preventDefault();
    action(event);
  });
}

/** The keys of every replay. */
export function playbackActions({ playback, step, fullscreen }: Reach): Record<string, Action> {
  const goBy = (direction: -1 | 1): Action => {
    return ({ shiftKey }) => {
      if (shiftKey && step) step(direction);
      else playback.seekBy(direction * STEP_MS);
    };
  };
  return {
    " ": () => playback.toggle(),
    ArrowLeft: goBy(-1),
    ArrowRight: goBy(1),
    ",": () => playback.step(-1),
    ".": () => playback.step(1),
    Home: () => playback.seek(0),
    End: () => playback.seek(playback.state.duration_ms),
    "<": () => playback.stepSpeed(-1),
    ">": () => playback.stepSpeed(1),
    s: () => playback.setSkipIdle(!playback.state.skip_idle),
    f: fullscreen,
    h: () => step?.(-1),
    l: () => step?.(1),
    "?": () => element<HTMLDialogElement>("help").showModal(),
  };
}

/** Nearer than this an event counts as the one that is shown: a seek may land a little early. */
const SAME_MOMENT_MS = 250;

/** Goes to the next of these, or says that there is none. */
export async function stepThrough(
  steps: Steps,
  direction: -1 | 1,
  playback: Playback,
  toast: Toast,
): Promise<void> {
  await steps.load();
  const { at_ms } = playback.state;
  const place =
    direction === 1
      ? lastBefore(steps.items, at_ms + SAME_MOMENT_MS) + 1
      : lastBefore(steps.items, at_ms - SAME_MOMENT_MS);
  const next = steps.items[place];
  if (next) playback.seek(next.at_ms);
  else toast(direction === 1 ? "No event comes after this" : "No event comes before this");
}

/** Whether a key belongs to the browser, to a field, to an open dialog or to the button in focus. */
export function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target as Element;
  if (target.closest("input, textarea, select, [contenteditable], dialog")) return true;
  return event.key === " " && target.closest("button, a, summary") !== null;
}
