/**
 * What the widget looks like and when it records: attributes of its script
 * element (or parameters of its URL, since script optimisers drop attributes),
 * then what the connection's owner decided, then the defaults.
 *
 *     <script async src="https://HOST/widget.js" data-connection="KEY" data-accent="#00695c"></script>
 */

import type { ConnectionSettings, WidgetSettings } from "../contracts/settings";
import type { Texts } from "./language";
import { safeUrl } from "./links";

/** How long the connection's settings are waited for. */
const SETTINGS_WITHIN_MS = 8000;
const MAX_SUGGESTIONS = 6;
const MAX_TEXT = 500;

/** When recording starts. `manual`: when the page calls `hindsight.start()`. */
export type Start = "load" | "chat" | "manual";
export type Consent = "none" | "notice" | "ask";

export interface Options {
  title: string;
  greeting: string;
  placeholder: string;
  suggestions: string[];
  /** A CSS colour, or "" for the widget's own. */
  accent: string;
  theme: "auto" | "light" | "dark";
  position: "end" | "start";
  language: string;
  /** Texts in place of the widget's own, by name. */
  texts: Partial<Texts>;
  start: Start;
  consent: Consent;
  privacyUrl: string;
}

/** The script element, and the addresses that it leads to. */
export interface Snippet {
  script: HTMLScriptElement;
  connection: string;
  loaderUrl: string;
  settingsUrl: string;
  askUrl: string;
  /** The value of an option, or `undefined` where the page says nothing. */
  read(name: string): string | undefined;
}

/** What was asked for of the connection. `unknown`: the server did not answer. */
export type Asked = { settings: ConnectionSettings } | "refused" | "unknown";

/** Finds the script element that is running; nothing if it names no connection. */
export function readSnippet(): Snippet | undefined {
  const running = document.currentScript;
  const script =
    running instanceof HTMLScriptElement && running.src
      ? running
      : document.querySelector<HTMLScriptElement>("script[src*='widget.js']");
  if (!script) return undefined;
  const query = new URL(script.src).searchParams;
  const read = (name: string) => (script.dataset[name] ?? query.get(name) ?? undefined)?.trim();
  const connection = read("connection") ?? "";
  if (!/^[\w-]+$/.test(connection)) return undefined;
  const address = (path: string) => new URL(path, script.src).href;
  const settingsUrl = `${address("__INGEST_PATH__")}/${connection}`;
  return {
    script,
    connection,
    read,
    loaderUrl: address("__SCRIPT_PATH__"),
    settingsUrl,
    askUrl: `${settingsUrl}/ask`,
  };
}

/** Asks the server what the connection's owner decided. */
export async function askSettings({ settingsUrl }: Snippet): Promise<Asked> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), SETTINGS_WITHIN_MS);
  try {
    const response = await fetch(settingsUrl, { credentials: "omit", signal: patience.signal });
    if (response.ok) return { settings: { ...((await response.json()) as ConnectionSettings) } };
    return response.status < 500 && response.status !== 429 ? "refused" : "unknown";
  } catch {
    return "unknown";
  } finally {
    clearTimeout(timer);
  }
}

/** Puts together what the page and the connection say. Nothing of either is trusted to be well-formed. */
export function chooseOptions({ read }: Snippet, asked: Asked): Options {
  const known = typeof asked === "object";
  const settings: Partial<Record<keyof WidgetSettings, unknown>> = known ? (asked.settings.widget ?? {}) : {};
  const text = (name: keyof WidgetSettings): string => read(name) ?? textOf(settings[name]);
  const one = <Choice extends string>(
    name: keyof WidgetSettings,
    choices: readonly Choice[],
    otherwise: Choice,
  ): Choice =>
    [read(name), settings[name]].reduceRight<Choice>(
      (chosen, each) => choices.find((choice) => choice === each) ?? chosen,
      otherwise,
    );
  return {
    title: text("title"),
    greeting: text("greeting"),
    placeholder: text("placeholder"),
    suggestions: suggestionsFrom(read("suggestions"), settings.suggestions),
    accent: text("accent"),
    theme: one("theme", ["auto", "light", "dark"], "auto"),
    position: one("position", ["end", "start"], "end"),
    language: text("language"),
    texts: textsFrom(read("texts")),
    start: one<Start>("start", ["load", "chat", "manual"], "chat"),
    consent: strictest(read("consent"), settings.consent, known),
    privacyUrl: safeUrl(text("privacyUrl")) ?? "",
  };
}

/** Neither side can take back that the other one wants visitors to be asked. */
function strictest(page: unknown, connection: unknown, known: boolean): Consent {
  const said = [page, connection];
  if (said.includes("ask") || !known) return "ask";
  return said.includes("notice") || !said.includes("none") ? "notice" : "none";
}

function suggestionsFrom(page: string | undefined, connection: unknown): string[] {
  const given = page === undefined ? connection : (parsed(page) ?? page.split("|"));
  if (!Array.isArray(given)) return [];
  const texts = given.map((each) => textOf(each).trim()).filter(Boolean);
  return texts.slice(0, MAX_SUGGESTIONS);
}

function textsFrom(json: string | undefined): Partial<Texts> {
  const given = parsed(json ?? "");
  if (typeof given !== "object" || given === null) return {};
  return Object.fromEntries(Object.entries(given).filter(([, text]) => typeof text === "string"));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MAX_TEXT) : "";
}
