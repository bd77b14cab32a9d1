/** What the server tells the replay page about what the visitor did. */

/**
 * `GET .../events.json`: a piece of what the visitor did, in the order of time.
 * `?from=` is where a piece begins, as `next` of the one before says.
 */
export interface EventPage extends Completeness {
  events: ListedEvent[];
  /** Where the next piece begins; null when this is the last. */
  next: number | null;
}

/**
 * `GET .../events.json?only=moments`: what stands on the scrubber, or is said where one
 * points at it, in short and as many as there is room for; all page views among them.
 */
export interface Moments extends Completeness {
  events: ListedEvent[];
  /** How many lines each list has. */
  counts: { events: number; conversation: number; console: number; network: number };
}

interface Completeness {
  /** Whether nothing will be added: the session is over and has been read. */
  is_final: boolean;
  /** Whether all that has arrived was read: of a very large visit that goes on, only the beginning is. */
  is_whole: boolean;
}

export interface ListedEvent {
  /** Where it plays, in milliseconds on the session's timeline. */
  at_ms: number;
  /** As in `wit/hindsight.wit`: "click", "page-view", "prompt". */
  kind: string;
  /** One line in words. */
  text: string;
  /** Whether something went wrong: an error, or a request that failed. */
  failed?: true;
  /** Whether it stands only among the lines of the console, or the requests. */
  quiet?: true;
  /** Of a page view or a request. */
  url?: string;
  /** Of a page view. */
  title?: string;
  /** Of a line of the console, and of an error that nothing caught. */
  level?: "debug" | "info" | "warn" | "error";
  message?: string;
  stack?: string;
  /** Of a request; `status` is 0 when nothing answered. */
  method?: string;
  status?: number;
  took_ms?: number;
}
