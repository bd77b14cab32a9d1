import { enableCopyButtons } from "../clipboard";
import { element } from "../element";
import { fetchPage } from "../fetch_page";
import { refreshTimes } from "../time";

/** The panel with the session's facts. */
export interface Facts {
  readonly open: boolean;
  toggle(): void;
  close(): void;
  /** Calls `listener` whenever the panel opens. */
  onOpen(listener: () => void): void;
}

/** Makes the panel open and close. */
export function startFacts(): Facts {
  const panel = element("facts");
  const toggle = element("facts-toggle");
  const listeners: (() => void)[] = [];
  const show = (open: boolean) => {
    panel.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    if (open) for (const listener of listeners) listener();
  };
  const facts: Facts = {
    get open() {
      return !panel.hidden;
    },
    toggle: () => show(panel.hidden !== false),
    close: () => {
      // The focus must not vanish with what held it.
      if (panel.contains(document.activeElement)) toggle.focus();
      show(false);
    },
    onOpen: (listener) => listeners.push(listener),
  };
  toggle.addEventListener("click", facts.toggle);
  element("facts-close").addEventListener("click", facts.close);
  return facts;
}

/** Brings up to date what the page says of a visit that has gone on, or ended, since it was opened. */
export async function refreshFacts(): Promise<void> {
  const fresh = (await fetchPage(location.pathname))?.querySelector("main");
  const rows = fresh?.querySelector("#facts dl")?.children;
  if (!fresh || !rows) return;
  if (!fresh.querySelector(".replay-page .live")) document.querySelector(".replay-page .live")?.remove();
  refreshTimes(fresh);
  enableCopyButtons(fresh);
  const list = element("facts").querySelector("dl");
  const shown = [...(list?.children ?? [])];
  if (shown.length !== rows.length) list?.replaceChildren(...rows);
  else
    for (const [index, row] of [...rows].entries())
      if (!shown[index]?.isEqualNode(row)) shown[index]?.replaceWith(row);
}
