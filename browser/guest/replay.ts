/**
 * The replay as guests see it: the stage, its controls, and beside it what the visitor did
 * and said. It asks nobody for anything; what it shows it is given.
 */

import type { FromStage, ToStage } from "../contracts/replay";
import type { Story } from "../contracts/story";
import { enableCopyButtons } from "../dashboard/clipboard";
import { showAddress } from "../dashboard/replay/address";
import { startControls } from "../dashboard/replay/controls";
import { startFullscreen } from "../dashboard/replay/fullscreen";
import { showNotice } from "../dashboard/replay/notices";
import { Playback } from "../dashboard/replay/playback";
import { type Reach, stepThrough } from "../dashboard/replay/playback_keys";
import { startScrubber } from "../dashboard/replay/scrubber";
import { showStageState } from "../dashboard/replay/stage_state";
import { createToast } from "../dashboard/replay/toast";
import { keepTimesFresh } from "../dashboard/time";
import { listenToKeys } from "./keys";
import { startPanels } from "./panels";
import { GuestStory } from "./story";

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
  const told = new GuestStory(given.story, playback);
  startScrubber(playback, told);
  const step: Reach["step"] = (direction) => void stepThrough(told, direction, playback, toast);
  // Without a story there are no buttons for its events either.
  const hasStory = document.getElementById("guest-story") !== null;
  const reach = { playback, step: hasStory ? step : undefined, fullscreen: startFullscreen() };
  startControls(reach);
  const [story, facts] = startPanels(
    { panel: "guest-story", toggle: "story-toggle", close: "story-close" },
    { panel: "facts", toggle: "facts-toggle", close: "facts-close" },
  );
  listenToKeys(reach, { story, facts });
  const hear = (message: FromStage) => {
    playback.receive(message);
    if (message.type === "notice") showNotice(message, playback, toast);
  };
  return { playback, hear };
}
