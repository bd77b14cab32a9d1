/** What the server tells the replay page about what the visitor did. */

/**
 * `GET .../events.json`: a piece of what the visitor did, in the order of time.
 * `?from=` is where a piece begins, as `next` of the one before says; with
 * `?only=moments` page views, prompts and errors alone, in one piece.
 */
export interface EventPage {
  events: ListedEvent[];
  /** Where the next piece begins; null when this is the last. */
  next: number | null;
  /** Whether the recording has been read at all: a visit that goes on has not. */
  is_read: boolean;
}

export interface ListedEvent {
  /** Where it plays, in milliseconds on the session's timeline. */
  at_ms: number;
  /** As in `wit/hindsight.wit`: "click", "page-view", "prompt". What went wrong is an "error", whatever its kind. */
  kind: string;
  /** One line in words. */
  text: string;
}
