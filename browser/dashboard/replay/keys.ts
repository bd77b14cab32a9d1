// The keys of the replay page. `templates/components/replay_help.html` lists them.

import { copy } from "../clipboard";
import { clock } from "../time";
import type { Findings } from "./findings";
import { momentUrl } from "./moment";
import type { Beside } from "./neighbours";
import type { Playback } from "./playback";
import { type Action, listenTo, playbackActions, type Reach } from "./playback_keys";
import type { Story } from "./story";
import type { Toast } from "./toast";

/** What keys can reach beside the playback. */
export interface Around {
  story: Story;
  findings: Findings;
  beside: Beside;
  toast: Toast;
}

/** So many tabs have a key of their own. */
const MOST_TABS = 9;

/** Makes the keys of the page work. */
export function listenToKeys(reach: Reach, { story, findings, beside, toast }: Around): void {
  const { playback, step } = reach;
  const goToNext = (direction: -1 | 1): Action => {
    return ({ shiftKey }) => (shiftKey ? findings.step(direction) : step?.(direction));
  };
  const actions: Record<string, Action> = {
    ...playbackActions(reach),
    h: goToNext(-1),
    l: goToNext(1),
    j: () => beside.go("older"),
    k: () => beside.go("newer"),
    t: () => story.toggle(),
    e: () => story.toggleView("events"),
    i: () => story.toggleView("info"),
    u: () => void copyMoment(playback, toast),
    Escape: () => story.close(),
  };
  for (let place = 0; place < MOST_TABS; place += 1) {
    actions[String(place + 1)] = () => story.openAt(place);
  }
  listenTo(actions);
}

async function copyMoment({ state }: Playback, toast: Toast): Promise<void> {
  const copied = await copy(momentUrl(state.at_ms));
  toast(copied ? `Link to ${clock(state.at_ms)} copied` : "The link could not be copied");
}
