import { element } from "../element";
import { clock } from "../time";
import { drawActivity } from "./activity";
import { markTimeline } from "./marks";
import type { Playback, PlaybackState } from "./playback";

/** The timeline one sees and drags: a slider over the whole recording. */
export function startScrubber(playback: Playback): void {
  const scrubber = element("scrubber");
  const drag = dragToSeek(scrubber, playback);
  previewOnHover(scrubber, playback);
  drawActivity(scrubber, playback);
  markTimeline(playback);
  playback.onChange((state) => {
    scrubber.setAttribute("aria-disabled", String(!state.loaded || state.problem !== ""));
    if (!drag.active) showPosition(scrubber, state, state.at_ms);
  });
}

function showPosition(scrubber: HTMLElement, { duration_ms, loaded }: PlaybackState, at_ms: number): void {
  if (!loaded) return;
  scrubber.style.setProperty("--played", String(duration_ms ? at_ms / duration_ms : 0));
  scrubber.setAttribute("aria-valuemax", String(Math.floor(duration_ms / 1000)));
  scrubber.setAttribute("aria-valuenow", String(Math.floor(at_ms / 1000)));
  scrubber.setAttribute("aria-valuetext", `${clock(at_ms)} of ${clock(duration_ms)}`);
}

/** Which share of the timeline lies left of the pointer. */
function shareAt(scrubber: HTMLElement, event: PointerEvent): number {
  const { left, width } = scrubber.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - left) / width));
}

/** Moves the playhead with the pointer, and seeks once it is let go: a seek costs the stage real work. */
function dragToSeek(scrubber: HTMLElement, playback: Playback): { active: boolean } {
  const drag = { active: false };
  const momentAt = (event: PointerEvent) => shareAt(scrubber, event) * playback.state.duration_ms;
  const setActive = (active: boolean) => {
    drag.active = active;
    scrubber.classList.toggle("dragging", active);
  };
  scrubber.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    scrubber.setPointerCapture(event.pointerId);
    setActive(true);
    showPosition(scrubber, playback.state, momentAt(event));
  });
  scrubber.addEventListener("pointermove", (event) => {
    if (drag.active) showPosition(scrubber, playback.state, momentAt(event));
  });
  scrubber.addEventListener("pointerup", (event) => {
    if (!drag.active) return;
    setActive(false);
    playback.seek(momentAt(event));
  });
  scrubber.addEventListener("pointercancel", () => setActive(false));
  return drag;
}

/** Tells the time under the pointer. */
function previewOnHover(scrubber: HTMLElement, playback: Playback): void {
  const hover = element("hover");
  const time = element("hover-time");
  scrubber.addEventListener("pointermove", (event) => {
    const share = shareAt(scrubber, event);
    scrubber.style.setProperty("--hover", String(share));
    time.textContent = clock(share * playback.state.duration_ms);
    hover.hidden = false;
  });
  for (const type of ["pointerleave", "pointercancel"]) {
    scrubber.addEventListener(type, () => {
      hover.hidden = true;
    });
  }
}
