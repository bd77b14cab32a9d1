// Watching a visit while it lasts: how far behind it the replay is, and the way back to it.

import { element } from "../element";
import { clock } from "../time";
import type { Playback } from "./playback";
import type { Toast } from "./toast";

/** As in `src/web/replay.rs`: so far behind the newest moment, what comes next is there in time. */
const BEHIND_LIVE_MS = 6000;

/** So near to the newest moment it is live; a seek may land a little early. */
const AT_EDGE_MS = BEHIND_LIVE_MS + 4000;

/** A visit that was silent for longer is told to be. */
const SILENT_AFTER_MS = 20_000;

const REFRESH_EVERY_MS = 1000;

/** Says how far behind the visitor the replay is, as long as the visit lasts. */
export function followLive(playback: Playback, toast: Toast): void {
  const button = element<HTMLButtonElement>("live-edge");
  const words = element("live-words");
  const serverNow = serverClock();
  let wasActive = false;
  const show = () => {
    const { active, loaded, at_ms, duration_ms, heard_at } = playback.state;
    button.hidden = !active || !loaded;
    if (wasActive && loaded && !active) toast("The visit is over. The replay goes on to its end.");
    wasActive = loaded && active;
    if (button.hidden) return;
    const silent_ms = Math.max(0, serverNow() - heard_at);
    const isAtEdge = duration_ms - at_ms <= AT_EDGE_MS;
    button.classList.toggle("at-edge", isAtEdge);
    button.disabled = isAtEdge;
    const text = isAtEdge ? liveWords(silent_ms, duration_ms - at_ms) : "Back to live";
    if (words.textContent !== text) words.textContent = text;
  };
  button.addEventListener("click", () => {
    playback.seek(playback.state.duration_ms - BEHIND_LIVE_MS);
    playback.play();
  });
  playback.onChange(show);
  setInterval(show, REFRESH_EVERY_MS);
}

/** What is shown happened so long ago at least: it waited for its upload, and then here. */
function liveWords(silent_ms: number, behind_ms: number): string {
  if (silent_ms > SILENT_AFTER_MS) return `Live, silent for ${clock(silent_ms)}`;
  return `Live, ${Math.max(1, Math.round((silent_ms + behind_ms) / 1000))} s behind`;
}

/** The server's clock, as the page was told it. */
function serverClock(): () => number {
  const told = Number(element("replay").dataset.now);
  const since = performance.now();
  return () => told + performance.now() - since;
}
