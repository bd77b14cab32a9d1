import { element } from "../element";
import { clock } from "../time";
import { drawActivity } from "./activity";
import type { Playback, PlaybackState } from "./playback";
import type { Told } from "./timeline";

/** How far the keys of a slider go that mean nothing elsewhere on the page. */
const KEY_STEPS_MS: Record<string, number> = {
  ArrowUp: 1000,
  ArrowDown: -1000,
  PageUp: 60_000,
  PageDown: -60_000,
};

/** How long it is said what happens where keys have led. */
const SAID_FOR_MS = 2500;

/** The timeline one sees and drags: a slider over the whole recording. */
export function startScrubber(playback: Playback, told: Told): void {
  const scrubber = element("scrubber");
  const drag = dragToSeek(scrubber, playback);
  const preview = previewOf(scrubber, playback, told);
  previewOnHover(scrubber, preview);
  moveByKeys(scrubber, playback, preview);
  drawActivity(scrubber, playback);
  playback.onChange((state) => {
    scrubber.setAttribute("aria-disabled", String(!state.loaded || state.problem !== ""));
    if (drag.active) return;
    // While it plays the words would be read out over and over.
    const words = state.playing ? undefined : told.before(state.at_ms)?.text;
    showPosition(scrubber, state, state.at_ms, words);
  });
}

function showPosition(
  scrubber: HTMLElement,
  { duration_ms, loaded }: PlaybackState,
  at_ms: number,
  words?: string,
): void {
  if (!loaded) return;
  scrubber.style.setProperty("--played", String(duration_ms ? at_ms / duration_ms : 0));
  scrubber.setAttribute("aria-valuemax", String(Math.floor(duration_ms / 1000)));
  scrubber.setAttribute("aria-valuenow", String(Math.floor(at_ms / 1000)));
  const place = `${clock(at_ms)} of ${clock(duration_ms)}`;
  scrubber.setAttribute("aria-valuetext", words === undefined ? place : `${place}, ${words}`);
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

/** What stands over the timeline at a place of it: the time, and what happened last by then. */
interface Preview {
  show(share: number): void;
  hide(): void;
}

function previewOf(scrubber: HTMLElement, playback: Playback, told: Told): Preview {
  const hover = element("hover");
  const time = element("hover-time");
  const words = element("hover-words");
  return {
    show(share) {
      const at_ms = share * playback.state.duration_ms;
      scrubber.style.setProperty("--hover", String(share));
      time.textContent = clock(at_ms);
      words.textContent = told.before(at_ms)?.text ?? "";
      hover.hidden = false;
      keepInWindow(element("hover-bubble"));
    },
    hide() {
      hover.hidden = true;
    },
  };
}

/** A bubble near an end of the timeline moves back into the window. */
function keepInWindow(bubble: HTMLElement): void {
  bubble.style.setProperty("--shift", "0px");
  const { left, right } = bubble.getBoundingClientRect();
  const margin = 8;
  const over = Math.max(0, right + margin - document.documentElement.clientWidth);
  const under = Math.max(0, margin - left);
  bubble.style.setProperty("--shift", `${under - over}px`);
}

function previewOnHover(scrubber: HTMLElement, preview: Preview): void {
  scrubber.addEventListener("pointermove", (event) => preview.show(shareAt(scrubber, event)));
  for (const type of ["pointerleave", "pointercancel"]) {
    scrubber.addEventListener(type, () => preview.hide());
  }
}

/** The keys of a slider, and the preview where any of the page's keys have led from it. */
function moveByKeys(scrubber: HTMLElement, playback: Playback, preview: Preview): void {
  let timer: number | undefined;
  scrubber.addEventListener("keydown", (event) => {
    const step_ms = KEY_STEPS_MS[event.key];
    if (step_ms === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    playback.seekBy(step_ms);
  });
  playback.onSettled(() => {
    if (!scrubber.matches(":focus-visible") || playback.state.duration_ms === 0) return;
    preview.show(playback.state.at_ms / playback.state.duration_ms);
    window.clearTimeout(timer);
    timer = window.setTimeout(() => preview.hide(), SAID_FOR_MS);
  });
  scrubber.addEventListener("blur", () => preview.hide());
}
