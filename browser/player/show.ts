/** A show: recordings played into an element, as somebody says. Where they come from is up to whoever starts it. */

import type { FromStage, NoticeKind, ToStage } from "../contracts/replay";
import { Announcer } from "./announcer";
import { Notices } from "./notices";
import { Player, type Settings } from "./player";
import { Recording } from "./recording";
import type { Reads } from "./source";

/** What a show needs. */
export interface Setting {
  /** What the recorded pages are drawn in. */
  root: HTMLElement;
  /** Hears what is played. */
  tell: (message: FromStage) => void;
  /** Where recordings are read from; `onUnreachable` is to be called when that does not answer. */
  source: (onUnreachable: () => void) => Reads;
}

/** Starts a show that plays nothing yet; answers what takes its orders. */
export function startShow({ root, tell, source }: Setting): (order: ToStage) => void {
  let player: Player | null = null;
  /** Where the head is wanted; seeks that come faster than frames are not all worth playing. */
  let sought: number | null = null;

  const notice = (kind: NoticeKind, text: string, at_ms: number) => {
    tell({ type: "notice", kind, text, at_ms: Math.floor(at_ms) });
    if (kind === "unplayable") root.replaceChildren(inWords(text));
  };
  const load = (manifest_url: string, settings: Settings) => {
    player?.close();
    sought = null;
    root.replaceChildren();
    const notices = new Notices(notice);
    const reads = source(() => notices.unreachable(player?.position ?? 0));
    const recording = new Recording(new URL(manifest_url, location.href).href, reads);
    player = new Player(recording, root, new Announcer(tell), notices, settings);
    void player.start();
  };
  const seekOn = () => {
    const at_ms = sought;
    sought = null;
    if (at_ms !== null) player?.seek(at_ms);
  };
  const seek = (at_ms: number) => {
    if (sought === null) requestAnimationFrame(seekOn);
    sought = at_ms;
  };
  window.addEventListener("resize", () => player?.fit());
  window.addEventListener("error", () => player?.recover());
  document.addEventListener("visibilitychange", () => player?.setVisible(!document.hidden));
  return (order) => {
    if (order.type !== "seek") seekOn();
    switch (order.type) {
      case "load":
        load(order.manifest_url, order);
        break;
      case "play":
        player?.play();
        break;
      case "pause":
        player?.pause();
        break;
      case "seek":
        seek(order.at_ms);
        break;
      case "speed":
        player?.setSpeed(order.speed);
        break;
      case "skip-idle":
        player?.setSkipIdle(order.on);
        break;
      case "highlight":
        player?.highlight(order.selector);
    }
  };
}

function inWords(text: string): HTMLElement {
  const words = document.createElement("p");
  words.className = "words";
  words.textContent = text;
  return words;
}
