import type { FromStage, ToStage } from "../../contracts/replay";
import { element } from "../element";

/** The line to the stage's document. */
export interface Stage {
  send(message: ToStage): void;
  listen(listener: (message: FromStage) => void): void;
}

/**
 * Loads the stage into its frame.
 *
 * The frame gets its address here and not in the markup, so that the stage
 * cannot say that it is ready before somebody listens.
 */
export function embedStage(url: string): Stage {
  const frame = element<HTMLIFrameElement>("stage-frame");
  const listeners: ((message: FromStage) => void)[] = [];
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== location.origin) return;
    for (const listener of listeners) listener(event.data as FromStage);
  });
  frame.src = url;
  return {
    send: (message) => frame.contentWindow?.postMessage(message, location.origin),
    listen: (listener) => listeners.push(listener),
  };
}
