import { fetchPage } from "./fetch_page";
import { refreshTimes } from "./time";

/**
 * Brings a part of the page up to date whenever the server says that it has another
 * version. The part is `selector`; its version stands in `data-version`.
 */
export function followVersions(eventName: string, selector: string): void {
  const url = document.querySelector<HTMLElement>("[data-live]")?.dataset.live;
  if (url === undefined) return;
  if (!document.querySelector(selector)) return;
  const source = sourceOf(url);
  let refreshing = false;
  source.addEventListener(eventName, async (event) => {
    const { version } = JSON.parse(event.data) as { version: number | string };
    const shown = document.querySelector<HTMLElement>(selector);
    if (refreshing || shown?.dataset.version === String(version)) return;
    refreshing = true;
    const fresh = (await fetchPage(location.pathname))?.querySelector(selector);
    refreshing = false;
    if (!fresh) return;
    refreshTimes(fresh);
    const focused = shown?.contains(document.activeElement) ? document.activeElement?.id : "";
    shown?.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus();
  });
}

const sources = new Map<string, EventSource>();

/** One connection to the server, however many parts of a page are followed. */
function sourceOf(url: string): EventSource {
  const known = sources.get(url);
  if (known) return known;
  const source = new EventSource(url);
  sources.set(url, source);
  window.addEventListener("pagehide", () => source.close());
  return source;
}
