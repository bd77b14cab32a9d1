// What was said to the assistant, as a chat that follows the playback. The server writes
// it as a page of its own: Markdown becomes HTML nowhere else.

import { element } from "../element";
import { fetchPage } from "../fetch_page";
import type { Playback } from "./playback";
import type { Story } from "./story";
import { lastBefore } from "./timeline";

const FAILED = "The conversation could not be loaded. Open this tab again to try once more.";

/** The chat beside the stage. */
export interface Conversation {
  /** The recording has grown. */
  grow(): Promise<void>;
}

/** Shows the conversation as soon as it is looked at. */
export function startConversation(url: string, playback: Playback, story: Story): Conversation {
  const panel = element("story-conversation");
  const words = element("conversation-words");
  let turns: { at_ms: number; turn: HTMLElement }[] = [];
  let current: HTMLElement | undefined;
  let state: "unread" | "reading" | "read" = "unread";
  const follow = () => {
    if (panel.hidden) return;
    const said = turns[lastBefore(turns, playback.state.at_ms)]?.turn;
    if (said === current) return;
    current?.removeAttribute("aria-current");
    said?.setAttribute("aria-current", "true");
    current = said;
    // Whoever is in the chat reads it, and is not pulled away.
    if (!panel.matches(":hover, :focus-within")) said?.scrollIntoView({ block: "nearest" });
  };
  const read = async () => {
    if (state === "reading") return;
    state = "reading";
    const chat = (await fetchPage(url))?.querySelector("#chat");
    state = chat ? "read" : "unread";
    words.textContent = chat ? "" : FAILED;
    const shown = panel.querySelector("#chat");
    if (!chat || shown?.isEqualNode(chat)) return;
    if (shown) shown.replaceWith(chat);
    else panel.append(chat);
    turns = [...chat.querySelectorAll<HTMLElement>(".turn")].map((turn) => ({
      at_ms: Number(turn.dataset.at),
      turn,
    }));
    current = undefined;
    follow();
  };
  panel.addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a.turn-at");
    const turn = link?.closest<HTMLElement>(".turn");
    if (!turn || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    playback.seek(Number(turn.dataset.at));
  });
  story.onView((view) => {
    if (view !== "conversation") return;
    if (state === "unread") void read();
    follow();
  });
  playback.onChange(follow);
  return { grow: async () => (state === "unread" ? undefined : read()) };
}
