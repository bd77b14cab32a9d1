/**
 * What the reports pages gain with script: times in the reader's own zone that stay
 * true, and a list that follows what is being made.
 */

import { forgetWhatIsDone } from "./done_note";
import { fetchPage } from "./fetch_page";
import { closePickerWhenLeft } from "./sessions/picker";
import { keepTimesFresh, refreshTimes } from "./time";

keepTimesFresh();
closePickerWhenLeft();
forgetWhatIsDone();
followReports();
chooseOwnDays();

/** Brings the list up to date whenever the server says that it has another version. */
function followReports(): void {
  const url = document.querySelector<HTMLElement>("[data-live]")?.dataset.live;
  if (url === undefined) return;
  const source = new EventSource(url);
  let refreshing = false;
  source.addEventListener("reports", async (event) => {
    const { version } = JSON.parse(event.data) as { version: number };
    const shown = document.querySelector<HTMLElement>("#reports");
    if (refreshing || shown?.dataset.version === String(version)) return;
    refreshing = true;
    const fresh = (await fetchPage(location.pathname))?.querySelector("#reports");
    refreshing = false;
    if (!fresh) return;
    refreshTimes(fresh);
    shown?.replaceWith(fresh);
  });
  window.addEventListener("pagehide", () => source.close());
}

/** Who fills in a day means a period of their own. */
function chooseOwnDays(): void {
  const own = document.querySelector<HTMLInputElement>('.report-period input[value="custom"]');
  for (const day of document.querySelectorAll('.report-period input[type="date"]')) {
    day.addEventListener("input", () => {
      if (own) own.checked = true;
    });
  }
}
