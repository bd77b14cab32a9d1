// The sessions page while it is open: the server says when a total changes, and
// the page fetches itself again to learn what did.
//
// Rows that stand on the page are brought up to date where they stand. New ones
// are only announced: a list must not move under the eyes of who reads it.

import { enableCopyButtons } from "../clipboard";
import { fetchPage } from "../fetch_page";
import { refreshTimes } from "../time";
import { updateChart } from "./chart";

/** A busy connection changes its totals all the time; the list follows at this pace. */
const REFRESH_EVERY_MS = 3000;

/** The data of a `totals` event. */
interface Totals {
  total: number;
  active: number;
  completed: number;
  events: number;
}

const GROUPED = new Intl.NumberFormat("en-US");

/** Follows the connection's totals whenever somebody looks at the page. */
export function watchSessions(): void {
  const url = document.querySelector<HTMLElement>("[data-live]")?.dataset.live;
  if (url === undefined) return;
  const refresh = paced(refreshPage, REFRESH_EVERY_MS);
  whileVisible(() => {
    const source = new EventSource(url);
    source.addEventListener("totals", (event) => {
      if (showTotals(JSON.parse(event.data) as Totals)) refresh();
    });
    return () => source.close();
  });
}

/**
 * Runs something that lasts, except while the page is hidden: browsers allow few
 * connections to one server, and forgotten tabs would take them all.
 */
function whileVisible(start: () => () => void): void {
  let stop: (() => void) | undefined;
  const follow = () => {
    stop?.();
    stop = document.hidden ? undefined : start();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

/** Answers whether anything is not as it was. */
function showTotals(totals: Totals): boolean {
  let changed = false;
  for (const [name, value] of Object.entries(totals)) {
    const shown = document.querySelector(`[data-total="${name}"]`);
    const text = GROUPED.format(value);
    if (shown === null || shown.textContent === text) continue;
    shown.textContent = text;
    changed = true;
  }
  return changed;
}

/** Whether the page still shows how to record the first session. */
function isWaiting(): boolean {
  return document.querySelector(".first-session") !== null;
}

async function refreshPage(): Promise<void> {
  const fresh = await fetchPage(location.href);
  const main = fresh?.querySelector("main");
  if (!main) return;
  refreshTimes(main);
  if (isWaiting()) {
    if (main.querySelector(".first-session") === null) replaceMain(main);
    return;
  }
  updateCounts(main);
  updateChart(main);
  updateRows(main);
}

function replaceMain(main: Element): void {
  document.querySelector("main")?.replaceWith(main);
  enableCopyButtons(main);
}

/** The figures beside the filters. */
function updateCounts(main: Element): void {
  for (const filter of main.querySelectorAll<HTMLElement>("[data-filter]")) {
    const shown = document.querySelector(`[data-filter="${filter.dataset.filter}"] .count`);
    if (shown) shown.textContent = filter.querySelector(".count")?.textContent ?? "";
  }
}

function updateRows(main: Element): void {
  const rows = new Map(allRows(document).map((row) => [row.dataset.session, row]));
  const newest = Math.max(...[...rows.values()].map(startOf));
  let unseen = 0;
  for (const row of allRows(main)) {
    const shown = rows.get(row.dataset.session);
    if (shown) updateRow(shown, row);
    // An older one has only moved up, in place of one that the filter no longer lets through.
    else if (startOf(row) >= newest) unseen += 1;
  }
  announce(unseen);
}

/** When a row's session started. */
function startOf(row: HTMLTableRowElement): number {
  return Number(row.dataset.started);
}

function allRows(root: ParentNode): HTMLTableRowElement[] {
  return [...root.querySelectorAll<HTMLTableRowElement>("tr.session")];
}

/** Cell by cell: the link that may have the focus, or be under the pointer, stays. */
function updateRow(shown: HTMLTableRowElement, row: HTMLTableRowElement): void {
  const fresh = [...row.cells];
  for (const [index, cell] of [...shown.cells].entries()) {
    const other = fresh[index];
    if (other && !cell.isEqualNode(other)) cell.replaceWith(other);
  }
}

/** Offers the new sessions, on the page where they would stand. */
function announce(unseen: number): void {
  const link = document.querySelector<HTMLElement>("[data-news]");
  const query = new URLSearchParams(location.search);
  if (link === null || unseen === 0 || ["before", "after", "sort"].some((name) => query.has(name))) return;
  link.textContent = unseen === 1 ? "1 new session" : `${unseen} new sessions`;
  link.hidden = false;
}

/**
 * Runs `work` after each call, but never twice within `pauseMs`; what was asked
 * for in between is done once.
 */
function paced(work: () => Promise<void>, pauseMs: number): () => void {
  let wanted = false;
  let busy = false;
  const run = async () => {
    if (!wanted || busy) return;
    wanted = false;
    busy = true;
    await work();
    setTimeout(() => {
      busy = false;
      void run();
    }, pauseMs);
  };
  return () => {
    wanted = true;
    void run();
  };
}
