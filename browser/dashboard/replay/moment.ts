// Moments as links: `?t=SECONDS` on the replay page's own address.

import type { Playback } from "./playback";

/** Browsers refuse an address that changes many times a second, as with a held arrow key. */
const WRITE_AFTER_MS = 250;

/** The link that opens the replay at a moment. */
export function momentUrl(at_ms: number): string {
  const url = new URL(location.href);
  url.searchParams.set("t", String(Math.floor(at_ms / 1000)));
  url.hash = "";
  return url.href;
}

/** Keeps the address bar at the moment the viewer has come to. */
export function keepMomentInUrl(playback: Playback): void {
  let timer: number | undefined;
  const write = () => history.replaceState(null, "", momentUrl(playback.state.at_ms));
  playback.onSettled(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(write, WRITE_AFTER_MS);
  });
}
