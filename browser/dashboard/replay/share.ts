// The dialog that makes links to this session, and lists those that work; and the menu of downloads.

import type { MadeShare, Share, ShareList } from "../../contracts/shares";
import { copy } from "../clipboard";
import { element, make } from "../element";
import { clock, refreshTimes } from "../time";
import { rememberAuthor } from "./author";
import type { Playback } from "./playback";
import { Declined, post, read } from "./post";

/** Makes sharing work. */
export function startSharing(playback: Playback): void {
  const dialog = element<HTMLDialogElement>("share");
  const form = element<HTMLFormElement>("share-form");
  const { url = "", shares = "" } = dialog.dataset;
  rememberAuthor(element<HTMLInputElement>("share-author"));
  element("share-open").addEventListener("click", () => {
    prepare(playback);
    dialog.showModal();
    void list(url, shares);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void makeLink(form, url, shares);
  });
  element("share-copy").addEventListener("click", () => void copyLink());
  element("share-link").addEventListener("focus", (event) => (event.target as HTMLInputElement).select());
}

/** The form as it is each time the dialog opens. */
function prepare(playback: Playback): void {
  const { at_ms } = playback.state;
  const start = element<HTMLInputElement>("share-start");
  start.value = String(Math.floor(at_ms));
  start.checked = false;
  element("share-start-words").textContent = `Start at ${clock(at_ms)}`;
  element("share-made").hidden = true;
  element("share-problem").textContent = "";
  element<HTMLInputElement>("share-password").value = "";
}

async function makeLink(form: HTMLFormElement, url: string, shares: string): Promise<void> {
  const problem = element("share-problem");
  const button = form.querySelector<HTMLButtonElement>("button.button-main");
  problem.textContent = "";
  if (button) button.disabled = true;
  try {
    const fields = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
    const made = await post<MadeShare>(`${url}/share`, Object.fromEntries(fields));
    if (made) await show(made);
    element<HTMLInputElement>("share-password").value = "";
    void list(url, shares);
  } catch (error) {
    problem.textContent = error instanceof Declined ? error.message : String(error);
  } finally {
    if (button) button.disabled = false;
  }
}

async function show(made: MadeShare): Promise<void> {
  const link = element<HTMLInputElement>("share-link");
  link.value = made.url;
  element("share-made").hidden = false;
  await copyLink();
  link.focus();
}

async function copyLink(): Promise<void> {
  const copied = await copy(element<HTMLInputElement>("share-link").value);
  element("share-copied").textContent = copied
    ? "Copied. It is shown this once: the server keeps no copy of it."
    : "Copy it now: it is shown this once, and the server keeps no copy of it.";
}

/** Lists the links that work. */
async function list(url: string, shares: string): Promise<void> {
  const answer = await read<ShareList>(`${url}/shares.json`);
  const found = answer?.shares ?? [];
  const items = found.map((share) => item(share, shares, () => void list(url, shares)));
  element("share-list").replaceChildren(...items);
  element("share-list-head").textContent =
    found.length === 0 ? "No link to this session works at present." : "Links that work";
}

function item(share: Share, shares: string, refresh: () => void): HTMLElement {
  const row = make("li");
  const words = make("p");
  const made = make("time");
  made.dateTime = share.made_at;
  const until = make("time");
  until.dateTime = share.expires_at;
  words.append(share.author || "Somebody", ", ", made, share.locked ? ", with a password" : "");
  refreshTimes(words);
  const state = make("p", "quiet");
  const opened = share.opened === 0 ? "not opened yet" : `opened ${times(share.opened)}`;
  until.textContent = new Date(share.expires_at).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  state.append("Works until ", until, `, ${opened}`);
  const end = make("button", "control", "End");
  end.type = "button";
  end.setAttribute("aria-label", `End the link of ${share.author || "somebody"}`);
  end.addEventListener("click", () => void revoke(row, share, shares, refresh));
  const text = make("div");
  text.append(words, state);
  row.append(text, end);
  return row;
}

async function revoke(row: HTMLElement, share: Share, shares: string, refresh: () => void): Promise<void> {
  try {
    await post(`${shares}/${share.id}/revoke`);
  } catch (error) {
    element("share-problem").textContent = error instanceof Declined ? error.message : String(error);
    return;
  }
  const undo = make("button", "link", "Undo");
  undo.type = "button";
  undo.addEventListener("click", () => void post(`${shares}/${share.id}/restore`).then(refresh, refresh));
  const words = make("p", "", "The link works no more. ");
  words.setAttribute("role", "status");
  words.append(undo);
  row.replaceChildren(words);
  undo.focus();
}

function times(count: number): string {
  return count === 1 ? "once" : `${count.toLocaleString("en")} times`;
}

/** The menu of downloads, once it was opened, goes away by itself. */
export function closeMenuWhenLeft(): void {
  const menu = element<HTMLDetailsElement>("downloads");
  document.addEventListener("click", (event) => {
    const isInside = menu.contains(event.target as Node);
    if (!isInside || (event.target as Element).closest("a")) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}
