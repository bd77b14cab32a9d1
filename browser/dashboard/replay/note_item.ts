/** One note in the list: read, changed, deleted and taken back. */

import type { Note } from "../../contracts/notes";
import { copy } from "../clipboard";
import { make } from "../element";
import { clock, refreshTimes } from "../time";
import { noteText } from "./note_text";
import { Declined, post } from "./post";

/** Nearer than this the playback counts as being at the note. */
const NEAR_MS = 1500;

/** How long a button says that it has copied. */
const CONFIRMED_FOR_MS = 1500;

/** What goes on around the note. */
export interface Around {
  seek(): void;
  /** The note has another text. */
  changed(): void;
  /** The note is gone, or there again. */
  counted(): void;
}

export class NoteItem {
  readonly row = make("li", "note");
  isThere = true;

  constructor(
    readonly note: Note,
    private readonly url: string,
    private readonly around: Around,
  ) {
    this.row.id = `note-${note.id}`;
    this.read();
  }

  /** Brings it into sight, and marks it as the one that is meant. */
  show(): void {
    for (const other of document.querySelectorAll(".note[data-shown]")) other.removeAttribute("data-shown");
    this.row.dataset.shown = "";
    this.row.scrollIntoView({ block: "nearest" });
  }

  follow(at_ms: number): void {
    if (Math.abs(at_ms - this.note.at_ms) < NEAR_MS) this.row.setAttribute("aria-current", "true");
    else this.row.removeAttribute("aria-current");
  }

  private read(): void {
    const at = button("note-at", clock(this.note.at_ms), () => this.around.seek());
    at.setAttribute("aria-label", `Go to ${clock(this.note.at_ms)}`);
    const author = make("span", "note-author", this.note.author || "Somebody");
    const written = make("time", "quiet");
    written.dateTime = this.note.written_at;
    const head = make("p", "note-head");
    head.append(at, author, written);
    if (this.note.changed) head.append(make("span", "quiet", "edited"));
    const text = make("p", "note-words");
    text.append(...noteText(this.note.text));
    const actions = make("p", "note-actions");
    const link = button("", "Copy link", () => void this.copyLink(link));
    actions.append(link);
    if (this.note.own) {
      actions.append(
        button("", "Edit", () => this.edit()),
        button("", "Delete", () => void this.remove()),
      );
    }
    this.row.replaceChildren(head, text, actions);
    refreshTimes(this.row);
  }

  private async copyLink(link: HTMLElement): Promise<void> {
    const url = new URL(location.pathname, location.href);
    url.searchParams.set("t", String(Math.floor(this.note.at_ms / 1000)));
    url.searchParams.set("note", String(this.note.id));
    if (!(await copy(url.href))) return;
    link.textContent = "Copied";
    setTimeout(() => {
      link.textContent = "Copy link";
    }, CONFIRMED_FOR_MS);
  }

  private edit(): void {
    const form = make("form", "note-form");
    const text = make("textarea");
    text.value = this.note.text;
    text.maxLength = 2000;
    text.required = true;
    text.setAttribute("aria-label", "Note");
    const problem = make("p", "field-problem");
    problem.setAttribute("role", "alert");
    const save = make("button", "button button-main", "Save");
    const actions = make("p", "note-do");
    actions.append(
      save,
      button("button", "Cancel", () => this.read()),
    );
    form.append(text, problem, actions);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void told(problem, () => post(this.url, { text: text.value })).then((done) => {
        if (done) this.around.changed();
      });
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      if (event.key === "Escape") this.read();
    });
    this.row.replaceChildren(form);
    text.focus();
  }

  private async remove(): Promise<void> {
    const problem = make("p", "field-problem");
    problem.setAttribute("role", "alert");
    this.row.append(problem);
    if (!(await told(problem, () => post(`${this.url}/delete`)))) return;
    this.isThere = false;
    const undo = button("link", "Undo", () => void this.restore());
    const words = make("p", "note-gone", "Note deleted. ");
    words.setAttribute("role", "status");
    words.append(undo);
    this.row.replaceChildren(words);
    undo.focus();
    this.around.counted();
  }

  private async restore(): Promise<void> {
    const problem = make("p", "field-problem");
    this.row.append(problem);
    if (!(await told(problem, () => post(`${this.url}/restore`)))) return;
    this.isThere = true;
    this.read();
    this.around.counted();
  }
}

/** Does it, or says below why it was not done. */
async function told(problem: HTMLElement, work: () => Promise<unknown>): Promise<boolean> {
  problem.textContent = "";
  try {
    await work();
    return true;
  } catch (error) {
    problem.textContent = error instanceof Declined ? error.message : String(error);
    return false;
  }
}

function button(className: string, text: string, act: () => void): HTMLButtonElement {
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}
