// Marks on the timeline: where nothing happens, where a page load begins, and moments of
// some kinds.

import { element, make } from "../element";
import { clock } from "../time";
import type { Playback, PlaybackState } from "./playback";

/** A moment on the timeline. */
export interface Mark {
  at_ms: number;
  text: string;
  /** How grave it is, of a finding: one of the severities. */
  severity?: string;
  /** What a click on it does; a mark without it only says what it is. */
  open?: () => void;
}

/** The kinds of marks, as their style has them. */
export type MarkKind = "page-view" | "prompt" | "error" | "finding" | "note";

/** Ticks nearer to each other than this share of the timeline are one. */
const TICK_PLACES = 1000;

/** The marks of a timeline. */
export class Marks {
  readonly #playback: Playback;
  readonly #byKind = new Map<MarkKind, { marks: readonly Mark[]; drawn: HTMLElement[] }>();
  #duration_ms = 0;

  constructor(playback: Playback) {
    this.#playback = playback;
    markStretches(playback);
    playback.onChange(({ duration_ms }) => {
      if (duration_ms === this.#duration_ms) return;
      this.#duration_ms = duration_ms;
      for (const [kind, { marks }] of this.#byKind) this.put(kind, marks);
    });
  }

  /** Marks these moments, in the place of those of the same kind before. */
  put(kind: MarkKind, marks: readonly Mark[]): void {
    for (const former of this.#byKind.get(kind)?.drawn ?? []) former.remove();
    const { duration_ms } = this.#playback.state;
    const drawn = apart(marks, duration_ms).map((mark) => draw(kind, mark, duration_ms));
    this.#byKind.set(kind, { marks, drawn });
    const room = element(marks.some(({ open }) => open) ? "found-marks" : "event-ticks");
    room.append(...drawn);
  }
}

/** Of those that would stand on top of each other the first; what can be opened stays, whatever it covers. */
function apart(marks: readonly Mark[], duration_ms: number): readonly Mark[] {
  const taken = new Set<number>();
  return marks.filter(({ at_ms, open }) => {
    const place = Math.floor((at_ms * TICK_PLACES) / duration_ms);
    return open !== undefined || (!taken.has(place) && taken.add(place));
  });
}

function draw(kind: MarkKind, mark: Mark, duration_ms: number): HTMLElement {
  const { open, severity } = mark;
  const drawn = open ? button(kind, open) : make("div", `event-tick tick-${kind}`);
  if (severity !== undefined) drawn.dataset.severity = severity;
  drawn.title = `${clock(mark.at_ms)} ${mark.text}`;
  if (open) drawn.setAttribute("aria-label", drawn.title);
  drawn.style.left = percent(Math.min(mark.at_ms, duration_ms), duration_ms);
  return drawn;
}

/** It is reached by keys from the panel, where the same moments are listed. */
function button(kind: MarkKind, open: () => void): HTMLElement {
  const made = make("button", `found-mark mark-${kind}`);
  made.type = "button";
  made.tabIndex = -1;
  made.addEventListener("click", open);
  return made;
}

/** Marks where nothing happens, and where a page load begins. */
function markStretches(playback: Playback): void {
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
