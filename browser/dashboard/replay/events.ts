// What the visitor did, as a list that follows the playback; and the main moments of it
// as ticks on the scrubber.

import type { EventPage, ListedEvent } from "../../contracts/events";
import { element, make } from "../element";
import { clock } from "../time";
import type { Playback } from "./playback";
import type { Story } from "./story";

const WORDS = {
  loading: "Loading…",
  none: "Nothing that the visitor did was recorded.",
  unread: "Events are listed once the session is over and has been read.",
  failed: "The events could not be loaded. Open this list again to try once more.",
};

/** Lists the events as soon as the list is seen, and follows the playback in it. */
export function startEvents(url: string, playback: Playback, story: Story): void {
  const list = new EventList(url, playback);
  story.onView((view) => {
    if (view === "events") void list.load();
  });
  playback.onChange(({ at_ms }) => list.follow(at_ms));
  void markMoments(url, playback);
}

class EventList {
  private readonly list = element("event-list");
  private readonly words = element("event-words");
  private readonly rows: { at_ms: number; row: HTMLElement }[] = [];
  /** Where the next piece begins; null when there is none. */
  private next: string | null = "";
  private loading = false;
  private current: HTMLElement | undefined;

  constructor(
    private readonly url: string,
    private readonly playback: Playback,
  ) {}

  /** Loads piece by piece, until all is there. */
  async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    this.words.textContent = this.next === null ? this.words.textContent : WORDS.loading;
    while (this.next !== null) {
      const page = await ask(`${this.url}${this.next}`);
      if (page === null) {
        this.words.textContent = WORDS.failed;
        break;
      }
      this.add(page.events);
      this.next = page.next === null ? null : `?from=${page.next}`;
      if (page.next === null) this.words.textContent = this.emptyWords(page);
    }
    this.loading = false;
    this.follow(this.playback.state.at_ms);
  }

  /** Marks the last event that has happened by then, and keeps it in sight. */
  follow(at_ms: number): void {
    if (this.list.closest("[hidden]") !== null) return;
    const happened = this.rows.findLast((row) => row.at_ms <= at_ms)?.row;
    if (happened === this.current) return;
    this.current?.removeAttribute("aria-current");
    happened?.setAttribute("aria-current", "true");
    this.current = happened;
    // Whoever is in the list reads it, and is not pulled away.
    if (!this.list.matches(":hover, :focus-within")) happened?.scrollIntoView({ block: "nearest" });
  }

  private emptyWords({ is_read }: EventPage): string {
    if (this.rows.length > 0) return "";
    return is_read ? WORDS.none : WORDS.unread;
  }

  private add(events: ListedEvent[]): void {
    const items = events.map((event) => {
      const row = make("button", `event event-${event.kind}`);
      row.type = "button";
      row.append(make("span", "event-at", clock(event.at_ms)), make("span", "", event.text));
      row.addEventListener("click", () => this.playback.seek(event.at_ms));
      this.rows.push({ at_ms: event.at_ms, row });
      const item = make("li");
      item.append(row);
      return item;
    });
    this.list.append(...items);
  }
}

/** Page views, prompts and errors, as many as there is room for. */
async function markMoments(url: string, playback: Playback): Promise<void> {
  const page = await ask(`${url}?only=moments`);
  if (page === null) return;
  const marks = element("event-ticks");
  let drawn = -1;
  playback.onChange(({ duration_ms }) => {
    if (duration_ms === drawn || duration_ms === 0) return;
    drawn = duration_ms;
    marks.replaceChildren(...page.events.map((event) => tick(event, duration_ms)));
  });
}

function tick(event: ListedEvent, duration_ms: number): HTMLElement {
  const tick = make("div", `event-tick tick-${event.kind}`);
  tick.title = `${clock(event.at_ms)} ${event.text}`;
  tick.style.left = `${Math.min(100, (100 * event.at_ms) / duration_ms)}%`;
  return tick;
}

async function ask(url: string): Promise<EventPage | null> {
  try {
    const answer = await fetch(url);
    return answer.ok ? ((await answer.json()) as EventPage) : null;
  } catch {
    return null;
  }
}
