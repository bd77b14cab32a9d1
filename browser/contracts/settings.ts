/**
 * What a connection's owner decided in the dashboard: `GET {ingest path}/{write key}`.
 *
 * A page asks for it before anything is recorded. Fields that are not there are left to
 * the page: attributes of its script element, then the defaults.
 *
 * What the loader met stands in the query: `v` (its version), `sample` and `start` where the
 * script element says so, and `blocked` where something kept a request of ours from being sent.
 */
export interface ConnectionSettings {
  recording: RecordingSettings;
  /** null: the connection has no widget. */
  widget: WidgetSettings | null;
}

/** What is recorded, and how much of it is hidden. The stricter of this and the page's attributes holds. */
export interface RecordingSettings {
  /** Why nothing is recorded, as a kind of problem: the connection is paused, or the visitor opted out. */
  off?: string;
  privacy?: "open" | "balanced" | "strict";
  /** The share of sessions that is recorded, 0 to 1. */
  sample?: number;
  /** `manual`: recording waits for `hindsight.start()`. */
  start?: "load" | "manual";
  /** Nothing is recorded before the visitor has agreed. `ask`: where the page does not ask, a notice does. */
  consent?: "required" | "ask";
  /** Browsers that send `DNT: 1` are not recorded: to them the server says `off`. */
  honourDnt?: boolean;
  maskAllInputs?: boolean;
  /** CSS selectors. */
  maskTextSelector?: string;
  blockSelector?: string;
  ignoreSelector?: string;
}

/** How the widget looks and speaks. Empty texts are the widget's own, in the language of the page. */
export interface WidgetSettings {
  title: string;
  greeting: string;
  placeholder: string;
  /** Questions to begin with, at most six. */
  suggestions: string[];
  /** A CSS colour in the form #rrggbb. */
  accent: string;
  theme: "auto" | "light" | "dark";
  position: "end" | "start";
  /** BCP 47, or "" for the language of the page. */
  language: string;
  /** When recording starts: with the page, when the chat is opened, or when the visitor has agreed. */
  start: "load" | "chat";
  consent: "notice" | "ask" | "none";
  /** Where the notice leads to; "" for nowhere. */
  privacyUrl: string;
}
