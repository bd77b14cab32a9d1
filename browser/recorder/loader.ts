/**
 * `hindsight.js`: what a recorded page includes. It puts `window.hindsight` in
 * place, remembers what the page says, asks the server what may be recorded, and fetches the
 * recorder itself only when recording starts.
 *
 * A page that wants to call before this script has loaded adds one line:
 *
 *     <script>window.hindsight = window.hindsight || new Proxy({ q: [] }, { get: (h, name) => h[name] || ((...args) => { h.q.push([name, ...args]); }) });</script>
 */

import type { EarlyCall, Forgotten, Hindsight } from "./api";
import { askServer, watchForObstacles } from "./ask";
import { Consent } from "./consent";
import { debug, guard, guardAll, warn } from "./guard";
import type { MakeRecorder, Recorder } from "./handover";
import { randomId } from "./random";
import { Session } from "./session";
import { findScript, readSettings, type Settings, stricter } from "./settings";

/** What a page may say before it is recorded; a page that never starts must not fill the memory. */
const MAX_WAITING = 1000;

class Loader {
  private readonly session: Session;
  private readonly agreed: Consent;
  /** Set while the visitor has still to agree to what the server asks for. */
  private goOn: (() => void) | undefined;
  private readonly tell: (obstacle: string) => void;
  private recorder: Recorder | undefined;
  private waiting: [tag: string, payload: unknown][] = [];
  /** Whether the page wants to be recorded; undefined until it, or its script element, says so. */
  private wanted: boolean | undefined;
  /** Set once this page view will not be recorded whatever happens. */
  private hopeless = false;
  private begun: Promise<void> | undefined;
  private arrival: Promise<void> | undefined;
  private decided: Promise<Settings | undefined> | undefined;
  private fetched: Promise<MakeRecorder | undefined> | undefined;
  private beside: Promise<unknown> | undefined;

  constructor(private readonly page: Settings) {
    this.session = new Session(page.connection);
    this.agreed = new Consent(page.connection);
    this.tell = watchForObstacles(page);
  }

  /** The script element says that recording starts with the page; the dashboard may say that it waits. */
  begin(): void {
    if (!this.mayAsk) {
      this.askFirst();
      return;
    }
    // Most visitors are recorded, so the recorder comes along while the server is asked.
    if (this.page.sample === 1) void this.fetchRecorder();
    this.begun = this.decide().then((settings) => {
      if (this.wanted === undefined && settings?.startsOnLoad !== false) this.start();
    });
  }

  start(): void {
    this.wanted = true;
    if (!this.mayAsk) {
      this.askFirst();
      return;
    }
    this.recorder?.start();
    this.arrival ??= this.arrive();
  }

  stop(): void {
    this.wanted = false;
    this.waiting = [];
    this.recorder?.stop();
  }

  consent(given: boolean): void {
    this.agreed.decide(given, `hindsight.${this.page.connection}`);
    if (!given) this.stop();
    else if (this.wanted) this.start();
    else if (this.page.startsOnLoad && !this.begun) this.begin();
    else if (this.page.startsOnLoad) this.start();
    if (given) this.goOn?.();
  }

  /** Asks the visitor; `again`: also one who has answered. */
  async notice(again: boolean): Promise<void> {
    await this.fetchBeside();
    window.__hindsightBeside?.ask(this.page, again);
  }

  async forgetMe(): Promise<Forgotten> {
    const { own } = this.session;
    this.consent(false);
    await this.fetchBeside();
    return window.__hindsightBeside?.forget(this.page, own) ?? { erased: false };
  }

  say(name: string, payload: unknown): void {
    if (this.hopeless || !this.mayAsk) return;
    // A copy as JSON will carry it: the page may change the object after the call.
    const copy: unknown = JSON.parse(JSON.stringify(payload));
    if (this.recorder) this.recorder.say(`hindsight.${name}`, copy);
    else if (this.waiting.length < MAX_WAITING) this.waiting.push([`hindsight.${name}`, copy]);
  }

  sessionUrl(now: boolean): string {
    if (!this.wanted || this.hopeless || !this.session.id) return "";
    const url = `${this.page.replayUrl}/${this.session.id}`;
    return now ? `${url}?at=${Date.now()}` : url;
  }

  async flush(): Promise<void> {
    await this.begun;
    if (this.goOn) return;
    await this.arrival;
    await this.recorder?.flush();
  }

  /** Where the page itself asks for a yes, the server is not even asked before; a no counts everywhere. */
  private get mayAsk(): boolean {
    const { said } = this.agreed;
    return said === "yes" || (said !== "no" && !this.page.asksConsent);
  }

  private askFirst(): void {
    if (this.page.asksByNotice && !this.agreed.said) void this.notice(false);
  }

  /** Resolves when the recorder runs, or never will. */
  private async arrive(): Promise<void> {
    const recorder = await this.makeRecorder();
    if (!recorder) {
      this.hopeless = true;
      this.waiting = [];
      return;
    }
    // Capturing a page can make the browser fire its load event there and then, so what the page
    // says meanwhile waits behind what it has said before.
    if (this.wanted) recorder.start();
    for (const [tag, payload] of this.waiting.splice(0)) recorder.say(tag, payload);
    this.recorder = recorder;
    if (!this.wanted) recorder.stop();
  }

  private async makeRecorder(): Promise<Recorder | undefined> {
    const settings = await this.decide();
    if (!settings) return undefined;
    if (settings.asksConsent && this.agreed.said !== "yes") {
      this.waiting = [];
      if (settings.asksByNotice) void this.notice(false);
      await new Promise<void>((resolve) => {
        this.goOn = resolve;
      });
      this.goOn = undefined;
    }
    await this.session.makeUpNext();
    this.session.touch();
    if (!this.session.isSampled(settings.sample)) return undefined;
    return (await this.fetchRecorder())?.(settings, this.session);
  }

  /** Nothing is recorded before it is known what may be. */
  private decide(): Promise<Settings | undefined> {
    this.decided ??= askServer(this.page).then((owner) => owner && stricter(this.page, owner));
    return this.decided;
  }

  private fetchRecorder(): Promise<MakeRecorder | undefined> {
    this.fetched ??= new Promise((resolve) => {
      window.__hindsight = resolve;
      void this.load(this.page.recorderUrl).then(() => resolve(undefined));
    });
    return this.fetched;
  }

  private fetchBeside(): Promise<unknown> {
    this.beside ??= this.load(this.page.besideUrl);
    return this.beside;
  }

  /** Resolves when a script has run, or never will. */
  private load(url: string): Promise<unknown> {
    return new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = url;
      script.nonce = this.page.script.nonce;
      // Browsers keep errors to themselves that pass through another site's script, even if they are
      // the page's own. The recorder stands between the page and some of its calls.
      script.crossOrigin = "anonymous";
      script.onload = resolve;
      script.onerror = () => {
        this.tell("load");
        resolve(0);
      };
      (document.head ?? document.documentElement).append(script);
    });
  }
}

/** The page's side of the loader. */
function publish(loader: Loader): Hindsight {
  const idOf = (options?: { id?: string }): string => String(options?.id ?? randomId());
  return guardAll<Hindsight>({
    start: () => loader.start(),
    stop: () => loader.stop(),
    consent: (given) => loader.consent(given === true),
    notice: () => void loader.notice(true),
    forgetMe: () => loader.forgetMe(),
    identify: (id, traits) => loader.say("identify", { id: String(id), traits }),
    track: (name, props) => loader.say("track", { name: String(name), props }),
    prompt(text, options) {
      const id = idOf(options);
      loader.say("prompt", { id, text: String(text), conversation: options?.conversation });
      return id;
    },
    reply(text, options) {
      const id = idOf(options);
      const { to, answered, sources } = options ?? {};
      loader.say("reply", { id, text: String(text), to, answered, sources });
      return id;
    },
    feedback: (id, value) => loader.say("feedback", { id: String(id), value: value < 0 ? -1 : 1 }),
    sessionUrl: (options) => loader.sessionUrl(options?.now ?? false),
    flush: () => loader.flush().catch(debug),
  });
}

/** Makes the calls that were waiting, and from now on those that are still pushed into the old queue. */
function takeOver(queue: EarlyCall[], api: Hindsight): void {
  const call = guard(([method, ...args]: EarlyCall) => {
    const run = (api as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>)[method];
    run?.(...args);
  });
  queue.forEach(call);
  queue.push = (...calls) => {
    calls.forEach(call);
    return queue.length;
  };
}

/** The recorder of the page that embeds this one: it records this page as a part of its own. */
function recorderAround(): Hindsight | undefined {
  try {
    const around = window.parent === window ? undefined : window.parent.hindsight;
    return typeof around?.flush === "function" ? around : undefined;
  } catch {
    // The page around is another site's.
    return undefined;
  }
}

function main(): void {
  const before = window.hindsight;
  const queue = Array.isArray(before?.q) ? before.q : undefined;
  // The page includes the script twice: the first one does the work.
  if (before && !queue) return;
  const around = recorderAround();
  if (around) {
    window.hindsight = around;
    if (queue) takeOver(queue, around);
    return;
  }
  const script = findScript();
  const settings = script && readSettings(script);
  if (!settings) throw new Error("the script element names no connection");
  const loader = new Loader(settings);
  const api = publish(loader);
  window.hindsight = api;
  if (queue) takeOver(queue, api);
  if (settings.startsOnLoad) loader.begin();
}

guard(main, warn)();
