import { element, make } from "../element";
import type { Playback } from "./playback";

/** As in `templates/components/page_address.html`: so much of the end always stays. */
const TAIL = 12;
const SHORT = 16;

/** Shows which page is on the stage, and lets it be copied. */
export function showAddress(playback: Playback): void {
  const address = element("page-address");
  const copyButton = element("copy-page");
  let shown = "";
  playback.onChange(({ page_url }) => {
    if (page_url === "" || page_url === shown) return;
    shown = page_url;
    address.title = page_url;
    copyButton.dataset.copy = page_url;
    address.replaceChildren(...addressParts(page_url));
  });
}

function addressParts(url: string): HTMLElement[] {
  const { domain, path } = split(url);
  const parts = [make("span", "address-domain", domain)];
  const cut = path.length > SHORT ? path.length - TAIL : 0;
  if (cut > 0) parts.push(make("span", "address-head", path.slice(0, cut)));
  parts.push(make("span", "address-tail", path.slice(cut)));
  return parts;
}

function split(url: string): { domain: string; path: string } {
  try {
    const { host, pathname, search, hash } = new URL(url);
    return { domain: host, path: pathname + search + hash };
  } catch {
    return { domain: "", path: url };
  }
}
