import type { Playback } from "./playback";

/** A look at the first picture is not watching yet. */
const ENOUGH_MS = 3000;

/** Tells the server, once, that the session was played for some seconds, or to its end. */
export function noteWatched(playback: Playback): void {
  let played = 0;
  let since: number | undefined;
  let timer: number | undefined;
  let noted = false;
  const note = () => {
    if (noted) return;
    noted = true;
    void fetch(`${location.pathname}/watched`, { method: "POST", keepalive: true }).catch(() => {});
  };
  playback.onChange((state) => {
    if (noted || !state.loaded) return;
    // Waiting for what comes next of a live visit is watching as well.
    const plays = state.playing && !state.finished;
    if (plays && since === undefined) {
      since = Date.now();
      timer = window.setTimeout(note, ENOUGH_MS - played);
    } else if (!plays && since !== undefined) {
      played += Date.now() - since;
      since = undefined;
      clearTimeout(timer);
    }
    if (state.finished) note();
  });
}
