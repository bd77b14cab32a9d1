import { element, make } from "../element";
import type { Playback, PlaybackState } from "./playback";

/** Marks on the timeline where nothing happens, and where a page load begins. */
export function markTimeline(playback: Playback): void {
  const marks = element("scrubber-marks");
  let idle: unknown;
  let streams: unknown;
  playback.onChange((state) => {
    if (state.idle === idle && state.streams === streams) return;
    ({ idle, streams } = state);
    marks.replaceChildren(...idleSpans(state), ...streamTicks(state));
  });
}

function idleSpans({ idle, duration_ms }: PlaybackState): HTMLElement[] {
  return idle.map(([from, to]) => {
    const span = make("div", "idle-span");
    span.style.left = percent(from, duration_ms);
    span.style.width = percent(to - from, duration_ms);
    return span;
  });
}

/** The first page load needs no mark: it is the start. */
function streamTicks({ streams, duration_ms }: PlaybackState): HTMLElement[] {
  return streams.slice(1).map(({ offset_ms }) => {
    const tick = make("div", "stream-tick");
    tick.style.left = percent(offset_ms, duration_ms);
    return tick;
  });
}

function percent(part_ms: number, whole_ms: number): string {
  return `${whole_ms ? (100 * part_ms) / whole_ms : 0}%`;
}
