// The keys of the replay page. `templates/components/replay_help.html` lists them.

import { copy } from "../clipboard";
import { element } from "../element";
import { clock } from "../time";
import { STEP_MS } from "./controls";
import type { Facts } from "./facts";
import type { Findings } from "./findings";
import { momentUrl } from "./moment";
import { type Playback, SPEEDS } from "./playback";
import type { Story } from "./story";
import type { Toast } from "./toast";

const FINE_STEP_MS = 1000;

/** What keys can reach. */
export interface Reach {
  playback: Playback;
  facts: Facts;
  story: Story;
  findings: Findings;
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

function keyActions({ playback, facts, story, findings, toast, fullscreen }: Reach) {
  const actions: Record<string, (event: KeyboardEvent) => void> = {
    " ": () => playback.toggle(),
    ArrowLeft: (event) => playback.seekBy(-stepOf(event)),
    ArrowRight: (event) => playback.seekBy(stepOf(event)),
    Home: () => playback.seek(0),
    End: () => playback.seek(playback.state.duration_ms),
    "<": () => playback.stepSpeed(-1),
    ">": () => playback.stepSpeed(1),
    s: () => playback.setSkipIdle(!playback.state.skip_idle),
    f: fullscreen,
    e: () => story.toggle(),
    h: () => findings.step(-1),
    l: () => findings.step(1),
    i: () => facts.toggle(),
    u: () => void copyMoment(playback, toast),
    "?": () => element<HTMLDialogElement>("help").showModal(),
    Escape: () => {
      facts.close();
      story.close();
    },
  };
  for (const [index, speed] of SPEEDS.entries()) {
    actions[String(index + 1)] = () => playback.setSpeed(speed);
  }
  return actions;
}

function stepOf(event: KeyboardEvent): number {
  return event.shiftKey ? FINE_STEP_MS : STEP_MS;
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
  return event.key === " " && target.closest("button, a") !== null;
}
