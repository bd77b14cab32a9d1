/** How far each key moves the focus in the list. Enter is the link's own. */
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Moves the focus from row to row with j and k or the arrows. */
export function moveByKeys(): void {
  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined || isTaken(event)) return;
    const link = nextLink(step);
    if (link === undefined) return;
    event.preventDefault();
    link.focus();
    link.closest("tr")?.scrollIntoView({ block: "nearest" });
  });
}

/** Whether a key belongs to the browser or to what has the focus. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return true;
  return (event.target as Element).closest("input, textarea, select, pre, [data-picker][open]") !== null;
}

function nextLink(step: number): HTMLElement | undefined {
  const links = [...document.querySelectorAll<HTMLElement>("a.play")];
  const row = document.activeElement?.closest("tr.session");
  const at = links.findIndex((link) => row?.contains(link));
  return at === -1 ? links[0] : links[at + step];
}
