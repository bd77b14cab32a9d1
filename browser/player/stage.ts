/**
 * The stage: the document that plays recordings, embedded by the replay page.
 *
 * Recordings come from strangers, so they are played in a document of their
 * own whose content security policy allows this script and nothing else. It has
 * no controls: the page says what to play (see `contracts/replay.ts`).
 */

import type { NoticeKind, ToStage } from "../contracts/replay";
import { Announcer } from "./announcer";
import { listen, tell } from "./messages";
import { Notices } from "./notices";
import { Player, type Settings } from "./player";
import { Recording } from "./recording";
import { Source } from "./source";

let player: Player | null = null;
/** Where the page wants the head; seeks that come faster than frames are not all worth playing. */
let sought: number | null = null;

function load(manifest_url: string, settings: Settings): void {
  player?.close();
  sought = null;
  document.body.replaceChildren();
  const notices = new Notices(notice);
  const source = new Source(() => notices.unreachable(player?.position ?? 0));
  const recording = new Recording(new URL(manifest_url, location.href).href, source);
  player = new Player(recording, document.body, new Announcer(tell), notices, settings);
  void player.start();
}

function notice(kind: NoticeKind, text: string, at_ms: number): void {
  tell({ type: "notice", kind, text, at_ms: Math.floor(at_ms) });
  if (kind === "unplayable") putIntoWords(text);
}

function putIntoWords(text: string): void {
  const words = document.createElement("p");
  words.className = "words";
  words.textContent = text;
  document.body.replaceChildren(words);
}

function seek(at_ms: number): void {
  if (sought === null) requestAnimationFrame(seekOn);
  sought = at_ms;
}

function seekOn(): void {
  const at_ms = sought;
  sought = null;
  if (at_ms !== null) player?.seek(at_ms);
}

function obey(message: ToStage): void {
  if (message.type !== "seek") seekOn();
  switch (message.type) {
    case "load":
      load(message.manifest_url, message);
      break;
    case "play":
      player?.play();
      break;
    case "pause":
      player?.pause();
      break;
    case "seek":
      seek(message.at_ms);
      break;
    case "speed":
      player?.setSpeed(message.speed);
      break;
    case "skip-idle":
      player?.setSkipIdle(message.on);
      break;
    case "highlight":
      player?.highlight(message.selector);
  }
}

listen(obey);
window.addEventListener("resize", () => player?.fit());
window.addEventListener("error", () => player?.recover());
document.addEventListener("visibilitychange", () => player?.setVisible(!document.hidden));
tell({ type: "ready" });
