/** One event, ready to be sent. */
export interface Entry {
  /** The event as JSON. */
  json: string;
  kind: EntryKind;
}

/** What becomes of an event when not all of them can be kept. */
export type EntryKind =
  /** A replay can start here. */
  | "snapshot"
  /** Means nothing without what came before. */
  | "change"
  /** Means something by itself: what the page said. */
  | "said"
  /** Means something by itself, too, but a page in trouble has no end of it. */
  | "noted";
