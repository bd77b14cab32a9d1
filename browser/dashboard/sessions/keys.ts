// The keys of the list. `templates/components/sessions_help.html` lists them.

import { chooseNothing, toggleChosen } from "./choose";

/** How far each key moves the focus in the list. Enter is the link's own. */
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Moves from row to row with j and k or the arrows, chooses, searches and helps by key. */
export function moveByKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (isTaken(event)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (act(key, event.shiftKey)) event.preventDefault();
  });
}

/** Answers whether the key means something. */
function act(key: string, shift: boolean): boolean {
  const step = STEPS[key];
  if (step !== undefined) return move(step);
  switch (key) {
    case "/":
      return focus(document.querySelector<HTMLElement>(".filter input[name=q]"));
    case "x":
      if (focusedRow() === null) return false;
      toggleChosen(focusedRow(), shift);
      return true;
    case "f":
      return openFilters();
    case "?":
      document.querySelector<HTMLDialogElement>("#help")?.showModal();
      return true;
    case "Escape":
      return chooseNothing();
    default:
      return false;
  }
}

/** Whether a key belongs to the browser or to what has the focus. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  // A slash and a question mark need Shift on some keyboards.
  if (event.shiftKey && !["/", "?", "X"].includes(event.key)) return true;
  const target = event.target as Element;
  if (target.matches("input[type=checkbox]")) return false;
  return (
    target.closest("input, textarea, select, pre, dialog, [data-picker][open], [data-popover][open]") !== null
  );
}

function move(step: number): boolean {
  const stops = [...document.querySelectorAll<HTMLElement>("tr.session a.play")];
  const row = focusedRow();
  const at = stops.findIndex((stop) => row?.contains(stop));
  const next = at === -1 ? stops[0] : stops[at + step];
  next?.closest("tr")?.scrollIntoView({ block: "nearest" });
  return focus(next);
}

function focusedRow(): Element | null {
  return document.activeElement?.closest("tr.session") ?? null;
}

function openFilters(): boolean {
  const filters = document.querySelector<HTMLDetailsElement>(".filter-more");
  if (filters === null) return false;
  filters.open = true;
  return focus(filters.querySelector<HTMLElement>("input, select"));
}

function focus(element: HTMLElement | null | undefined): boolean {
  element?.focus();
  return element !== null && element !== undefined;
}
