/**
 * The replay as guests see it: the stage, its controls, and beside it what the visitor did
 * and said. It asks nobody for anything; what it shows it is given.
 */

import type { FromStage, ToStage } from "../contracts/replay";
import type { Story } from "../contracts/story";
import { enableCopyButtons } from "../dashboard/clipboard";
import { showAddress } from "../dashboard/replay/address";
import { showNotice } from "../dashboard/replay/notices";
import { Playback } from "../dashboard/replay/playback";
import { showStageState } from "../dashboard/replay/stage_state";
import { createToast } from "../dashboard/replay/toast";
import { keepTimesFresh } from "../dashboard/time";
import { startControls, toggleFullscreen } from "./controls";
import { listenToKeys } from "./keys";
import { startPanels } from "./panels";
import { startScrubber } from "./scrubber";
import { startStory } from "./story";

/** What the replay is given. */
export interface Given {
  send: (order: ToStage) => void;
  manifestUrl: string;
  start_ms: number;
  /** What the visitor did, or null when that is not for guests. */
  story: Promise<Story | null>;
}

/** Starts the replay; answers the playback, and what is to hear the stage. */
export function startReplay(given: Given): { playback: Playback; hear: (message: FromStage) => void } {
  enableCopyButtons();
  keepTimesFresh();
  const playback = new Playback(given.send, given.manifestUrl, given.start_ms);
  const toast = createToast();
  showStageState(playback);
  showAddress(playback);
  startScrubber(playback);
  startControls(playback, toggleFullscreen);
  const [story, facts] = startPanels(
    { panel: "guest-story", toggle: "story-toggle", close: "story-close" },
    { panel: "facts", toggle: "facts-toggle", close: "facts-close" },
  );
  startStory(given.story, playback);
  listenToKeys(playback, { story, facts, fullscreen: toggleFullscreen });
  const hear = (message: FromStage) => {
    playback.receive(message);
    if (message.type === "notice") showNotice(message, playback, toast);
  };
  return { playback, hear };
}
