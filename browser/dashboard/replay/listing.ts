// A list of the panel over what the visitor did: searched, narrowed, and following the
// playback. What it is narrowed to stands in the address, as `?find=` and `?show=`.

import type { ListedEvent } from "../../contracts/events";
import { element, make } from "../element";
import { LongList } from "./long_list";
import type { Playback } from "./playback";
import type { Story, View } from "./story";
import { lastBefore, type Timeline } from "./timeline";

/** A button that narrows a list. */
export interface Narrowing {
  value: string;
  label: string;
  matches: (event: ListedEvent) => boolean;
}

/** What a list shows. */
export interface Contents {
  view: View;
  /** Which events belong into it. */
  includes: (event: ListedEvent) => boolean;
  narrowings: Narrowing[];
  /** What a search looks through. */
  searched: (event: ListedEvent) => string;
  draw: (event: ListedEvent, seek: () => void) => HTMLElement;
  /** What is said when there is nothing. */
  empty: string;
}

const WORDS = {
  loading: "Loading…",
  none: "Nothing matches. Change the search, or take a filter off.",
  failed: "This could not be loaded. Open the list again to try once more.",
  cut: "Only the beginning of this visit is listed until it is over.",
};

export class Listing {
  readonly #contents: Contents;
  readonly #timeline: Timeline;
  readonly #playback: Playback;
  readonly #panel: HTMLElement;
  readonly #list: LongList<ListedEvent>;
  readonly #scroller: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #words: HTMLElement;
  readonly #follow: HTMLButtonElement;
  readonly #buttons = new Map<string, HTMLButtonElement>();
  readonly #shown = new Set<string>();
  /** Whether the list goes with the playback. Who scrolls reads, and is not pulled away. */
  #isFollowing = true;
  #isOpen = false;

  constructor(contents: Contents, timeline: Timeline, playback: Playback, story: Story) {
    this.#contents = contents;
    this.#timeline = timeline;
    this.#playback = playback;
    this.#panel = element(`story-${contents.view}`);
    this.#scroller = this.#within(".list");
    this.#search = this.#within<HTMLInputElement>("input[type=search]");
    this.#words = this.#within(".story-empty");
    this.#follow = this.#within<HTMLButtonElement>(".list-follow");
    this.#list = new LongList(this.#scroller, (event) =>
      contents.draw(event, () => {
        this.#isFollowing = true;
        playback.seek(event.at_ms);
      }),
    );
    this.#makeButtons();
    this.#readAddress();
    this.#listen(story);
  }

  /** What is listed, as it is narrowed. */
  get items(): readonly ListedEvent[] {
    return this.#list.items;
  }

  /** Loads what is listed. */
  async load(): Promise<void> {
    await this.#timeline.load();
    this.#show();
  }

  #listen(story: Story): void {
    story.onView((view) => {
      this.#isOpen = view === this.#contents.view;
      if (!this.#isOpen) return;
      this.#keepInAddress();
      this.#show();
      void this.load();
    });
    this.#timeline.onChange(() => this.#show());
    this.#playback.onChange(() => this.#followPlayback());
    this.#search.addEventListener("input", () => this.#narrow());
    this.#follow.addEventListener("click", () => {
      this.#isFollowing = true;
      this.#list.revealCurrent();
      this.#follow.hidden = true;
    });
    const read = () => {
      this.#isFollowing = false;
    };
    for (const type of ["wheel", "touchmove"]) {
      this.#scroller.addEventListener(type, read, { passive: true });
    }
    this.#scroller.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") read();
    });
    this.#scroller.addEventListener("scroll", () => this.#offerToFollow(), { passive: true });
  }

  #narrow(): void {
    this.#keepInAddress();
    this.#show();
  }

  /** Draws what is listed now. */
  #show(): void {
    if (!this.#isOpen) {
      if (this.#timeline.isLoaded) this.#list.set(this.#matching(), isSame);
      return;
    }
    this.#list.set(this.#matching(), isSame);
    this.#count();
    this.#words.textContent = this.#say();
    this.#followPlayback();
  }

  #matching(): ListedEvent[] {
    const sought = this.#search.value.trim().toLowerCase();
    const chosen = this.#contents.narrowings.filter(({ value }) => this.#shown.has(value));
    return this.#timeline.events.filter(
      (event) =>
        this.#contents.includes(event) &&
        (chosen.length === 0 || chosen.some(({ matches }) => matches(event))) &&
        (sought === "" || this.#contents.searched(event).toLowerCase().includes(sought)),
    );
  }

  /** How many there are of each, and no button for what there is nothing of. */
  #count(): void {
    for (const { value, matches } of this.#contents.narrowings) {
      const button = this.#buttons.get(value);
      const count = this.#timeline.events.filter(
        (event) => this.#contents.includes(event) && matches(event),
      ).length;
      const counter = button?.querySelector(".count");
      if (counter) counter.textContent = String(count);
      if (button) button.hidden = count === 0 && !this.#shown.has(value);
    }
  }

  #say(): string {
    const { hasFailed, isLoaded, isWhole, events } = this.#timeline;
    if (hasFailed) return WORDS.failed;
    if (!isLoaded) return WORDS.loading;
    if (this.#list.items.length > 0) return isWhole ? "" : WORDS.cut;
    return events.some(this.#contents.includes) ? WORDS.none : this.#contents.empty;
  }

  /** Marks the last event that has happened, and keeps it in sight. */
  #followPlayback(): void {
    if (!this.#isOpen || this.#panel.hidden) return;
    this.#list.mark(lastBefore(this.#list.items, this.#playback.state.at_ms));
    // What is under the pointer does not move away from under it.
    if (this.#isFollowing && !this.#scroller.matches(":hover") && !this.#list.showsCurrent) {
      this.#list.revealCurrent();
    }
    this.#offerToFollow();
  }

  #offerToFollow(): void {
    this.#follow.hidden = this.#list.showsCurrent;
  }

  #makeButtons(): void {
    const group = this.#within(".list-narrowings");
    for (const { value, label } of this.#contents.narrowings) {
      const button = make("button", "narrowing", `${label} `);
      button.type = "button";
      button.ariaPressed = "false";
      button.append(make("span", "count"));
      button.addEventListener("click", () => {
        if (!this.#shown.delete(value)) this.#shown.add(value);
        button.ariaPressed = String(this.#shown.has(value));
        this.#narrow();
      });
      this.#buttons.set(value, button);
      group.append(button);
    }
    group.hidden = this.#contents.narrowings.length === 0;
  }

  #readAddress(): void {
    const query = new URLSearchParams(location.search);
    if (query.get("panel") !== this.#contents.view) return;
    this.#search.value = query.get("find") ?? "";
    for (const value of (query.get("show") ?? "").split(",")) {
      const button = this.#buttons.get(value);
      if (!button) continue;
      this.#shown.add(value);
      button.ariaPressed = "true";
    }
  }

  #keepInAddress(): void {
    const url = new URL(location.href);
    const keep = (name: string, value: string) => {
      if (value === "") url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    };
    keep("find", this.#search.value.trim());
    keep("show", [...this.#shown].join(","));
    history.replaceState(history.state, "", url);
  }

  #within<E extends Element = HTMLElement>(selector: string): E {
    const found = this.#panel.querySelector<E>(selector);
    if (found === null) throw new Error(`the list has no ${selector}`);
    return found;
  }
}

function isSame(one: ListedEvent, other: ListedEvent): boolean {
  return one === other || (one.at_ms === other.at_ms && one.text === other.text && one.kind === other.kind);
}
