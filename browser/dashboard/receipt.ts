/** What a receipt gains with script: a button that prints it, and how far the erasing is. */

import { fetchPage } from "./fetch_page";
import { closePickerWhenLeft } from "./sessions/picker";

const LOOK_EVERY_MS = 1500;

function offerPrinting(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

async function followWork(): Promise<void> {
  const shown = document.querySelector<HTMLElement>("#receipt[data-open]");
  if (!shown) return;
  const fresh = (await fetchPage(location.pathname))?.querySelector<HTMLElement>("#receipt");
  if (fresh && fresh.dataset.version !== shown.dataset.version) {
    shown.replaceWith(fresh);
    offerPrinting();
  }
  setTimeout(followWork, LOOK_EVERY_MS);
}

closePickerWhenLeft();
offerPrinting();
setTimeout(followWork, LOOK_EVERY_MS);
