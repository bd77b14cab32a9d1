// Choosing sessions of the list, for what is done with several at once.

/** The box that a click with Shift, or a key with it, chooses from. */
let from: HTMLInputElement | null = null;

/** Counts what is chosen, and chooses all or many by one click. */
export function chooseSessions(): void {
  const list = document.querySelector<HTMLFormElement>("[data-list]");
  if (list === null) return;
  const all = list.querySelector<HTMLInputElement>("[data-choose-all]");
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes()) box.checked = all.checked;
      showCount();
    });
  }
  list.addEventListener("click", (event) => {
    if (isBox(event.target)) choose(event.target, event.shiftKey);
  });
  list.addEventListener("change", showCount);
  // A browser may fill the boxes in again when it goes back to the page.
  window.addEventListener("pageshow", showCount);
  showCount();
}

/** Chooses the session of a row, or no longer; with all those from the last one on. */
export function toggleChosen(row: Element | null | undefined, withThoseBetween: boolean): void {
  const box = row?.querySelector<HTMLInputElement>("input[name=session]");
  if (!box) return;
  box.checked = !box.checked;
  choose(box, withThoseBetween);
  showCount();
}

/** Answers whether anything was chosen. */
export function chooseNothing(): boolean {
  const chosen = boxes().filter((box) => box.checked);
  for (const box of chosen) box.checked = false;
  showCount();
  return chosen.length > 0;
}

function choose(box: HTMLInputElement, withThoseBetween: boolean): void {
  const all = boxes();
  if (withThoseBetween && from && all.includes(from)) {
    const [first = 0, last = 0] = [all.indexOf(from), all.indexOf(box)].sort((a, b) => a - b);
    for (const between of all.slice(first, last + 1)) between.checked = box.checked;
  }
  from = box;
}

function isBox(target: EventTarget | null): target is HTMLInputElement {
  return target instanceof HTMLInputElement && target.name === "session";
}

function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("input[name=session]")];
}

function showCount(): void {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  const shown = document.querySelector("[data-chosen-count]");
  if (shown) shown.textContent = count === 1 ? "1 session" : `${count} sessions`;
  const box = document.querySelector<HTMLInputElement>("[data-choose-all]");
  if (box) {
    box.checked = count > 0 && count === all.length;
    box.indeterminate = count > 0 && count < all.length;
  }
}
