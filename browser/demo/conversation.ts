/** What was said in the chat. It survives going from page to page, and ends with the tab. */

import type { Source } from "./assistant";

export interface Message {
  from: "visitor" | "assistant";
  text: string;
  sources?: Source[];
  /** For an answer that was recorded: the recorder's id of it. */
  reply?: string;
  verdict?: 1 | -1;
}

export interface Conversation {
  id: string;
  open: boolean;
  messages: Message[];
}

const KEY = "pipkin.conversation";

export function load(): Conversation {
  const stored = sessionStorage.getItem(KEY);
  return stored ? (JSON.parse(stored) as Conversation) : { id: newId(), open: false, messages: [] };
}

export function save(conversation: Conversation): void {
  sessionStorage.setItem(KEY, JSON.stringify(conversation));
}

/** `crypto.randomUUID` is missing where the shop is served without TLS from another machine. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
