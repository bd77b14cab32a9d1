/** The messages between the replay page and the stage that it embeds. */

import type { FromStage, ToStage } from "../contracts/replay";
import { type Fields, isFields, isNumber } from "./shape";

/** Hears of every message from the page that is well formed. */
export function listen(handle: (message: ToStage) => void): void {
  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== window.parent || origin !== window.location.origin || !isFields(data)) return;
    if (isToStage(data)) handle(data);
  });
}

export function tell(message: FromStage): void {
  window.parent.postMessage(message, window.location.origin);
}

function isToStage(message: Fields): message is Fields & ToStage {
  switch (message.type) {
    case "load":
      return (
        isOwnAddress(message.manifest_url) &&
        isNumber(message.at_ms) &&
        typeof message.autoplay === "boolean" &&
        isSpeed(message.speed) &&
        typeof message.skip_idle === "boolean"
      );
    case "play":
    case "pause":
      return true;
    case "seek":
      return isNumber(message.at_ms);
    case "speed":
      return isSpeed(message.speed);
    case "skip-idle":
      return typeof message.on === "boolean";
    case "highlight":
      return message.selector === null || typeof message.selector === "string";
    default:
      return false;
  }
}

function isSpeed(value: unknown): value is number {
  return isNumber(value) && value > 0;
}

function isOwnAddress(value: unknown): boolean {
  const base = window.location.href;
  return (
    typeof value === "string" &&
    URL.canParse(value, base) &&
    new URL(value, base).origin === window.location.origin
  );
}
