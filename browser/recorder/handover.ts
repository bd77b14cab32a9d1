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

/** What the loader leaves for the recorder chunk, which arrives as a script of its own. */
export interface Handover {
  settings: Settings;
  session: Session;
  attach(recorder: Recorder): void;
}

declare global {
  interface Window {
    __hindsight?: Handover | undefined;
  }
}
