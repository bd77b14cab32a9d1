/** The panels beside a guest's replay, of which one is open at a time. */

import { element } from "../dashboard/element";

/** A panel. */
export interface Panel {
  toggle(): void;
  close(): void;
}

/** Makes panels open and close by the buttons that are theirs; those that are not there do nothing. */
export function startPanels(...names: { panel: string; toggle: string; close: string }[]): Panel[] {
  const panels: Panel[] = [];
  for (const name of names) {
    const panel = document.getElementById(name.panel);
    if (panel === null) {
      panels.push({ toggle: () => undefined, close: () => undefined });
      continue;
    }
    const toggle = element(name.toggle);
    const show = (open: boolean) => {
      // The focus must not vanish with what held it.
      if (!open && panel.contains(document.activeElement)) toggle.focus();
      if (open) for (const other of panels) other.close();
      panel.hidden = !open;
      toggle.setAttribute("aria-expanded", String(open));
    };
    const made = { toggle: () => show(panel.hidden !== false), close: () => show(false) };
    toggle.addEventListener("click", made.toggle);
    element(name.close).addEventListener("click", made.close);
    panels.push(made);
  }
  return panels;
}
