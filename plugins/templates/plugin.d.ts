/**
 * What a plugin of Hindsight gets and gives, for editors and for TypeScript.
 * Written for version 0.1 of the interface; the guide is docs/plugins.md of the server.
 *
 * A plugin exports one or more of three functions:
 *
 *     export function analyze(session, settings) { … }   // looks at one finished session
 *     export function mask(spans, settings) { … }        // says which texts must not be stored
 *     export function summarize(source, settings) { … }  // reports on many sessions
 */

/** Milliseconds since the first event of the session, by the visitor's clock. */
export type Millis = number;

/** The settings that `plugin.toml` describes, checked and with defaults filled in. */
export type Settings = Record<string, any>;

export type Analyze<S = Settings> = (session: Session, settings: S) => Analysis | Promise<Analysis>;
export type Mask<S = Settings> = (spans: Span[], settings: S) => Change[] | Promise<Change[]>;
export type Summarize<S = Settings> = (source: Source, settings: S) => Report | Promise<Report>;

// ---------------------------------------------------------------- sessions

/**
 * One finished session. `for (const event of session)` walks through its events in the
 * order of time, once; `[...session]` keeps them to look at them again. Only the kinds
 * of events that `plugin.toml` names are there.
 */
export interface Session extends Iterable<Event> {
  readonly info: SessionInfo;
}

export interface SessionInfo {
  id: string;
  /** RFC 3339. `Date.now()` is this moment, too, and stands still. */
  startedAt: string;
  duration: Millis;
  userAgent: string;
  landingUrl: string;
  /** Whom the page said it is, "" when it did not. */
  visitor: string;
}

/** Every event has these; `kind` says which others. */
interface Anything {
  at: Millis;
  /** Which page view it belongs to, from 0. */
  page: number;
}

export type Event =
  | PageView
  | Click
  | Input
  | Focus
  | Blur
  | Scroll
  | Pointer
  | Resize
  | Mutation
  | Selection
  | Copy
  | Console
  | Uncaught
  | Request
  | Prompt
  | Reply
  | Feedback
  | Identify
  | Hidden
  | Visible
  | Idle
  | Custom;

/** An element as it was when the event happened. Texts are as the maskers left them. */
export interface Element {
  /** rrweb's id of the node; steady within one page view. */
  node: number;
  /** Lower case: "button". */
  tag: string;
  /** Short, and the same in most visits. Frames and shadow roots are passed with " >>> ". */
  selector: string;
  /** What a person would call it: its label, placeholder, title or text; at most 80 characters. */
  label: string;
  /** The ARIA role, given or implied; "" when none. */
  role: string;
  /** Whether a person would expect something to happen when it is clicked. */
  interactive: boolean;
  /** id, class, name, type, href, download, role, data-testid and aria-* only. */
  attrs: NamedValue[];
}

export interface NamedValue {
  name: string;
  value: string;
}

export interface PageView extends Anything {
  kind: "page-view";
  url: string;
  title: string;
  /** Loaded, by the history API, by the part after the "#", or loaded again. */
  cause: "load" | "history" | "hash" | "reload";
  width: number;
  height: number;
}

export interface Click extends Anything {
  kind: "click";
  target: Element;
  button: "primary" | "secondary" | "middle" | "double" | "tap";
  /** CSS pixels from the corner of the viewport. */
  x: number;
  y: number;
}

/** One run of edits of one field: what stood in it when the run was over. */
export interface Input extends Anything {
  kind: "input";
  target: Element;
  /** "" where it was not recorded, or masked. */
  value: string;
  /** How many characters the value has. */
  length: number;
  /** Of check boxes and radio buttons. */
  checked: boolean | null;
  /** How many edits the run joins. */
  edits: number;
  /** When the run began. */
  since: Millis;
}

export interface Focus extends Anything {
  kind: "focus";
  target: Element;
}

export interface Blur extends Anything {
  kind: "blur";
  target: Element;
}

/** Where a run of scrolling ended; `target` is null for the page itself. */
export interface Scroll extends Anything {
  kind: "scroll";
  target: Element | null;
  x: number;
  y: number;
}

/** Where the pointer was, at most some ten times in a second. */
export interface Pointer extends Anything {
  kind: "pointer";
  x: number;
  y: number;
}

export interface Resize extends Anything {
  kind: "resize";
  width: number;
  height: number;
}

/** What changed on the page within some tenths of a second. */
export interface Mutation extends Anything {
  kind: "mutation";
  added: number;
  removed: number;
  texts: number;
  attributes: number;
  target: Element | null;
}

/** What was marked; the text is cut. */
export interface Selection extends Anything {
  kind: "selection";
  text: string;
}

/** What was copied; the text is cut. */
export interface Copy extends Anything {
  kind: "copy";
  text: string;
}

export interface Console extends Anything {
  kind: "console";
  level: "debug" | "info" | "warn" | "error";
  text: string;
  stack: string;
}

/** An error that nothing caught. */
export interface Uncaught extends Anything {
  kind: "error";
  text: string;
  stack: string;
}

/** A request that failed or was slow. The status is 0 when no answer came. */
export interface Request extends Anything {
  kind: "request";
  method: string;
  url: string;
  status: number;
  took: Millis;
}

/** What the visitor asked an assistant. */
export interface Prompt extends Anything {
  kind: "prompt";
  id: string;
  conversation: string;
  text: string;
}

export interface Reply extends Anything {
  kind: "reply";
  id: string;
  /** The prompt's id, "" when the page did not say. */
  to: string;
  text: string;
  /** Whether the assistant could answer; null when the page did not say. */
  answered: boolean | null;
  /** What the answer rests on: titles or URLs. */
  sources: string[];
  /** Since its prompt. */
  took: Millis;
}

/** The visitor's verdict on a prompt or a reply. */
export interface Feedback extends Anything {
  kind: "feedback";
  id: string;
  value: 1 | -1;
}

/** Who the page says that the visitor is. */
export interface Identify extends Anything {
  kind: "identify";
  id: string;
  traits: NamedValue[];
}

/** The page went out of sight. */
export interface Hidden extends Anything {
  kind: "hidden";
}

/** The page came back. */
export interface Visible extends Anything {
  kind: "visible";
}

/** Nothing was done for this long; told when it ends. */
export interface Idle extends Anything {
  kind: "idle";
  lasted: Millis;
}

/** Anything else that the page said; names that begin with "hindsight." are the server's. */
export interface Custom extends Anything {
  kind: "custom";
  name: string;
  json: string;
}

// ---------------------------------------------------------------- what analyze returns

export interface Analysis {
  /** Shown to people; at most 1,000. */
  findings?: Finding[];
  /** Rows for reporters; at most 10,000. */
  facts?: Fact[];
  /** How bad the session was. */
  score?: Score;
}

export type Severity = "info" | "low" | "medium" | "high";

/** A mark on the replay's timeline, and a row of the findings. */
export interface Finding {
  /** One of `kinds` in `plugin.toml`. */
  kind: string;
  at: Millis;
  until?: Millis;
  /** As `plugin.toml` says for the kind when it is left out. */
  severity?: Severity;
  /** At most 200 characters. */
  title?: string;
  /** Markdown, at most 8 KiB; HTML in it is shown as text. */
  detail?: string;
  /** Of the element that it is about. */
  selector?: string;
  fields?: Fields;
}

/** Not shown: a row for reporters. */
export interface Fact {
  /** One of `facts` in `plugin.toml`. */
  kind: string;
  at: Millis;
  fields?: Fields;
}

export interface Score {
  /** From 0 to 100. */
  points: number;
  /** The reasons, in one line. */
  why?: string;
}

export type Fields = Record<string, string | number | boolean>;

// ---------------------------------------------------------------- maskers

/** A text of the session, with where it stands. Equal spans come once. */
export interface Span {
  /** For a text of the page the whole of a block, even where it is made of several nodes. */
  text: string;
  place: "text" | "attribute" | "input-value" | "url" | "title" | "console" | "prompt" | "reply" | "custom";
  /** The element's tag, "" when there is none. */
  tag: string;
  /** The attribute's or the field's name, "" when there is none. */
  name: string;
  selector: string;
}

/** What is to happen to one span. Spans that are not named stay as they are. */
export type Change =
  /** Parts of it are hidden, here and wherever else they stand in the session. */
  | { index: number; edit: "hide"; secrets: Secret[] }
  /** Every letter and digit becomes an asterisk. */
  | { index: number; edit: "cover" }
  /** The element becomes a grey box of its size. */
  | { index: number; edit: "block" };

export interface Secret {
  /** The part of the text. */
  value: string;
  /** What to put in its place. */
  with?: string;
  /** What it is, for the counts: "e-mail". */
  kind?: string;
}

// ---------------------------------------------------------------- reporters

/** Findings and facts of many sessions, oldest first. Walked through once, like a session. */
export interface Source extends Iterable<Row> {
  readonly period: Period;
}

/** What the report is about: two RFC 3339 times, and how many sessions started between them. */
export interface Period {
  from: string;
  to: string;
  sessions: number;
}

/** One of both. What an analyzer left out is filled in. */
export type Row = RowHead & ({ finding: Required<Finding>; fact?: undefined } | { fact: Required<Fact>; finding?: undefined });

export interface RowHead {
  /** The session's id. */
  session: string;
  startedAt: string;
  /** The id of the plugin that said it. */
  plugin: string;
}

export interface Report {
  title: string;
  summary?: string;
  sections: Section[];
}

export type Section =
  | { section: "markdown"; text: string }
  | { section: "metrics"; metrics: { name: string; value: number; unit?: string }[] }
  | { section: "table"; title: string; columns: { title: string; numeric?: boolean }[]; rows: Cell[][] }
  | { section: "chart"; title: string; chart: "bar" | "line"; series: Series[] };

export interface Series {
  name: string;
  points: { x: string; y: number }[];
}

/** An object opens that session at that moment. */
export type Cell = string | number | { session: string; at: Millis; label: string };
