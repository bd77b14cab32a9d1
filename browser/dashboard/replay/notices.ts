import type { FromStage } from "../../contracts/replay";
import { element, make } from "../element";
import { clock } from "../time";
import type { Playback } from "./playback";
import type { Toast } from "./toast";

type Notice = Extract<FromStage, { type: "notice" }>;

const listed = new Set<string>();

/** Tells the viewer what is wrong with the recording: once over the stage, and for good in the panel. */
export function showNotice(notice: Notice, playback: Playback, toast: Toast): void {
  // What cannot be played at all is said on the stage itself.
  if (notice.kind === "unplayable") return;
  // A server that does not answer says nothing about the recording, and passes.
  if (notice.kind === "unreachable" || listOnce(notice, playback)) toast(notice.text);
}

/** Lists a notice, unless it is there already. */
function listOnce(notice: Notice, playback: Playback): boolean {
  const identity = `${notice.at_ms} ${notice.text}`;
  if (listed.has(identity)) return false;
  listed.add(identity);
  list(notice, playback);
  return true;
}

function list(notice: Notice, playback: Playback): void {
  const notices = element("notices");
  const item = make("li");
  item.append(momentButton(notice.at_ms, playback), make("span", "", notice.text));
  notices.querySelector("ul")?.append(item);
  notices.hidden = false;
  const count = element("notice-count");
  count.textContent = String(listed.size);
  count.hidden = false;
  const said = listed.size === 1 ? "1 notice" : `${listed.size} notices`;
  count.title = said;
}

function momentButton(at_ms: number, playback: Playback): HTMLElement {
  const button = make("button", "", clock(at_ms));
  button.type = "button";
  button.setAttribute("aria-label", `Go to ${clock(at_ms)}`);
  button.addEventListener("click", () => playback.seek(at_ms));
  return button;
}
