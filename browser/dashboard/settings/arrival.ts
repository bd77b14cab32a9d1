import { fetchPage } from "../fetch_page";

/** Says that it works as soon as a connection has its first session. */
export function waitForFirstSession(): void {
  const url = document.querySelector<HTMLElement>("[data-wait]")?.dataset.wait;
  if (url === undefined) return;
  const source = new EventSource(url);
  source.addEventListener("totals", async (event) => {
    if ((JSON.parse(event.data) as { total: number }).total === 0) return;
    source.close();
    const fresh = (await fetchPage(location.pathname))?.querySelector("#arrival");
    const shown = document.querySelector("#arrival");
    // The region stays, so that what is new in it is read out.
    if (fresh && shown) shown.replaceChildren(...fresh.childNodes);
  });
  window.addEventListener("pagehide", () => source.close());
}
