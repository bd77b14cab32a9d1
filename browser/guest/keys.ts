// The keys of a guest's replay. `templates/components/replay_help.html` lists them.

import { listenTo, playbackActions, type Reach } from "../dashboard/replay/playback_keys";
import type { Panel } from "./panels";

/** The panels that keys open. */
export interface Panels {
  story: Panel | undefined;
  facts: Panel | undefined;
}

/** Makes the keys of the replay work. */
export function listenToKeys(reach: Reach, { story, facts }: Panels): void {
  listenTo({
    ...playbackActions(reach),
    e: () => story?.toggle(),
    i: () => facts?.toggle(),
    Escape: () => {
      facts?.close();
      story?.close();
    },
  });
}
