// The panel beside the stage, with a tab for each way to read the session. Which of them
// is open stands in the address, as `?panel=`; where it says nothing, what was open last.

import { element } from "../element";
import { forgetful } from "./forgetful";

/** What the panel can show: the tabs' `data-panel`. */
export type View = string;

const OPEN_KEY = "hindsight.replay-panel";
const CLOSED = "none";

/** Windows at least this wide have room for the panel beside the stage. */
const ROOMY = "(min-width: 75rem)";

/** The panel. */
export interface Story {
  toggle(): void;
  close(): void;
  /** Opens it on one of its views. */
  open(view: View): void;
  /** Opens it on a view, or closes it if that is open. */
  toggleView(view: View): void;
  /** Opens the tab at this place, from 0. */
  openAt(place: number): void;
  /** Calls `listener` whenever a view comes into sight, and at once for one that is. */
  onView(listener: (view: View) => void): void;
  /** Says on its tab how much a view holds; "" says nothing. */
  count(view: View, text: string): void;
}

/** Makes the panel open, close and change its view. */
export function startStory(): Story {
  const panel = element("story");
  const toggle = element("story-toggle");
  const tabs = [...panel.querySelectorAll<HTMLButtonElement>("[role=tab]")];
  const listeners: ((view: View) => void)[] = [];
  const tabOf = (view: View) => tabs.find((tab) => tab.dataset.panel === view);
  const chosen = () => tabs.find((tab) => tab.ariaSelected === "true")?.dataset.panel ?? "events";
  const show = (view: View | null, isChosen = true) => {
    const isOther = panel.hidden !== false || view !== chosen();
    panel.hidden = view === null;
    toggle.setAttribute("aria-expanded", String(view !== null));
    // What opens by itself is no news to the address.
    if (isChosen) keep(view, isOther);
    if (view === null) return;
    for (const tab of tabs) {
      const selected = tab.dataset.panel === view;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      element(tab.getAttribute("aria-controls") ?? "").hidden = !selected;
    }
    for (const listener of listeners) listener(view);
  };
  const close = () => {
    if (panel.hidden) return;
    // The focus must not vanish with what held it.
    if (panel.contains(document.activeElement)) toggle.focus();
    show(null);
  };
  const story: Story = {
    toggle: () => (panel.hidden ? show(chosen()) : close()),
    close,
    open: (view) => show(view),
    toggleView: (view) => (!panel.hidden && chosen() === view ? close() : show(view)),
    openAt: (place) => {
      const view = tabs[place]?.dataset.panel;
      if (view !== undefined) show(view);
    },
    onView: (listener) => {
      listeners.push(listener);
      if (!panel.hidden) listener(chosen());
    },
    count: (view, text) => {
      const counter = tabOf(view)?.querySelector(".count");
      if (counter) counter.textContent = text;
    },
  };
  toggle.addEventListener("click", story.toggle);
  element("story-close").addEventListener("click", close);
  for (const tab of tabs) tab.addEventListener("click", () => show(tab.dataset.panel ?? "events"));
  walkTabsByArrows(tabs);
  const remembered = rememberedView();
  if (panel.hidden && remembered !== null && tabOf(remembered)) show(remembered, false);
  return story;
}

/** What was open the last time; with enough room the list of events is open the first time. */
function rememberedView(): View | null {
  const kept = forgetful.get(OPEN_KEY);
  if (!matchMedia(ROOMY).matches || kept === CLOSED) return null;
  return kept ?? "events";
}

function walkTabsByArrows(tabs: HTMLButtonElement[]): void {
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (step === undefined || event.shiftKey) return;
      event.preventDefault();
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next?.click();
      next?.focus();
    });
  }
}

/** Keeps what is open in the address and for the next replay. What narrows a list is that list's own. */
function keep(view: View | null, isOther: boolean): void {
  forgetful.set(OPEN_KEY, view ?? CLOSED);
  const url = new URL(location.href);
  if (view === null) url.searchParams.delete("panel");
  else url.searchParams.set("panel", view);
  if (isOther && view !== new URLSearchParams(location.search).get("panel")) {
    url.searchParams.delete("find");
    url.searchParams.delete("show");
  }
  history.replaceState(history.state, "", url);
}
