/**
 * The options of the snippet, and what the dashboard adds to them. Each is an attribute of the script element or a
 * parameter of its URL (script optimisers drop attributes); the attribute wins.
 *
 *     <script async src="https://HOST/hindsight.js" data-connection="KEY" data-privacy="balanced"></script>
 *     <script async src="https://HOST/hindsight.js?connection=KEY&privacy=balanced"></script>
 */

import type { RecordingSettings } from "../contracts/settings";

/**
 * How much of a page is recorded.
 *
 * - `open`: everything the visitor sees, and what is typed into fields.
 * - `balanced`: what is typed is masked, and so is text that looks like personal data.
 * - `strict`: all text is masked; images, video and embedded documents are left out.
 *
 * Secrets (see `privacy/secrets.ts`) are recorded in none of them.
 */
export type PrivacyPreset = "open" | "balanced" | "strict";

/**
 * What a page does beside what is seen of it.
 *
 * - `console`: warnings and errors in the console.
 * - `errors`: errors and rejections that nothing caught.
 * - `requests`: what `fetch` and `XMLHttpRequest` asked for: method, URL without its query, status, duration.
 * - `visibility`: when the page went out of view and came back.
 * - `copies`: what was copied; in `balanced` and `strict` only how long that was.
 */
export type Signal = "console" | "errors" | "requests" | "visibility" | "copies";

export interface Settings {
  /** The connection's public write key. */
  connection: string;
  privacy: PrivacyPreset;
  /** Whether recording starts by itself; otherwise `hindsight.start()` starts it. */
  startsOnLoad: boolean;
  /** Whether nothing may be recorded before the visitor has agreed. */
  asksConsent: boolean;
  /** Whether a notice of ours asks them; otherwise the page does. */
  asksByNotice: boolean;
  /** The share of sessions that is recorded, 0 to 1. */
  sample: number;
  maskAllInputs: boolean;
  /** CSS selectors; "" selects nothing. */
  maskTextSelector: string;
  blockSelector: string;
  ignoreSelector: string;
  /** What is recorded beside the page. */
  signals: Record<Signal, boolean>;
  /** The script element, which has the notice's words as well. */
  script: HTMLScriptElement;
  /** Where what few pages need, the recorder itself, uploads, and the link to a session's replay are. */
  besideUrl: string;
  recorderUrl: string;
  ingestUrl: string;
  replayUrl: string;
}

type Option =
  | "connection"
  | "privacy"
  | "start"
  | "consent"
  | "sample"
  | "maskAllInputs"
  | "maskTextSelector"
  | "blockSelector"
  | "ignoreSelector"
  | "recordConsole"
  | "recordErrors"
  | "recordRequests"
  | "recordVisibility"
  | "recordCopies";

/** The script element that loads the recorder: the running one or, where that is unknown, by its looks. */
export function findScript(): HTMLScriptElement | null {
  const running = document.currentScript;
  if (running instanceof HTMLScriptElement && running.src) return running;
  return document.querySelector("script[src][data-connection],script[src*='hindsight.js']");
}

/** Reads the options of `script`, or nothing if it names no connection. */
export function readSettings(script: HTMLScriptElement): Settings | undefined {
  const query = new URL(script.src).searchParams;
  const read = (name: Option): string => (script.dataset[name] ?? query.get(name) ?? "").trim();
  const address = (path: string): string => new URL(path, script.src).href;
  const connection = read("connection");
  if (!/^[\w-]+$/.test(connection)) return undefined;
  return {
    connection,
    privacy: readPreset(read("privacy")),
    startsOnLoad: (read("start") || "load") === "load",
    // Whoever writes anything else wants less to be recorded.
    // The chat widget's script has its own words for it: none and notice ask nothing.
    asksConsent: !/^(|off|implied|none|notice)$/.test(read("consent")),
    asksByNotice: read("consent") === "ask",
    sample: readShare(read("sample")),
    maskAllInputs: read("maskAllInputs") === "true",
    maskTextSelector: read("maskTextSelector"),
    blockSelector: read("blockSelector"),
    ignoreSelector: read("ignoreSelector"),
    signals: {
      console: isOn(read("recordConsole")),
      errors: isOn(read("recordErrors")),
      requests: isOn(read("recordRequests")),
      visibility: isOn(read("recordVisibility")),
      copies: isOn(read("recordCopies")),
    },
    script,
    besideUrl: address("/assets/beside.js"),
    recorderUrl: address("__RECORDER_PATH__"),
    ingestUrl: address("__INGEST_PATH__"),
    replayUrl: address(`/go/${connection}`),
  };
}

/** The same settings where the dashboard's are not stricter. Its selectors are known to be whole, so they come first. */
export function stricter(page: Settings, owner: RecordingSettings): Settings {
  const strictness = ["open", "balanced", "strict"] as const;
  const level = (preset?: PrivacyPreset): number => (preset ? strictness.indexOf(preset) : 0);
  const joined = (...selectors: (string | undefined)[]): string => selectors.filter(Boolean).join();
  return {
    ...page,
    privacy: strictness[Math.max(level(page.privacy), level(owner.privacy))] ?? "strict",
    startsOnLoad: page.startsOnLoad && owner.start !== "manual",
    asksConsent: page.asksConsent || owner.consent !== undefined,
    asksByNotice: page.asksByNotice || owner.consent === "ask",
    sample: Math.min(page.sample, owner.sample ?? 1),
    maskAllInputs: page.maskAllInputs || owner.maskAllInputs === true,
    maskTextSelector: joined(owner.maskTextSelector, page.maskTextSelector),
    blockSelector: joined(owner.blockSelector, page.blockSelector),
    ignoreSelector: joined(owner.ignoreSelector, page.ignoreSelector),
  };
}

/** A preset that does not exist was meant to hide something: it becomes the strictest. */
function readPreset(text: string): PrivacyPreset {
  const preset = text.toLowerCase() || "open";
  return preset === "open" || preset === "balanced" ? preset : "strict";
}

/** Whoever writes anything but "on" wants less to be recorded. */
function isOn(text: string): boolean {
  return text === "" || text === "on";
}

function readShare(text: string): number {
  const share = Number.parseFloat(text);
  return Number.isNaN(share) ? 1 : Math.min(1, Math.max(0, share));
}
