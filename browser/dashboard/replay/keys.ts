// The keys of the replay page. `templates/components/replay_help.html` lists them.

import { copy } from "../clipboard";
import { element } from "../element";
import { clock } from "../time";
import type { Findings } from "./findings";
import type { Listing } from "./listing";
import { momentUrl } from "./moment";
import type { Beside } from "./neighbours";
import type { Playback } from "./playback";
import type { Story } from "./story";
import { lastBefore } from "./timeline";
import type { Toast } from "./toast";

/** How far the back and forward buttons and keys go. */
export const STEP_MS = 10_000;

/** What keys can reach. */
export interface Reach {
  playback: Playback;
  story: Story;
  events: Listing;
  findings: Findings;
  beside: Beside;
  toast: Toast;
  fullscreen: () => void;
}

/** Plays, seeks and opens things by key, except while the key belongs to something else. */
export function listenToKeys(reach: Reach): void {
  const actions = keyActions(reach);
  document.addEventListener("keydown", (event) => {
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined || isTaken(event)) return;
    event.preventDefault();
    action(event);
  });
}

/** So many tabs have a key of their own. */
const MOST_TABS = 9;

type Action = (event: KeyboardEvent) => void;

function keyActions(reach: Reach): Record<string, Action> {
  const { playback, story, findings, beside, toast, fullscreen } = reach;
  const goBy = (direction: -1 | 1): Action => {
    return ({ shiftKey }) => {
      if (shiftKey) void stepToEvent(reach, direction);
      else playback.seekBy(direction * STEP_MS);
    };
  };
  const goToNext = (direction: -1 | 1): Action => {
    return ({ shiftKey }) => (shiftKey ? findings.step(direction) : void stepToEvent(reach, direction));
  };
  const actions: Record<string, Action> = {
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
    h: goToNext(-1),
    l: goToNext(1),
    j: () => beside.go("older"),
    k: () => beside.go("newer"),
    t: () => story.toggle(),
    e: () => story.toggleView("events"),
    i: () => story.toggleView("info"),
    u: () => void copyMoment(playback, toast),
    "?": () => element<HTMLDialogElement>("help").showModal(),
    Escape: () => story.close(),
  };
  for (let place = 0; place < MOST_TABS; place += 1) {
    actions[String(place + 1)] = () => story.openAt(place);
  }
  return actions;
}

/** Nearer than this an event counts as the one that is shown: a seek may land a little early. */
const SAME_MOMENT_MS = 250;

/** Goes to the next thing that the visitor did, of those that the list of events shows. */
export async function stepToEvent(
  { playback, events, toast }: Pick<Reach, "playback" | "events" | "toast">,
  direction: -1 | 1,
): Promise<void> {
  await events.load();
  const { at_ms } = playback.state;
  const place =
    direction === 1
      ? lastBefore(events.items, at_ms + SAME_MOMENT_MS) + 1
      : lastBefore(events.items, at_ms - SAME_MOMENT_MS);
  const next = events.items[place];
  if (next) playback.seek(next.at_ms);
  else toast(direction === 1 ? "No event comes after this" : "No event comes before this");
}

async function copyMoment({ state }: Playback, toast: Toast): Promise<void> {
  const copied = await copy(momentUrl(state.at_ms));
  toast(copied ? `Link to ${clock(state.at_ms)} copied` : "The link could not be copied");
}

/** Whether a key belongs to the browser, to a field, to an open dialog or to the button in focus. */
export function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target as Element;
  if (target.closest("input, textarea, select, [contenteditable], dialog")) return true;
  return event.key === " " && target.closest("button, a, summary") !== null;
}
