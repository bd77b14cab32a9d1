/**
 * Whether the visit may be recorded, and the recorder that does it.
 *
 * Nothing is stored on the visitor's device and nothing of them is sent before
 * it may be. What a visitor decides is kept, and counts in all tabs.
 */

import { type Hindsight, tell } from "./api";
import type { Conversation, Source } from "./conversation";
import type { Options, Snippet } from "./options";

/** The chat does not wait longer for the recorder. */
const LOADER_WITHIN_MS = 4000;

type Decision = "yes" | "no";

export class Recording {
  /** Called when what may be recorded has changed, here or in another tab. */
  changed: () => void = () => undefined;
  private readonly decisions: Decisions;

  constructor(
    private readonly snippet: Snippet,
    private readonly options: Options,
    private readonly conversation: Conversation,
    private readonly loader: Promise<Hindsight | undefined>,
  ) {
    this.decisions = new Decisions(snippet.connection, () => this.decided());
  }

  /** Whether the visit may be recorded. `open`: the visitor has to be asked first. */
  get verdict(): Decision | "open" {
    const decision = this.decisions.read();
    if (decision) return decision;
    if (this.options.consent !== "ask") return "yes";
    return navigator.globalPrivacyControl ? "no" : "open";
  }

  /** Whether the visitor can change it here. */
  get isOffered(): boolean {
    return this.options.consent !== "none" || this.decisions.read() === "no";
  }

  /** The page has loaded. Starts what may start without the chat. */
  async pageLoaded(): Promise<void> {
    if (this.verdict !== "yes") {
      // The page may include the recorder by itself, which knows nothing of the visitor's decision.
      (await this.loader)?.stop();
    } else if (this.options.start === "load" || this.conversation.recording) {
      await this.start();
    }
  }

  async chatOpened(): Promise<void> {
    if (this.verdict === "yes" && this.options.start !== "manual") await this.start();
  }

  decide(decision: Decision): void {
    this.decisions.write(decision);
    this.decided();
  }

  /** The session that is recorded, "" for none. */
  async session(): Promise<string> {
    const recorder = await this.running();
    return recorder?.sessionUrl().split("/").pop()?.split("?")[0] ?? "";
  }

  async prompt(id: string, conversation: string, text: string): Promise<void> {
    (await this.running())?.prompt(text, { id, conversation });
    tell("hindsight:prompt", { id, conversation, text });
  }

  async reply(id: string, to: string, text: string, answered?: boolean, from: Source[] = []): Promise<void> {
    const sources = from.map(({ title, url }) => title || url);
    (await this.running())?.reply(text, { id, to, sources, ...(answered !== undefined && { answered }) });
    tell("hindsight:reply", { id, to, text, answered: answered ?? false, sources: from });
  }

  async feedback(id: string, verdict: 1 | -1): Promise<void> {
    (await this.running())?.feedback(id, verdict);
  }

  private async start(): Promise<void> {
    this.conversation.recording = true;
    const recorder = await this.loader;
    // Meanwhile the visitor may have said no.
    if (this.verdict === "yes") recorder?.start();
  }

  private async decided(): Promise<void> {
    this.changed();
    if (this.verdict === "yes") {
      if (this.options.start !== "manual") await this.start();
      return;
    }
    this.conversation.recording = false;
    (await this.loader)?.stop();
    forgetSession(this.snippet.connection);
  }

  /** The recorder, while it records. */
  private async running(): Promise<Hindsight | undefined> {
    const recorder = await soon(this.loader);
    if (this.verdict !== "yes" || !recorder) return undefined;
    // One that has just been started asks first what may be recorded.
    if (!recorder.sessionUrl()) await soon(recorder.flush());
    return recorder.sessionUrl() ? recorder : undefined;
  }
}

function soon<Result>(promise: Promise<Result>): Promise<Result | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, LOADER_WITHIN_MS));
  return Promise.race([promise, late]);
}

/** What the visitor decided, kept for all tabs where the browser allows it. */
class Decisions {
  private readonly name: string;
  private here: Decision | undefined;

  constructor(connection: string, changed: () => void) {
    this.name = `hindsight.${connection}.consent`;
    window.addEventListener("storage", ({ key }) => {
      if (key === this.name) changed();
    });
  }

  read(): Decision | undefined {
    const stored = attempt(() => localStorage.getItem(this.name)) ?? this.here;
    return stored === "yes" || stored === "no" ? stored : undefined;
  }

  write(decision: Decision): void {
    this.here = decision;
    attempt(() => localStorage.setItem(this.name, decision));
  }
}

/** The id of a visit that is not recorded any more has no business on the visitor's device. */
function forgetSession(connection: string): void {
  for (const open of [() => localStorage, () => sessionStorage]) {
    attempt(() => open().removeItem(`hindsight.${connection}`));
  }
}

/** Storage throws where a browser blocks it. */
function attempt<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

declare global {
  interface Navigator {
    /** Set by browsers whose user wants not to be followed. */
    readonly globalPrivacyControl?: boolean;
  }
}
