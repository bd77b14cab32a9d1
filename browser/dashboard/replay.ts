/**
 * The replay page: a stage that plays, and around it everything a viewer touches.
 *
 * The recording itself is only ever inside the stage's own document. This page
 * and the stage speak in the messages of `contracts/replay.ts`.
 */

import { enableCopyButtons } from "./clipboard";
import { element } from "./element";
import { showAddress } from "./replay/address";
import { startControls } from "./replay/controls";
import { startEvents } from "./replay/events";
import { refreshFacts, startFacts } from "./replay/facts";
import { startFindings } from "./replay/findings";
import { startFullscreen } from "./replay/fullscreen";
import { listenToKeys } from "./replay/keys";
import { keepMomentInUrl } from "./replay/moment";
import { startNotes } from "./replay/notes";
import { showNotice } from "./replay/notices";
import { pinInPlace } from "./replay/pin";
import { Playback } from "./replay/playback";
import { startScrubber } from "./replay/scrubber";
import { startSharing } from "./replay/share";
import { embedStage } from "./replay/stage";
import { showStageState } from "./replay/stage_state";
import { startStory } from "./replay/story";
import { createToast } from "./replay/toast";
import { keepTimesFresh } from "./time";

enableCopyButtons();
keepTimesFresh();
const facts = startFacts();
if (document.getElementById("stage")) startReplay();
else pinInPlace();

function startReplay(): void {
  const { stage: stageUrl = "", manifest = "", events = "", start = "0" } = element("replay").dataset;
  const stage = embedStage(stageUrl);
  const playback = new Playback(stage.send, new URL(manifest, location.href).href, Number(start));
  const toast = createToast();
  pinInPlace(toast);
  stage.listen((message) => {
    // A recording that is measured again has changed.
    if (message.type === "loaded" && playback.state.loaded) void refreshFacts();
    playback.receive(message);
    if (message.type === "notice") showNotice(message, playback, toast);
  });
  showStageState(playback);
  showAddress(playback);
  startScrubber(playback);
  startControls(playback);
  keepMomentInUrl(playback);
  const story = startStory(facts);
  const findings = startFindings(playback, story, stage.send);
  startEvents(events, playback, story);
  startNotes(playback, [facts, story]);
  startSharing(playback);
  listenToKeys({ playback, toast, facts, story, findings, fullscreen: startFullscreen() });
}
