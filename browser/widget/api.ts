/** What a page can say to the widget, as `window.hindsight.widget`. */

import type { EarlyCall, Hindsight } from "../recorder/api";

export interface Widget {
  open(): void;
  close(): void;
  toggle(): void;
  /** Opens the chat and asks the assistant, as if the visitor had typed it. */
  ask(text: string): void;
}

/** What the widget tells the page, as events of `window`. */
export interface WidgetEvents {
  /** The widget is on the page. */
  "hindsight:ready": undefined;
  "hindsight:open": undefined;
  "hindsight:close": undefined;
  "hindsight:prompt": { id: string; conversation: string; text: string };
  "hindsight:reply": {
    id: string;
    /** The id of the prompt that it answers. */
    to: string;
    text: string;
    answered: boolean;
    sources: { title: string; url: string }[];
  };
}

/** Tells the page. */
export function tell<Name extends keyof WidgetEvents>(name: Name, detail: WidgetEvents[Name]): void {
  window.dispatchEvent(new CustomEvent(name, { detail }));
}

export type { EarlyCall, Hindsight };

declare module "../recorder/api" {
  interface Hindsight {
    /** The chat, where the page includes the widget. */
    widget?: Widget;
  }
}
