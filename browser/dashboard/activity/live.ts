// A page with a feed while it is open: the server says when something happened, and the
// page fetches itself again to learn what.
//
// Entries that stand on the page are brought up to date where they stand. New ones are
// only announced, and shown when one asks for them: a feed must not move under the eyes
// of who reads it.

import { enableCopyButtons } from "../clipboard";
import { fetchPage } from "../fetch_page";
import { updateChart } from "../sessions/chart";
import { refreshTimes } from "../time";
import { groupByOwnDays } from "./days";

/** A busy connection changes all the time; the page follows at this pace. */
const REFRESH_EVERY_MS = 1000;

/** The page as it was fetched last, for when one asks to see what is new. */
let latest: Element | undefined;

/** Follows the feed whenever somebody looks at the page. */
export function followFeed(): void {
  const head = document.querySelector<HTMLElement>("[data-live]");
  const url = head?.dataset.live;
  if (url === undefined) return;
  let version = head?.dataset.version;
  let busy = false;
  const refresh = async (wanted: string) => {
    if (busy || wanted === version) return;
    busy = true;
    const main = (await fetchPage(location.href))?.querySelector("main");
    if (main) {
      version = main.querySelector<HTMLElement>("[data-version]")?.dataset.version;
      show(main);
    }
    setTimeout(() => {
      busy = false;
      if (said !== undefined) void refresh(said);
    }, REFRESH_EVERY_MS);
  };
  let said: string | undefined;
  let source: EventSource | undefined;
  // Browsers allow few connections to one server, and forgotten tabs would take them all.
  const follow = () => {
    source?.close();
    source = undefined;
    if (document.hidden) return;
    source = new EventSource(url);
    source.addEventListener("activity", (event) => {
      said = (JSON.parse(event.data) as { version: string }).version;
      void refresh(said);
    });
  };
  document.addEventListener("visibilitychange", follow);
  document.querySelector("[data-news]")?.addEventListener("click", showNews);
  follow();
}

function show(main: Element): void {
  refreshTimes(main);
  groupByOwnDays(main);
  const feed = document.querySelector("[data-feed]");
  // What says how to begin makes room for what has begun.
  if (feed === null) {
    if (main.querySelector("[data-feed]")) replaceMain(main);
    return;
  }
  updateCounts(main);
  updateChart(main);
  latest = main;
  const shown = new Map(entries(feed).map((entry) => [entry.dataset.entry, entry]));
  const newest = placeOf(entries(feed)[0]);
  let unseen = 0;
  for (const entry of entries(main)) {
    const same = shown.get(entry.dataset.entry);
    if (same) update(same, entry);
    else if (placeOf(entry) >= newest) unseen += 1;
  }
  announce(unseen);
}

function entries(root: ParentNode): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>("[data-entry]")];
}

/** When it happened. */
function placeOf(entry: HTMLElement | undefined): number {
  return Number(entry?.dataset.at ?? 0);
}

/** Puts an entry's fresh self in its place, unless it is the same. What is unfolded stays so. */
function update(shown: HTMLElement, fresh: HTMLElement): void {
  if (shown.dataset.state === fresh.dataset.state) return;
  const copy = document.importNode(fresh, true);
  const open = [...shown.querySelectorAll("details")].map((details) => details.open);
  for (const [index, details] of copy.querySelectorAll("details").entries()) {
    details.open = open[index] ?? false;
  }
  const focused = linkIndex(shown);
  shown.replaceWith(copy);
  if (focused !== -1) copy.querySelectorAll<HTMLElement>("a, summary")[focused]?.focus();
}

/** Which of an entry's links has the focus. */
function linkIndex(entry: HTMLElement): number {
  return [...entry.querySelectorAll("a, summary")].indexOf(document.activeElement as Element);
}

/** The figures beside the filters. */
function updateCounts(main: Element): void {
  for (const filter of main.querySelectorAll<HTMLElement>("[data-filter]")) {
    const shown = document.querySelector(`[data-filter="${filter.dataset.filter}"] .count`);
    if (shown) shown.textContent = filter.querySelector(".count")?.textContent ?? "";
  }
}

/** Offers what is new, on the page where it would stand. */
function announce(unseen: number): void {
  const link = document.querySelector<HTMLElement>("[data-news]");
  const query = new URLSearchParams(location.search);
  if (link === null || unseen === 0 || query.has("before") || query.has("after")) return;
  link.textContent = `${unseen} new`;
  link.title = "Show them (full stop)";
  link.hidden = false;
}

/** Shows what was announced, in the place of the page as it was. */
function showNews(event: Event): void {
  if (latest === undefined) return;
  event.preventDefault();
  const known = new Set(entries(document).map((entry) => entry.dataset.entry));
  const feed = document.querySelector("[data-feed]");
  const fresh = latest.querySelector("[data-feed]");
  latest = undefined;
  if (!feed || !fresh) return;
  for (const entry of entries(fresh)) {
    if (!known.has(entry.dataset.entry)) entry.classList.add("is-new");
  }
  feed.replaceWith(fresh);
  (event.currentTarget as HTMLElement).hidden = true;
  window.scrollTo({ top: 0 });
  entries(fresh)[0]?.querySelector<HTMLElement>(".entry-watch")?.focus({ preventScroll: true });
}

function replaceMain(main: Element): void {
  document.querySelector("main")?.replaceWith(main);
  document.querySelector("[data-news]")?.addEventListener("click", showNews);
  enableCopyButtons(main);
}
