// What the main moments of the recording are used for: marks on the scrubber, numbers on
// the tabs, and the pages that were visited among the session's details.

import type { ListedEvent, Moments } from "../../contracts/events";
import { element, make } from "../element";
import { clock } from "../time";
import type { Mark, Marks } from "./marks";
import type { Playback } from "./playback";
import type { Story } from "./story";
import type { Landmarks } from "./timeline";

/** So many pages are listed among the details; the list of events has all. */
const MOST_PAGES = 200;

const GROUPED = new Intl.NumberFormat("en-US", { notation: "compact" });

/** Shows the main moments wherever they are of use, as they become known. */
export function showLandmarks(landmarks: Landmarks, marks: Marks, playback: Playback, story: Story): void {
  landmarks.onChange((moments) => {
    const { events, counts } = moments;
    marks.put("page-view", events.filter(({ kind }) => kind === "page-view").map(asMark));
    marks.put("prompt", events.filter(({ kind }) => kind === "prompt").map(asMark));
    marks.put("error", events.filter(({ failed }) => failed).map(asMark));
    for (const [view, count] of Object.entries(counts)) {
      story.count(view, count === 0 ? "" : GROUPED.format(count));
    }
    listPages(moments, playback);
  });
}

function asMark({ at_ms, text }: ListedEvent): Mark {
  return { at_ms, text };
}

function listPages({ events }: Moments, playback: Playback): void {
  const pages = events.filter(({ kind }) => kind === "page-view").slice(0, MOST_PAGES);
  const section = element("visited");
  section.hidden = pages.length === 0;
  section.querySelector("ol")?.replaceChildren(...pages.map((page) => pageRow(page, playback)));
}

function pageRow({ at_ms, text, url = "", title = "" }: ListedEvent, playback: Playback): HTMLElement {
  const row = make("li");
  const button = make("button", "visited-page");
  button.type = "button";
  button.title = url;
  button.append(make("span", "event-at", clock(at_ms)));
  const words = make("span", "visited-words", title || pathOf(url) || text);
  if (title !== "") words.append(make("span", "visited-path", pathOf(url)));
  button.append(words);
  button.addEventListener("click", () => playback.seek(at_ms));
  row.append(button);
  return row;
}

/** A URL without what is the same on the whole site. */
export function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname + new URL(url).search : url;
}
