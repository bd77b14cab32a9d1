/** What was said in this tab. It survives going from page to page, and ends with the tab. */

import { randomId } from "../recorder/random";

/** Older messages are forgotten. */
const MAX_MESSAGES = 100;

export interface Source {
  title: string;
  url: string;
}

export interface Question {
  from: "visitor";
  /** The id that the recording knows the prompt by. */
  id: string;
  text: string;
}

export interface Answer {
  from: "assistant";
  /** The id that the recording knows the reply by. */
  id: string;
  /** The id of the prompt that it answers. */
  to: string;
  text: string;
  /** `busy` and `unreachable` failed, and so did `failed`, for a reason that the server gave. */
  state: "writing" | "done" | "stopped" | "failed" | "busy" | "unreachable";
  /** Why it failed, in the server's words. */
  reason?: string;
  sources: Source[];
  verdict?: 1 | -1;
}

export type Message = Question | Answer;

export interface Conversation {
  id: string;
  open: boolean;
  /** An answer came while the chat was closed. */
  unread: boolean;
  /** Recording was started in this tab. */
  recording: boolean;
  messages: Message[];
}

export function newConversation(): Conversation {
  return { id: randomId(), open: false, unread: false, recording: false, messages: [] };
}

/** Where a tab keeps its conversation. */
export class Shelf {
  private readonly name: string;

  constructor(connection: string) {
    this.name = `hindsight.${connection}.chat`;
  }

  load(): Conversation {
    try {
      const stored: unknown = JSON.parse(sessionStorage.getItem(this.name) ?? "null");
      return isConversation(stored) ? settled(stored) : newConversation();
    } catch {
      return newConversation();
    }
  }

  save(conversation: Conversation): void {
    try {
      conversation.messages.splice(0, conversation.messages.length - MAX_MESSAGES);
      sessionStorage.setItem(this.name, JSON.stringify(conversation));
    } catch {
      // Storage is blocked or full; the page still knows its conversation.
    }
  }
}

/** An answer that the page before was still reading will not go on. */
function settled(conversation: Conversation): Conversation {
  for (const message of conversation.messages) {
    if (message.from === "assistant" && message.state === "writing") {
      message.state = message.text === "" ? "unreachable" : "stopped";
    }
  }
  return conversation;
}

function isConversation(value: unknown): value is Conversation {
  const stored = value as Conversation | null;
  return typeof stored?.id === "string" && Array.isArray(stored.messages) && stored.messages.every(isMessage);
}

function isMessage(value: unknown): value is Message {
  const message = value as Message | null;
  if (typeof message?.id !== "string" || typeof message.text !== "string") return false;
  return message.from === "visitor" || (message.from === "assistant" && Array.isArray(message.sources));
}
