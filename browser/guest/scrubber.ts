import { element, make } from "../dashboard/element";
import { drawActivity } from "../dashboard/replay/activity";
import type { Playback, PlaybackState } from "../dashboard/replay/playback";
import { clock } from "../dashboard/time";

/** The timeline: a slider over the whole recording that is dragged, with what was idle and where pages begin. */
export function startScrubber(playback: Playback): void {
  const scrubber = element("scrubber");
  const marks = element("scrubber-marks");
  const drag = dragToSeek(scrubber, playback);
  previewOnHover(scrubber, playback);
  drawActivity(scrubber, playback);
  let drawn: unknown;
  playback.onChange((state) => {
    scrubber.setAttribute("aria-disabled", String(!state.loaded || state.problem !== ""));
    if (!drag.active) showPosition(scrubber, state, state.at_ms);
    if (state.idle === drawn) return;
    drawn = state.idle;
    marks.replaceChildren(...idleSpans(state), ...pageTicks(state));
  });
}

function showPosition(scrubber: HTMLElement, { duration_ms, loaded }: PlaybackState, at_ms: number): void {
  if (!loaded) return;
  scrubber.style.setProperty("--played", String(duration_ms ? at_ms / duration_ms : 0));
  scrubber.setAttribute("aria-valuemax", String(Math.floor(duration_ms / 1000)));
  scrubber.setAttribute("aria-valuenow", String(Math.floor(at_ms / 1000)));
  scrubber.setAttribute("aria-valuetext", `${clock(at_ms)} of ${clock(duration_ms)}`);
}

function idleSpans({ idle, duration_ms }: PlaybackState): HTMLElement[] {
  return idle.map(([from, to]) => {
    const span = make("div", "idle-span");
    span.style.left = percent(from, duration_ms);
    span.style.width = percent(to - from, duration_ms);
    return span;
  });
}

function pageTicks({ streams, duration_ms }: PlaybackState): HTMLElement[] {
  return streams.slice(1).map(({ offset_ms }) => {
    const tick = make("div", "stream-tick");
    tick.style.left = percent(offset_ms, duration_ms);
    return tick;
  });
}

function percent(part_ms: number, whole_ms: number): string {
  return `${whole_ms ? (100 * part_ms) / whole_ms : 0}%`;
}

/** Which share of the timeline lies left of the pointer. */
function shareAt(scrubber: HTMLElement, event: PointerEvent): number {
  const { left, width } = scrubber.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - left) / width));
}

/** Moves the playhead with the pointer, and seeks once it is let go: a seek costs real work. */
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
  scrubber.addEventListener("pointermove", (event) => {
    const share = shareAt(scrubber, event);
    scrubber.style.setProperty("--hover", String(share));
    element("hover-time").textContent = clock(share * playback.state.duration_ms);
    hover.hidden = false;
  });
  for (const type of ["pointerleave", "pointercancel"]) {
    scrubber.addEventListener(type, () => {
      hover.hidden = true;
    });
  }
}
