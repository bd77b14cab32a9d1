import type { EventPage, ListedEvent, Moments } from "../../contracts/events";

/** What is asked for again waits so many times as long as it took, so that a slow server is not pressed. */
const REST = 10;
const LEAST_REST_MS = 3000;

/** What the visitor did, as the server tells it: all of it once somebody wants to read it. */
export class Timeline {
  events: readonly ListedEvent[] = [];
  /** Whether all that there is was loaded once. */
  isLoaded = false;
  hasFailed = false;
  isFinal = false;
  isWhole = true;
  readonly #url: string;
  readonly #listeners: (() => void)[] = [];
  #loading: Promise<void> | undefined;
  #isWanted = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Calls `listener` whenever there is more, or it is known that there is not. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Loads all of it, piece by piece, unless that was done. */
  load(): Promise<void> {
    this.#isWanted = true;
    if (this.isLoaded && !this.hasFailed) return Promise.resolve();
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** The recording has grown: what was loaded of it is loaded anew. */
  async grow(): Promise<void> {
    if (!this.#isWanted) return;
    await this.#loading;
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  async #read(): Promise<void> {
    const events: ListedEvent[] = [];
    const isFirst = !this.isLoaded;
    let next: number | null = 0;
    while (next !== null) {
      const page: EventPage | null = await ask(`${this.#url}?from=${next}`);
      this.hasFailed = page === null;
      if (page === null) break;
      for (const event of page.events) events.push(event);
      ({ next } = page);
      this.isFinal = page.is_final;
      this.isWhole = page.is_whole;
      this.isLoaded ||= next === null;
      // The first time, what is there already can be read; later nothing vanishes meanwhile.
      if (isFirst && next !== null) this.#tell(events);
    }
    this.#tell(this.hasFailed && !isFirst ? this.events : events);
  }

  #tell(events: readonly ListedEvent[]): void {
    this.events = events;
    for (const listener of this.#listeners) listener();
  }
}

/** What can tell what happened. */
export interface Told {
  /** The last that has happened by then. */
  before(at_ms: number): { text: string } | undefined;
}

/** The main moments of a recording, kept up to date while it grows. */
export class Landmarks implements Told {
  moments: Moments | undefined;
  readonly #url: string;
  readonly #listeners: ((moments: Moments) => void)[] = [];

  constructor(url: string) {
    this.#url = `${url}?only=moments`;
  }

  onChange(listener: (moments: Moments) => void): void {
    this.#listeners.push(listener);
    if (this.moments) listener(this.moments);
  }

  async load(): Promise<void> {
    const moments = await ask<Moments>(this.#url);
    if (moments === null) return;
    this.moments = moments;
    for (const listener of this.#listeners) listener(moments);
  }

  before(at_ms: number): ListedEvent | undefined {
    const events = this.moments?.events ?? [];
    return events[lastBefore(events, at_ms)];
  }
}

/** Runs `task` when it is asked to, again once it is done if it was asked meanwhile, and with a rest between. */
export function paced(task: () => Promise<unknown>): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    running = true;
    const began = performance.now();
    await task();
    const rest_ms = Math.max(LEAST_REST_MS, REST * (performance.now() - began));
    window.setTimeout(() => {
      running = false;
      if (again) void run();
    }, rest_ms);
    again = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}

/** The place of the last of these that has happened by then; -1 for none. They are in the order of time. */
export function lastBefore(events: readonly { at_ms: number }[], at_ms: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.at_ms ?? 0) <= at_ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

async function ask<T>(url: string): Promise<T | null> {
  try {
    const answer = await fetch(url);
    return answer.ok ? ((await answer.json()) as T) : null;
  } catch {
    return null;
  }
}
