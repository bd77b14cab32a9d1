import { element, make } from "../element";
import type { Playback, PlaybackState } from "./playback";

/** A stage that has not spoken by then will not. */
const SILENT_AFTER_MS = 20_000;

/** What lies over the recorded page. */
type Overlay = "loading" | "buffering" | "waiting" | "skipping" | "finished" | "problem" | "";

/** What the stage says in words. */
const WORDS: Partial<Record<Overlay, string>> = {
  loading: "Loading",
  buffering: "Buffering",
  waiting: "Live: waiting for the visitor",
  skipping: "Skipping idle time",
};

/** So close to the end, waiting for events means waiting for the visitor. */
const LIVE_EDGE_MS = 1000;

/** Shows on the stage that it waits, skips, is done or cannot play; a click on it plays and pauses. */
export function showStageState(playback: Playback): void {
  const stage = element("stage");
  const words = element("stage-words");
  playback.onChange((state) => {
    const overlay = overlayFor(state);
    if (stage.dataset.state === overlay) return;
    stage.dataset.state = overlay;
    words.textContent = WORDS[overlay] ?? "";
    if (overlay === "problem") explain("This session cannot be played", state.problem);
  });
  stage.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("button, a, .toast, .stage-problem")) playback.toggle();
  });
  element("again").addEventListener("click", () => playback.restart());
  setTimeout(() => warnIfSilent(playback), SILENT_AFTER_MS);
}

function overlayFor(state: PlaybackState): Overlay {
  if (state.problem) return "problem";
  if (!state.loaded) return "loading";
  if (state.buffering) return isAtLiveEdge(state) ? "waiting" : "buffering";
  if (state.finished) return "finished";
  return state.skipping && state.playing ? "skipping" : "";
}

function isAtLiveEdge({ at_ms, duration_ms }: PlaybackState): boolean {
  return at_ms > duration_ms - LIVE_EDGE_MS;
}

function explain(title: string, text: string): void {
  element("stage-problem").replaceChildren(make("h2", "", title), make("p", "", text));
}

function warnIfSilent(playback: Playback): void {
  if (playback.state.loaded || playback.state.problem) return;
  element("stage").dataset.state = "problem";
  explain("The recording does not load", "Check that the server can be reached, then reload the page.");
}
