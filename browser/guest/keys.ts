// The keys of a guest's replay. `templates/components/guest_help.html` lists them.

import { element } from "../dashboard/element";
import { isTaken } from "../dashboard/replay/keys";
import { type Playback, SPEEDS } from "../dashboard/replay/playback";
import { STEP_MS } from "./controls";
import type { Panel } from "./panels";

const FINE_STEP_MS = 1000;

/** What keys can reach beside the playback. */
export interface Reach {
  story: Panel | undefined;
  facts: Panel | undefined;
  fullscreen: () => void;
}

/** Plays, seeks and opens things by key, except while the key belongs to something else. */
export function listenToKeys(playback: Playback, { story, facts, fullscreen }: Reach): void {
  const stepOf = (event: KeyboardEvent) => (event.shiftKey ? FINE_STEP_MS : STEP_MS);
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
    e: () => story?.toggle(),
    i: () => facts?.toggle(),
    "?": () => element<HTMLDialogElement>("help").showModal(),
    Escape: () => {
      facts?.close();
      story?.close();
    },
  };
  for (const [index, speed] of SPEEDS.entries()) actions[String(index + 1)] = () => playback.setSpeed(speed);
  document.addEventListener("keydown", (event) => {
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined || isTaken(event)) return;
    event.preventDefault();
    action(event);
  });
}
