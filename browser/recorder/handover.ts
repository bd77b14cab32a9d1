import type { Forgotten } from "./api";
import type { Session } from "./session";
import type { Settings } from "./settings";

/** What the recorder chunk can do for the loader. */
export interface Recorder {
  start(): void;
  stop(): void;
  /** Adds something the page said to the recording. */
  say(tag: string, payload: unknown): void;
  flush(): Promise<void>;
}

/** Makes a recorder; nothing if something is wrong with the settings, which it has said then. */
export type MakeRecorder = (settings: Settings, session: Session) => Recorder | undefined;

/** What few pages need, in a script of its own. */
export interface Beside {
  /** Asks whether the visitor agrees; `again`: also one who has said so. */
  ask(page: Settings, again: boolean): void;
  forget(page: Settings, own: string | undefined): Promise<Forgotten>;
}

declare global {
  interface Window {
    /** Where that script leaves it. */
    __hindsightBeside?: Beside;
    /** Where the recorder chunk, a script of its own, leaves what the loader waits for. */
    __hindsight?: ((make: MakeRecorder) => void) | undefined;
  }
}
