// The visitor's tabs, if there were several at once. A page load belongs to the first tab
// that was free when it began: recordings do not say more.

import type { ListedEvent } from "../../contracts/events";
import { element, make } from "../element";
import { clock } from "../time";
import { pathOf } from "./landmarks";
import type { Playback, PlaybackState } from "./playback";
import { type Landmarks, lastBefore } from "./timeline";

/** Page loads of one tab overlap by so much at most: the old page speaks while the new one begins. */
const HANDOVER_MS = 3000;

type Stream = PlaybackState["streams"][number];

/** Shows the tabs, which of them is on the stage, and leads to the others. */
export function showTabStrip(playback: Playback, landmarks: Landmarks): void {
  const strip = element("tab-strip");
  let tabs: Stream[][] = [];
  let streams: unknown;
  const draw = () => {
    strip.hidden = tabs.length < 2;
    if (strip.hidden) return;
    strip.replaceChildren(
      ...tabs.map((tab, index) => drawTab(tab, index, playback, landmarks.moments?.events ?? [])),
    );
  };
  playback.onChange((state) => {
    if (state.streams !== streams) {
      ({ streams } = state);
      tabs = tabsOf(state.streams);
      draw();
    }
    if (!strip.hidden) markCurrent(strip, tabs, state);
  });
  landmarks.onChange(() => {
    draw();
    markCurrent(strip, tabs, playback.state);
  });
}

/** The streams of each tab. They come in the order in which they began. */
export function tabsOf(streams: readonly Stream[]): Stream[][] {
  const tabs: Stream[][] = [];
  for (const stream of streams) {
    const free = tabs.find((tab) => {
      const last = tab.at(-1);
      return last && last.started_at + last.duration_ms <= stream.started_at + HANDOVER_MS;
    });
    if (free) free.push(stream);
    else tabs.push([stream]);
  }
  return tabs;
}

function drawTab(
  tab: Stream[],
  index: number,
  playback: Playback,
  events: readonly ListedEvent[],
): HTMLElement {
  const first = tab[0]?.offset_ms ?? 0;
  const button = make("button", "tab");
  button.type = "button";
  const page = events[lastBefore(events, first)];
  const opened = events.find(({ kind, at_ms }) => kind === "page-view" && at_ms >= first) ?? page;
  const name = opened?.title || pathOf(opened?.url ?? "");
  button.append(make("span", "tab-number", `Tab ${index + 1}`), make("span", "tab-name", name));
  button.title = `Tab ${index + 1}, from ${clock(first)}: ${name}`;
  button.addEventListener("click", () => playback.seek(nearest(tab, playback.state.at_ms)));
  return button;
}

/** Where the tab plays next from this place on, or for the last time before it. */
function nearest(tab: Stream[], at_ms: number): number {
  const next = tab.find(({ offset_ms, duration_ms }) => offset_ms + duration_ms > at_ms);
  return (next ?? tab.at(-1))?.offset_ms ?? 0;
}

function markCurrent(strip: HTMLElement, tabs: Stream[][], { streams, at_ms }: PlaybackState): void {
  const shown = streams.findLast(({ offset_ms }) => offset_ms <= at_ms);
  for (const [index, button] of [...strip.children].entries()) {
    const isShown = tabs[index]?.some((stream) => stream.offset_ms === shown?.offset_ms) ?? false;
    if (isShown) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}
