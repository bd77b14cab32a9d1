// The lists of the panel: what the visitor did, what the console said, what was requested.

import type { ListedEvent } from "../../contracts/events";
import { make } from "../element";
import { clock } from "../time";
import { type Contents, Listing, type Narrowing } from "./listing";
import type { Playback } from "./playback";
import type { Story } from "./story";
import type { Timeline } from "./timeline";

/** As in `src/web/event_line.rs`. */
const SLOW_MS = 1000;

const ofKind = (value: string, label: string, ...kinds: string[]): Narrowing => ({
  value,
  label,
  matches: (event) => kinds.includes(event.kind),
});

const ofLevel = (value: string, label: string, ...levels: string[]): Narrowing => ({
  value,
  label,
  matches: ({ level }) => level !== undefined && levels.includes(level),
});

const EVENTS: Contents = {
  view: "events",
  includes: ({ quiet }) => !quiet,
  narrowings: [
    ofKind("page", "Pages", "page-view"),
    ofKind("click", "Clicks", "click"),
    ofKind("input", "Typing", "input", "copy"),
    ofKind("prompt", "Prompts", "prompt", "reply", "feedback"),
    { value: "error", label: "Errors", matches: ({ failed }) => failed === true },
    ofKind("custom", "Custom", "custom", "identify"),
  ],
  searched: ({ text }) => text,
  draw: drawEvent,
  empty: "Nothing that the visitor did was recorded.",
};

const CONSOLE: Contents = {
  view: "console",
  includes: ({ kind }) => kind === "console" || kind === "error",
  narrowings: [
    ofLevel("error", "Errors", "error"),
    ofLevel("warn", "Warnings", "warn"),
    ofLevel("info", "Info", "info", "debug"),
  ],
  searched: ({ message = "", stack = "" }) => `${message}\n${stack}`,
  draw: drawLine,
  empty: "The console stayed silent: no errors and no warnings were recorded.",
};

const NETWORK: Contents = {
  view: "network",
  includes: ({ kind }) => kind === "request",
  narrowings: [
    { value: "failed", label: "Failed", matches: ({ failed }) => failed === true },
    { value: "slow", label: "Slow", matches: ({ took_ms = 0 }) => took_ms >= SLOW_MS },
    {
      value: "ok",
      label: "Fine",
      matches: ({ failed, took_ms = 0 }) => !failed && took_ms < SLOW_MS,
    },
  ],
  searched: ({ method = "", url = "", status = 0 }) => `${method} ${url} ${status}`,
  draw: drawRequest,
  empty:
    "No request failed or was slow. Others are recorded only where the page uses rrweb's network plugin.",
};

/** Makes the lists, and answers that of what the visitor did. */
export function startLists(timeline: Timeline, playback: Playback, story: Story): Listing {
  const make = (contents: Contents) => new Listing(contents, timeline, playback, story);
  make(CONSOLE);
  make(NETWORK);
  return make(EVENTS);
}

/** A row that is one button. */
function drawButton(className: string, event: ListedEvent, seek: () => void): HTMLElement[] {
  const row = make("div", className);
  const button = make("button", "event-seek");
  button.type = "button";
  // The list has one stop on the way of the Tab key; arrows go on from there.
  button.tabIndex = -1;
  button.append(make("span", "event-at", clock(event.at_ms)));
  button.addEventListener("click", seek);
  row.append(button);
  return [row, button];
}

function drawEvent(event: ListedEvent, seek: () => void): HTMLElement {
  const failed = event.failed ? " event-failed" : "";
  const [row, button] = drawButton(`event event-${event.kind}${failed}`, event, seek) as [
    HTMLElement,
    HTMLElement,
  ];
  button.append(make("span", "event-text", event.text));
  button.title = event.text;
  return row;
}

function drawLine(event: ListedEvent, seek: () => void): HTMLElement {
  const { level = "info", message = "", stack = "" } = event;
  const [row, button] = drawButton(`event said said-${level}`, event, seek) as [HTMLElement, HTMLElement];
  const words = message || event.text;
  button.append(make("span", "said-level", level), make("span", "said-text", words));
  button.title = words;
  if (stack !== "") {
    const details = make("details", "said-stack");
    details.append(make("summary", "", "Stack"), make("pre", "", stack));
    row.append(details);
  }
  return row;
}

function drawRequest(event: ListedEvent, seek: () => void): HTMLElement {
  const { method = "", url = "", status = 0, took_ms = 0, failed } = event;
  const slow = took_ms >= SLOW_MS ? " request-slow" : "";
  const [row, button] = drawButton(`event request${failed ? " request-failed" : ""}${slow}`, event, seek) as [
    HTMLElement,
    HTMLElement,
  ];
  button.append(
    make("span", "request-method", method),
    urlParts(url),
    make("span", "request-status", status === 0 ? "none" : String(status)),
    make("span", "request-took", tookWords(took_ms)),
  );
  button.title = `${method} ${url}: ${status === 0 ? "no answer" : `answered ${status}`} after ${tookWords(took_ms)}`;
  return row;
}

/** So much of the end of an address always stays. */
const URL_TAIL = 20;

/** A URL without its scheme. What is too long gives way in the middle. */
function urlParts(url: string): HTMLElement {
  const place = url.replace(/^https?:\/\//, "");
  const parts = make("span", "request-url");
  parts.append(
    make("span", "request-head", place.slice(0, -URL_TAIL)),
    make("span", "request-tail", place.slice(-URL_TAIL)),
  );
  return parts;
}

function tookWords(ms: number): string {
  return ms < SLOW_MS ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
