/** How far each key moves the focus in the feed. Enter is the link's own. */
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/**
 * Moves the focus from entry to entry with j and k or the arrows; a full stop shows what
 * has arrived meanwhile.
 */
export function moveThroughFeed(): void {
  document.addEventListener("keydown", (event) => {
    if (isTaken(event)) return;
    const step = STEPS[event.key];
    if (event.key === ".") {
      const news = document.querySelector<HTMLElement>("[data-news]:not([hidden])");
      news?.click();
      if (news) event.preventDefault();
    } else if (step !== undefined) {
      const next = nextLink(step);
      if (!next) return;
      event.preventDefault();
      next.focus();
      next.closest("[data-entry]")?.scrollIntoView({ block: "nearest" });
    }
  });
}

/** Whether a key belongs to the browser or to what has the focus. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return true;
  return (event.target as Element).closest("input, textarea, select, pre, [data-picker][open]") !== null;
}

/** The link of the next entry that has one. */
function nextLink(step: number): HTMLElement | undefined {
  const entries = [...document.querySelectorAll("[data-entry]")].filter((entry) => linkOf(entry));
  const at = entries.findIndex((entry) => entry.contains(document.activeElement));
  const next = at === -1 ? entries[0] : entries[at + step];
  return next && linkOf(next);
}

function linkOf(entry: Element): HTMLElement | undefined {
  return entry.querySelector<HTMLElement>(".entry-watch") ?? undefined;
}
