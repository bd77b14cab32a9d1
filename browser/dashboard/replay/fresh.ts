// What the server's page says by now of a visit that has gone on, or of a session that
// plugins have looked at, since this one was opened.

import { enableCopyButtons } from "../clipboard";
import { element } from "../element";
import { fetchPage } from "../fetch_page";
import { refreshTimes } from "../time";

/** Findings are looked for at this pace until there are plugins' words, and then less often. */
const LOOK_EVERY_MS = 5000;
const LOOK_AGAIN_EVERY_MS = 60_000;

const listeners: ((main: Element) => void)[] = [];

/** Calls `listener` with the page's content as it is by now, whenever that was fetched. */
export function onFresh(listener: (main: Element) => void): void {
  listeners.push(listener);
}

/** Brings the page up to date. */
export async function refresh(): Promise<void> {
  const main = (await fetchPage(location.href))?.querySelector("main");
  if (!main) return;
  refreshTimes(main);
  enableCopyButtons(main);
  for (const listener of listeners) listener(main);
}

/** Keeps the page up to date as long as somebody looks at it. */
export function keepFresh(): void {
  const look = async () => {
    if (!document.hidden) await refresh();
    const { analysed } = element("story-findings").dataset;
    window.setTimeout(look, analysed === "true" ? LOOK_AGAIN_EVERY_MS : LOOK_EVERY_MS);
  };
  window.setTimeout(look, LOOK_EVERY_MS);
}
