import { element } from "../element";

/** The panel with the session's facts. */
export interface Facts {
  readonly open: boolean;
  toggle(): void;
  close(): void;
}

/** Makes the panel open and close. */
export function startFacts(): Facts {
  const panel = element("facts");
  const toggle = element("facts-toggle");
  const show = (open: boolean) => {
    panel.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
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
  };
  toggle.addEventListener("click", facts.toggle);
  element("facts-close").addEventListener("click", facts.close);
  return facts;
}
