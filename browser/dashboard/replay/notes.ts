// Notes: written at a moment with `C`, listed beside the stage, marked on the scrubber.
// A link to one is the replay's address with `?note=` and its number.

import type { Note, NoteList } from "../../contracts/notes";
import { element, make } from "../element";
import { clock } from "../time";
import { rememberAuthor } from "./author";
import { NoteItem } from "./note_item";
import type { Playback } from "./playback";
import { isTaken } from "./playback_keys";
import { Declined, post, read } from "./post";

/** Another panel beside the stage. They take turns. */
interface Panel {
  close(): void;
}

const EMPTY = "No notes yet. Press C, or the button above, to write one at this moment.";
const FAILED = "The notes could not be loaded. Open this panel again to try once more.";

/** Makes the notes work. */
export function startNotes(playback: Playback, others: Panel[]): void {
  const notes = new Notes(playback, () => {
    for (const other of others) other.close();
  });
  closeWhenOthersOpen(notes);
  void notes.refresh();
}

/** Whichever way another panel was opened: it takes the place of the notes. */
function closeWhenOthersOpen(notes: Notes): void {
  const watched = new MutationObserver((changes) => {
    if (changes.some(({ target }) => (target as HTMLElement).hidden === false)) notes.close();
  });
  for (const panel of document.querySelectorAll(".replay-middle > aside:not(#notes)")) {
    watched.observe(panel, { attributeFilter: ["hidden"] });
  }
}

class Notes {
  private readonly panel = element("notes");
  private readonly toggle = element("notes-toggle");
  private readonly form = element<HTMLFormElement>("note-form");
  private readonly text = element<HTMLTextAreaElement>("note-text");
  private readonly problem = element("note-problem");
  private readonly list = element("note-list");
  private readonly words = element("note-words");
  private readonly marks = make("div", "note-marks");
  private readonly url = this.panel.dataset.url ?? "";
  private items: NoteItem[] = [];
  /** Where the note that is being written stands. */
  private at_ms = 0;
  /** The note that a link leads to, until it was shown. */
  private wanted = Number(new URL(location.href).searchParams.get("note"));
  private drawn = -1;

  constructor(
    private readonly playback: Playback,
    private readonly closeOthers: () => void,
  ) {
    document.querySelector(".scrubber-room")?.append(this.marks);
    rememberAuthor(element<HTMLInputElement>("note-author"));
    this.toggle.addEventListener("click", () => (this.panel.hidden ? this.open() : this.close()));
    element("notes-close").addEventListener("click", () => this.close());
    element("note-new").addEventListener("click", () => this.begin());
    element("note-cancel").addEventListener("click", () => this.giveUp());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.write();
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
      if (event.key === "Escape") this.giveUp();
    });
    document.addEventListener("keydown", (event) => {
      if (isTaken(event) || event.repeat) return;
      if (event.key === "Escape") this.close();
      if (event.key.toLowerCase() !== "c") return;
      event.preventDefault();
      this.begin();
    });
    playback.onChange(({ duration_ms, at_ms }) => {
      if (duration_ms !== this.drawn) this.mark();
      for (const item of this.items) item.follow(at_ms);
    });
  }

  open(): void {
    this.closeOthers();
    this.panel.hidden = false;
    this.toggle.setAttribute("aria-expanded", "true");
    if (this.items.length === 0) void this.refresh();
  }

  close(): void {
    if (this.panel.hidden) return;
    // The focus must not vanish with what held it.
    if (this.panel.contains(document.activeElement)) this.toggle.focus();
    this.panel.hidden = true;
    this.toggle.setAttribute("aria-expanded", "false");
  }

  /** Shows what the server has. */
  async refresh(): Promise<void> {
    const answer = await read<NoteList>(`${this.url}.json`);
    if (answer === null) {
      if (this.items.length === 0) this.words.textContent = FAILED;
      return;
    }
    const fresh = answer.notes.map((note) => this.item(note));
    this.items = fresh;
    this.list.replaceChildren(...fresh.map((item) => item.row));
    this.words.textContent = fresh.length === 0 ? EMPTY : "";
    this.showCount();
    this.mark();
    this.showWanted();
  }

  private item(note: Note): NoteItem {
    return new NoteItem(note, `${this.url}/${note.id}`, {
      seek: () => this.playback.seek(note.at_ms),
      changed: () => void this.refresh(),
      counted: () => {
        this.showCount();
        this.mark();
      },
    });
  }

  /** Begins a note at the present moment. */
  private begin(): void {
    if (!this.playback.state.loaded) return;
    if (this.playback.state.playing && !this.playback.state.finished) this.playback.toggle();
    this.open();
    if (this.form.hidden) this.at_ms = this.playback.state.at_ms;
    element("note-at").textContent = clock(this.at_ms);
    this.form.hidden = false;
    this.text.focus();
  }

  private giveUp(): void {
    this.form.hidden = true;
    this.problem.textContent = "";
    element("note-new").focus();
  }

  private async write(): Promise<void> {
    const author = element<HTMLInputElement>("note-author").value;
    try {
      await post(this.url, { at_ms: String(Math.floor(this.at_ms)), text: this.text.value, author });
    } catch (error) {
      this.problem.textContent = error instanceof Declined ? error.message : String(error);
      return;
    }
    this.text.value = "";
    this.giveUp();
    await this.refresh();
  }

  private showCount(): void {
    const count = this.items.filter((item) => item.isThere).length;
    const badge = element("notes-count");
    badge.textContent = String(count);
    badge.hidden = count === 0;
    this.toggle.setAttribute("aria-label", count === 0 ? "Notes" : `Notes: ${count}`);
  }

  private mark(): void {
    const { duration_ms } = this.playback.state;
    this.drawn = duration_ms;
    if (duration_ms === 0) return;
    const there = this.items.filter((item) => item.isThere);
    this.marks.replaceChildren(...there.map((item) => this.markOf(item, duration_ms)));
  }

  private markOf(item: NoteItem, duration_ms: number): HTMLElement {
    const { at_ms, text } = item.note;
    const mark = make("button", "note-mark");
    mark.type = "button";
    mark.tabIndex = -1;
    mark.title = `${clock(at_ms)} ${text.slice(0, 200)}`;
    mark.setAttribute("aria-label", mark.title);
    mark.style.left = `${Math.min(100, (100 * at_ms) / duration_ms)}%`;
    mark.addEventListener("click", () => {
      this.playback.seek(at_ms);
      this.open();
      item.show();
    });
    return mark;
  }

  private showWanted(): void {
    const item = this.items.find(({ note }) => note.id === this.wanted);
    if (item === undefined) return;
    this.wanted = 0;
    this.open();
    item.show();
  }
}
