// The panel beside the stage: what plugins found, and what the visitor did. Which of
// both is open stands in the address, as `?panel=`.

import { element } from "../element";
import type { Facts } from "./facts";

/** What the panel can show. */
export type View = "findings" | "events";

/** The panel. */
export interface Story {
  toggle(): void;
  close(): void;
  /** Opens it on one of its views. */
  open(view: View): void;
  /** Calls `listener` whenever a view comes into sight, and at once for one that is. */
  onView(listener: (view: View) => void): void;
}

/** Makes the panel open, close and change its view. It and the session's details take turns. */
export function startStory(facts: Facts): Story {
  const panel = element("story");
  const toggle = element("story-toggle");
  const tabs = [...panel.querySelectorAll<HTMLButtonElement>("[role=tab]")];
  const listeners: ((view: View) => void)[] = [];
  const chosen = () => (tabs.find((tab) => tab.ariaSelected === "true")?.dataset.panel ?? "findings") as View;
  const show = (view: View | null) => {
    panel.hidden = view === null;
    toggle.setAttribute("aria-expanded", String(view !== null));
    keepInUrl(view);
    if (view === null) return;
    facts.close();
    for (const tab of tabs) {
      const selected = tab.dataset.panel === view;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      element(tab.getAttribute("aria-controls") ?? "").hidden = !selected;
    }
    for (const listener of listeners) listener(view);
  };
  const close = () => {
    // The focus must not vanish with what held it.
    if (panel.contains(document.activeElement)) toggle.focus();
    if (!panel.hidden) show(null);
  };
  const story: Story = {
    toggle: () => (panel.hidden ? show(chosen()) : close()),
    close,
    open: show,
    onView: (listener) => {
      listeners.push(listener);
      if (!panel.hidden) listener(chosen());
    },
  };
  toggle.addEventListener("click", story.toggle);
  element("story-close").addEventListener("click", close);
  facts.onOpen(close);
  for (const tab of tabs) tab.addEventListener("click", () => show(tab.dataset.panel as View));
  walkTabsByArrows(tabs);
  return story;
}

function walkTabsByArrows(tabs: HTMLButtonElement[]): void {
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      const next = tabs[(index + 1) % tabs.length];
      next?.click();
      next?.focus();
    });
  }
}

function keepInUrl(view: View | null): void {
  const url = new URL(location.href);
  if (view === null) url.searchParams.delete("panel");
  else url.searchParams.set("panel", view);
  history.replaceState(history.state, "", url);
}
