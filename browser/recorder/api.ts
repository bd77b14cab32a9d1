/** What a page can say to the recorder, as `window.hindsight`. */

export interface Hindsight {
  /** Starts recording, if the snippet asked to wait, or again after {@link stop}. */
  start(): void;
  stop(): void;
  /** Whether the visitor agrees to being recorded, now and on the pages that follow. */
  consent(given: boolean): void;
  /** Asks the visitor with a notice, also one who has answered before: a link in a footer calls this. */
  notice(): void;
  /** Erases what was recorded of this visit, and records no more. */
  forgetMe(): Promise<Forgotten>;
  /** Says who the visitor is. The dashboard shows it as the page's claim. */
  identify(id: string, traits?: Record<string, unknown>): void;
  track(name: string, props?: Record<string, unknown>): void;
  /** The visitor asked an assistant something. Returns the id that replies and feedback refer to. */
  prompt(text: string, options?: PromptOptions): string;
  /** The assistant answered. Returns the reply's own id. */
  reply(text: string, options?: ReplyOptions): string;
  /** The visitor's verdict on a prompt or a reply. */
  feedback(id: string, value: 1 | -1): void;
  /** The address of this session's replay, with `now` at this moment; "" while nothing is recorded. */
  sessionUrl(options?: { now?: boolean }): string;
  /** Sends what is waiting. Resolves when the server has it, or when it never will. */
  flush(): Promise<void>;
}

/** What came of {@link Hindsight.forgetMe}. */
export interface Forgotten {
  /** Whether the server had something of the visit, and has it no more. */
  erased: boolean;
  /** When, and what the server's operator knows it by. */
  at?: string;
  receipt?: string;
  /** Why nothing was erased. */
  problem?: string;
}

export interface PromptOptions {
  /** The page's own id for the prompt. */
  id?: string;
  conversation?: string;
}

export interface ReplyOptions {
  /** The page's own id for the reply. */
  id?: string;
  /** The id of the prompt this answers. */
  to?: string;
  /** Whether the assistant could answer the question. */
  answered?: boolean;
  /** What the answer rests on: titles or URLs. */
  sources?: string[];
}

/** A call made before the script has loaded: `hindsight.q.push(["track", "signed-up"])`. */
export type EarlyCall = [method: string, ...args: unknown[]];

declare global {
  interface Window {
    /** Before the script has loaded: a stand-in that collects calls in `q`. */
    hindsight?: Hindsight & { q?: EarlyCall[] };
  }
}
