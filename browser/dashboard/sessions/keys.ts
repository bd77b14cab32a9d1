/** How far each key moves the focus in the list. Enter is the link's own. */
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Moves the focus from row to row with j and k or the arrows, and to the filter with a slash. */
export function moveByKeys(): void {
  document.addEventListener("keydown", (event) => {
    const next = event.key === "/" ? searchField() : nextLink(STEPS[event.key]);
    if (!next || isTaken(event)) return;
    event.preventDefault();
    next.focus();
    next.closest("tr")?.scrollIntoView({ block: "nearest" });
  });
}

function searchField(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".filter input[name=url]");
}

/** Whether a key belongs to the browser or to what has the focus. */
function isTaken(event: KeyboardEvent): boolean {
  // A slash needs Shift on some keyboards.
  if (event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key !== "/")) return true;
  return (event.target as Element).closest("input, textarea, select, pre, [data-picker][open]") !== null;
}

function nextLink(step: number | undefined): HTMLElement | undefined {
  if (step === undefined) return undefined;
  const links = [...document.querySelectorAll<HTMLElement>("a.play")];
  const row = document.activeElement?.closest("tr.session");
  const at = links.findIndex((link) => row?.contains(link));
  return at === -1 ? links[0] : links[at + step];
}
