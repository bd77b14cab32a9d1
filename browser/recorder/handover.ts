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

declare global {
  interface Window {
    /** Where the recorder chunk, a script of its own, leaves what the loader waits for. */
    __hindsight?: ((make: MakeRecorder) => void) | undefined;
  }
}
