/**
 * What the server tells the player about a recording, and what the replay page
 * and the stage (the player's own document, which it embeds) say to each other.
 *
 * Times named `*_at` are milliseconds since 1970 on the visitor's clock; times
 * named `*_ms` are milliseconds on the session's timeline, which starts at 0 and
 * on which streams (page loads, tabs) stand one after the other.
 */

/** `GET .../manifest.json`: where the pieces of a recording are and when they play. */
export interface Manifest {
  session: string;
  status: "active" | "completed";
  /** When the last upload arrived, by the server's clock. */
  heard_at: number;
  /** The length of the timeline. */
  duration_ms: number;
  /**
   * Where stylesheets are that were taken out of the parts: this and a style's
   * hash answer a JSON string. See {@link STYLE_REFERENCE}.
   */
  styles_url: string;
  streams: StreamManifest[];
}

/** One page load in one tab. rrweb's node ids are only meaningful inside one stream. */
export interface StreamManifest {
  id: string;
  /**
   * Another number means that the stream is stored in other parts than before (it
   * was finished). What was loaded of it stays right, but the URLs of its former
   * parts answer 404.
   */
  version: number;
  /** Where the stream stands on the session's timeline. */
  offset_ms: number;
  duration_ms: number;
  /** The visitor's clock when the stream started; an event plays at `offset_ms + timestamp - started_at`. */
  started_at: number;
  /** Ranges of `seq` that never arrived, both ends included. */
  missing: [first: number, last: number][];
  /** In the order of `seq`, then `index`. */
  parts: PartManifest[];
}

/**
 * One piece of a stream: its URL answers a JSON array of rrweb events. It is one
 * batch while the session is active, and a larger piece once it is finished.
 */
export interface PartManifest {
  url: string;
  /** The batch that its first event came in. Two parts may begin in the same batch. */
  seq: number;
  /** Its first event's place in that batch: 0 when the part is a batch. */
  index: number;
  /** The first and last event, on the session's timeline. */
  starts_ms: number;
  ends_ms: number;
  events: number;
  /** How many of the events are something the visitor did. */
  interactions: number;
  /** When the visitor did something, in stretches that are in order; of a batch no more is known than its own times. */
  active: [from_ms: number, to_ms: number, events: number][];
  /** Whether a full snapshot is inside. There may be several. */
  snapshot: boolean;
  /** The size of its JSON in bytes; 0 when it is not known. */
  json_bytes: number;
  /** The hashes of the stylesheets that it refers to, 32 hexadecimal digits each. */
  styles: string[];
}

/**
 * What stands for a stylesheet in a part's JSON, before its hash: as the value of
 * `_cssText` among the attributes of a node (of a full snapshot, or added by a
 * mutation) or among those that a mutation sets. Only hashes that the part's
 * `styles` name are meant: anybody can record such a value.
 */
export const STYLE_REFERENCE = "hindsight-style:";

/** What the page asks of the stage. */
export type ToStage =
  | {
      type: "load";
      manifest_url: string;
      at_ms: number;
      autoplay: boolean;
      speed: number;
      skip_idle: boolean;
    }
  | { type: "play" }
  | { type: "pause" }
  | { type: "seek"; at_ms: number }
  | { type: "speed"; speed: number }
  | { type: "skip-idle"; on: boolean }
  /**
   * Outlines the first element of the recorded page that the selector finds, as long as
   * there is one; none with null. The selector is a plugin's, and may be anything.
   */
  | { type: "highlight"; selector: string | null };

/** What the stage tells the page. */
export type FromStage =
  | { type: "ready" }
  | {
      type: "loaded";
      duration_ms: number;
      /** Whether the visit goes on. */
      active: boolean;
      /** When the last upload arrived, by the server's clock. */
      heard_at: number;
      /** Where each stream starts, and when it did by the visitor's clock. */
      streams: { offset_ms: number; duration_ms: number; started_at: number }[];
      /** Activity over the timeline in equal slices, 0 to 1. */
      activity: number[];
    }
  /** Stretches in which the visitor did nothing, as far as is known yet. Sent again as it grows. */
  | { type: "idle"; spans: [from_ms: number, to_ms: number][] }
  /** Sent several times a second while playing, and after every change. */
  | {
      type: "state";
      at_ms: number;
      playing: boolean;
      /** Waiting for events to arrive. */
      buffering: boolean;
      /** Skipping over an idle stretch. */
      skipping: boolean;
      /** The URL of the page that is shown, or "" before one is known. */
      page_url: string;
      finished: boolean;
    }
  /** Something a viewer must know, in plain words: a gap, a missing snapshot, a bad event. */
  | { type: "notice"; kind: NoticeKind; text: string; at_ms: number };

export type NoticeKind =
  /** Nothing can be shown at all. */
  | "unplayable"
  /** Part of the recording never arrived, or is no longer there. */
  | "gap"
  /** The stream has no full snapshot at its start: what comes before one is not shown. */
  | "no-snapshot"
  /** Events that rrweb cannot play were left out. */
  | "bad-event"
  /** The server could not be asked. */
  | "unreachable";
