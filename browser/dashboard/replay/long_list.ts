import { make } from "../element";

/** So many rows are drawn and taken away together. */
const ROWS_IN_CHUNK = 100;

/** Rows this far out of sight are drawn already. */
const MARGIN = "800px 0px";

/** What a row takes as long as none was drawn, in pixels. */
const USUAL_ROW_PX = 28;

interface Chunk {
  box: HTMLElement;
  first: number;
  /** How tall it was when it was drawn the last time. */
  height: number;
  rows: HTMLElement[];
}

/**
 * A list of any length: only what is in sight, and near it, is in the document. Rows may
 * have any height, and stand in the list's own order. The arrow keys go from row to row.
 */
export class LongList<T> {
  items: readonly T[] = [];
  readonly #scroller: HTMLElement;
  readonly #draw: (item: T) => HTMLElement;
  readonly #observer: IntersectionObserver;
  readonly #chunks: Chunk[] = [];
  readonly #chunkOf = new WeakMap<Element, Chunk>();
  #current = -1;

  constructor(scroller: HTMLElement, draw: (item: T) => HTMLElement) {
    this.#scroller = scroller;
    this.#draw = draw;
    this.#observer = new IntersectionObserver((entries) => this.#onSight(entries), {
      root: scroller,
      rootMargin: MARGIN,
    });
    scroller.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Shows these items. Rows up to the first that is another stay as they are. */
  set(items: readonly T[], isSame: (one: T, other: T) => boolean): void {
    let kept = 0;
    const most = Math.min(items.length, this.items.length);
    while (kept < most && isSame(items[kept] as T, this.items[kept] as T)) kept += 1;
    if (kept === items.length && kept === this.items.length) return;
    this.items = items;
    // What is empty is no stop for who goes by keys.
    this.#scroller.tabIndex = items.length === 0 ? -1 : 0;
    const keptChunks = Math.floor(kept / ROWS_IN_CHUNK);
    for (const chunk of this.#chunks.splice(keptChunks)) {
      this.#observer.unobserve(chunk.box);
      chunk.box.remove();
    }
    const boxes: HTMLElement[] = [];
    for (let first = keptChunks * ROWS_IN_CHUNK; first < items.length; first += ROWS_IN_CHUNK) {
      boxes.push(this.#addChunk(first).box);
    }
    this.#scroller.append(...boxes);
    for (const box of boxes) this.#observer.observe(box);
    this.#current = Math.min(this.#current, items.length - 1);
  }

  /** Marks the row of an item as the current one; -1 marks none. */
  mark(index: number): void {
    if (index === this.#current) return;
    this.#drawn(this.#current)?.removeAttribute("aria-current");
    this.#current = index;
    this.#drawn(index)?.setAttribute("aria-current", "true");
  }

  /** Whether the current row is in sight, or there is none. */
  get showsCurrent(): boolean {
    if (this.#current < 0) return true;
    const row = this.#drawn(this.#current)?.getBoundingClientRect();
    const room = this.#scroller.getBoundingClientRect();
    return row !== undefined && row.bottom > room.top && row.top < room.bottom;
  }

  /** Brings the current row into sight, with what comes next. */
  revealCurrent(): void {
    this.#row(this.#current)?.scrollIntoView({ block: "nearest" });
  }

  #addChunk(first: number): Chunk {
    const box = make("div", "chunk");
    box.role = "presentation";
    const count = Math.min(ROWS_IN_CHUNK, this.items.length - first);
    const chunk = { box, first, height: count * USUAL_ROW_PX, rows: [] };
    box.style.height = `${chunk.height}px`;
    this.#chunks.push(chunk);
    this.#chunkOf.set(box, chunk);
    return chunk;
  }

  #onSight(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const chunk = this.#chunkOf.get(target);
      if (chunk && isIntersecting) this.#fill(chunk);
      else if (chunk) this.#empty(chunk);
    }
  }

  #fill(chunk: Chunk): void {
    if (chunk.rows.length > 0) return;
    const items = this.items.slice(chunk.first, chunk.first + ROWS_IN_CHUNK);
    chunk.rows = items.map((item, index) => this.#drawRow(item, chunk.first + index));
    chunk.box.replaceChildren(...chunk.rows);
    chunk.box.style.height = "";
  }

  #empty(chunk: Chunk): void {
    // The focus must not vanish with what holds it.
    if (chunk.rows.length === 0 || chunk.box.contains(document.activeElement)) return;
    chunk.height = chunk.box.offsetHeight || chunk.height;
    chunk.box.style.height = `${chunk.height}px`;
    chunk.box.replaceChildren();
    chunk.rows = [];
  }

  #drawRow(item: T, index: number): HTMLElement {
    const row = this.#draw(item);
    row.role = "listitem";
    row.ariaSetSize = String(this.items.length);
    row.ariaPosInSet = String(index + 1);
    if (index === this.#current) row.setAttribute("aria-current", "true");
    return row;
  }

  /** The row of an item, if it is in the document. */
  #drawn(index: number): HTMLElement | undefined {
    const chunk = this.#chunks[Math.floor(index / ROWS_IN_CHUNK)];
    return chunk?.rows[index - chunk.first];
  }

  /** The row of an item, drawn if it was not. */
  #row(index: number): HTMLElement | undefined {
    const chunk = this.#chunks[Math.floor(index / ROWS_IN_CHUNK)];
    if (chunk) this.#fill(chunk);
    return this.#drawn(index);
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    const row = (event.target as Element).closest("[role=listitem]");
    const at = row === null ? Math.max(0, this.#current) - step : Number(row.ariaPosInSet) - 1;
    const next = this.#row(Math.min(this.items.length - 1, Math.max(0, at + step)));
    next?.querySelector("button")?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  }
}
