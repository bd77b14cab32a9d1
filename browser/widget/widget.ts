/**
 * `widget.js`: a chat with the connection's assistant, in one line:
 *
 *     <script async src="https://HOST/widget.js" data-connection="KEY"></script>
 *
 * It brings the recorder along, which starts when the visitor opens the chat, or
 * as the settings have it.
 */

import { guard, warn } from "../recorder/guard";
import type { EarlyCall, Hindsight, Widget } from "./api";
import { Chat } from "./chat";
import { Shelf } from "./conversation";
import { chooseLanguage } from "./language";
import { findLoader } from "./loader";
import { askSettings, chooseOptions, readSnippet, type Snippet } from "./options";
import { Recording } from "./recording";

function main(): void {
  // The page includes the script twice: the first one does the work.
  if (typeof window.hindsight?.widget === "object") return;
  const snippet = readSnippet();
  if (!snippet) throw new Error("the script element names no connection");
  publish(begin(snippet).catch((error) => void warn(error)));
}

/** Learns what was decided for the connection, and puts the chat into the page. */
async function begin(snippet: Snippet): Promise<Chat | undefined> {
  const loader = findLoader(snippet);
  const asked = await askSettings(snippet);
  if (asked === "refused") throw new Error("the server refuses the connection, or this site");
  if (typeof asked === "object" && asked.settings.widget === null) return undefined;
  const options = chooseOptions(snippet, asked);
  const shelf = new Shelf(snippet.connection);
  const conversation = shelf.load();
  const recording = new Recording(snippet, options, conversation, loader);
  void recording.pageLoaded();
  await documentRead();
  const language = await chooseLanguage(options.language, options.texts, snippet.script.src);
  const chat = new Chat(snippet, options, language, recording, conversation, shelf);
  chat.mount();
  return chat;
}

function documentRead(): Promise<void> {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("DOMContentLoaded", () => resolve()));
}

/** The page's side: what it says before the chat is there is done once it is. */
function publish(chat: Promise<Chat | undefined>): void {
  const later = guard((act: (chat: Chat) => void) => void chat.then((there) => there && guard(act)(there)));
  const widget: Widget = {
    open: () => later((there) => there.open()),
    close: () => later((there) => there.close()),
    toggle: () => later((there) => there.toggle()),
    ask: (text) => later((there) => there.ask(String(text))),
  };
  window.hindsight ??= standIn();
  keepOn(window.hindsight, widget);
}

/** The loader puts its own object in place of the stand-in. */
function keepOn(present: Hindsight, widget: Widget): void {
  present.widget = widget;
  let api = window.hindsight;
  Object.defineProperty(window, "hindsight", {
    configurable: true,
    enumerable: true,
    get: () => api,
    set(next: typeof api) {
      api = next;
      if (next) next.widget ??= widget;
    },
  });
}

/** Collects what the page says to the recorder until that is there. */
function standIn(): Hindsight & { q: EarlyCall[] } {
  const waiting: Record<string, unknown> & { q: EarlyCall[] } = { q: [] };
  return new Proxy(waiting, {
    get: (known, name: string) => known[name] ?? ((...args: unknown[]) => void known.q.push([name, ...args])),
  }) as unknown as Hindsight & { q: EarlyCall[] };
}

guard(main, warn)();
