/**
 * The replay page: a stage that plays, and around it everything a viewer touches.
 *
 * The recording itself is only ever inside the stage's own document. This page
 * and the stage speak in the messages of `contracts/replay.ts`.
 */

import { enableCopyButtons } from "./clipboard";
import { element, has } from "./element";
import { showAddress } from "./replay/address";
import { startControls } from "./replay/controls";
import { startConversation } from "./replay/conversation";
import { startFacts } from "./replay/facts";
import { startFindings } from "./replay/findings";
import { keepFresh, refresh } from "./replay/fresh";
import { startFullscreen } from "./replay/fullscreen";
import { listenToKeys } from "./replay/keys";
import { showLandmarks } from "./replay/landmarks";
import { startLists } from "./replay/lists";
import { followLive } from "./replay/live";
import { Marks } from "./replay/marks";
import { keepMomentInUrl } from "./replay/moment";
import { startAutoplay, startNeighbours } from "./replay/neighbours";
import { startNotes } from "./replay/notes";
import { showNotice } from "./replay/notices";
import { pinInPlace } from "./replay/pin";
import { Playback } from "./replay/playback";
import { stepThrough } from "./replay/playback_keys";
import { startScrubber } from "./replay/scrubber";
import { closeMenuWhenLeft, startSharing } from "./replay/share";
import { embedStage } from "./replay/stage";
import { showStageState } from "./replay/stage_state";
import { startStory } from "./replay/story";
import { showTabStrip } from "./replay/tab_strip";
import { Landmarks, paced, Timeline } from "./replay/timeline";
import { createToast } from "./replay/toast";
import { noteWatched } from "./replay/watched";
import { keepTimesFresh } from "./time";

enableCopyButtons();
keepTimesFresh();
startFacts();
if (has("stage")) startReplay();
else {
  pinInPlace();
  startNeighbours(element("replay").dataset.neighbours ?? "");
}

function startReplay(): void {
  const {
    stage: stageUrl = "",
    manifest = "",
    events: eventsUrl = "",
    conversation: conversationUrl = "",
    neighbours = "",
    start = "0",
  } = element("replay").dataset;
  const stage = embedStage(stageUrl);
  const playback = new Playback(stage.send, new URL(manifest, location.href).href, Number(start));
  const toast = createToast();
  const timeline = new Timeline(eventsUrl);
  const landmarks = new Landmarks(eventsUrl);
  pinInPlace(toast);
  showStageState(playback);
  showAddress(playback);
  startScrubber(playback, landmarks);
  const marks = new Marks(playback);
  keepMomentInUrl(playback);
  noteWatched(playback);
  const story = startStory();
  const findings = startFindings(playback, story, marks, stage.send);
  const events = startLists(timeline, playback, story);
  const conversation = has("story-conversation")
    ? startConversation(conversationUrl, playback, story)
    : undefined;
  showLandmarks(landmarks, marks, playback, story);
  showTabStrip(playback, landmarks);
  followLive(playback, toast);
  const beside = startNeighbours(neighbours, toast);
  startAutoplay(playback, beside);
  const step = (direction: -1 | 1) => void stepThrough(events, direction, playback, toast);
  const reach = { playback, step, fullscreen: startFullscreen() };
  startControls(reach);
  listenToKeys(reach, { story, findings, beside, toast });

  // A recording that is measured again has changed.
  const grow = paced(() => Promise.all([refresh(), landmarks.load(), timeline.grow(), conversation?.grow()]));
  stage.listen((message) => {
    if (message.type === "loaded" && playback.state.loaded) grow();
    playback.receive(message);
    if (message.type === "notice") showNotice(message, playback, toast);
  });
  if (has("notes")) startNotes(playback, [story]);
  if (has("downloads")) closeMenuWhenLeft();
  if (has("share")) startSharing(playback);
  void landmarks.load();
  keepFresh();
}
