// What the visitor did and said, beside a guest's replay: two lists that follow the playback.

import type { Story, StoryLine } from "../contracts/story";
import { element, make } from "../dashboard/element";
import { type Mark, Marks } from "../dashboard/replay/marks";
import type { Playback } from "../dashboard/replay/playback";
import type { Steps } from "../dashboard/replay/playback_keys";
import { lastBefore, type Told } from "../dashboard/replay/timeline";
import { clock } from "../dashboard/time";

/** What is said, and by whom it is. */
const SPEAKERS: Record<string, string> = { prompt: "Visitor", reply: "Assistant" };

/** What stands on the scrubber. */
const MARKED = ["page-view", "prompt", "error"] as const;

/** What the visitor did, as far as guests may know it. */
export class GuestStory implements Told, Steps {
  items: Story = [];
  readonly #given: Promise<Story | null>;

  /** Fills the panel, where this replay has one, and marks the scrubber. */
  constructor(given: Promise<Story | null>, playback: Playback) {
    const marks = new Marks(playback);
    this.#given = given;
    void given.then((story) => {
      this.items = story ?? [];
      for (const kind of MARKED) marks.put(kind, this.items.filter((line) => line.kind === kind).map(asMark));
    });
    const panel = document.getElementById("guest-story");
    if (panel === null) return;
    chooseTabs(panel);
    void given.then((story) => fill(story, playback));
  }

  async load(): Promise<void> {
    await this.#given;
  }

  before(at_ms: number): StoryLine | undefined {
    return this.items[lastBefore(this.items, at_ms)];
  }
}

function asMark({ at_ms, text }: StoryLine): Mark {
  return { at_ms, text };
}

function chooseTabs(panel: HTMLElement): void {
  const tabs = [...panel.querySelectorAll<HTMLButtonElement>("[role=tab]")];
  const choose = (chosen: HTMLButtonElement) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      element(tab.getAttribute("aria-controls") ?? "").hidden = tab !== chosen;
    }
  };
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      // The recording is not meant.
      event.preventDefault();
      const other = tabs[(index + 1) % tabs.length];
      other?.click();
      other?.focus();
    });
  }
}

function fill(story: Story | null, playback: Playback): void {
  const words = element("story-words");
  words.textContent = story === null ? "What the visitor did could not be loaded." : "";
  if (story?.length === 0) words.textContent = "What the visitor did is listed once the visit is over.";
  const said = (story ?? []).filter((line) => line.kind in SPEAKERS);
  list(element("story-list"), story ?? [], playback, (line) => [make("span", "event-text", line.text)]);
  list(element("conversation-list"), said, playback, spoken);
  // Without a conversation there is nothing to choose.
  element("conversation-tab").hidden = said.length === 0;
}

function spoken({ kind, text, said }: StoryLine): HTMLElement[] {
  const words = make("span", "spoken");
  words.append(make("strong", "", SPEAKERS[kind] ?? ""), make("span", "spoken-words", said ?? text));
  return [words];
}

/** Lists lines; the last that has happened is marked, and kept in sight. */
function list(
  into: HTMLElement,
  lines: Story,
  playback: Playback,
  content: (line: StoryLine) => HTMLElement[],
): void {
  const rows = lines.map((line) => {
    const seek = make("button", "event-seek");
    seek.type = "button";
    seek.append(make("span", "event-at", clock(line.at_ms)), ...content(line));
    seek.addEventListener("click", () => playback.seek(line.at_ms));
    const row = make("li", `event event-${line.kind}`);
    if (line.kind === "error") row.classList.add("event-failed");
    row.append(seek);
    into.append(row);
    return { at_ms: line.at_ms, row };
  });
  let current: HTMLElement | undefined;
  playback.onChange(({ at_ms }) => {
    const happened = rows.findLast((row) => row.at_ms <= at_ms)?.row;
    if (happened === current) return;
    current?.removeAttribute("aria-current");
    happened?.setAttribute("aria-current", "true");
    current = happened;
    const isRead = into.closest("[hidden]") === null && !into.matches(":hover, :focus-within");
    if (isRead) happened?.scrollIntoView({ block: "nearest" });
  });
}
