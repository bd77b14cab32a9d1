/** Bringing the recorder along. */

import type { EarlyCall, Hindsight } from "./api";
import type { Snippet } from "./options";

/** A script of the page that has failed before we came never says so. */
const PRESENT_WITHIN_MS = 4000;

/** The recorder's loader: the one that the page includes, or ours, which waits until it is told to start. */
export function findLoader({ script, loaderUrl }: Snippet): Promise<Hindsight | undefined> {
  return new Promise((resolve) => {
    if (isLoaded(window.hindsight)) return resolve(window.hindsight);
    const path = new URL(loaderUrl).pathname;
    const scripts = [...document.querySelectorAll("script")];
    const present = scripts.find((each) => each.src !== "" && new URL(each.src).pathname === path);
    const loader = present ?? loaderLike(script, loaderUrl);
    const settle = () => resolve(isLoaded(window.hindsight) ? window.hindsight : undefined);
    loader.addEventListener("load", settle);
    if (present) setTimeout(settle, PRESENT_WITHIN_MS);
    loader.addEventListener("error", () => {
      // Blocked. What the page says to the stand-in would wait for ever.
      const { hindsight } = window;
      if (hindsight?.q) hindsight.q.push = () => 0;
      settle();
    });
    if (!present) (document.head ?? document.documentElement).append(loader);
  });
}

function loaderLike(script: HTMLScriptElement, loaderUrl: string): HTMLScriptElement {
  const loader = document.createElement("script");
  loader.async = true;
  loader.nonce = script.nonce;
  for (const [name, value] of Object.entries(script.dataset)) loader.dataset[name] = value ?? "";
  loader.dataset.start = "manual";
  loader.src = loaderUrl + new URL(script.src).search;
  return loader;
}

function isLoaded(api: (Hindsight & { q?: EarlyCall[] }) | undefined): api is Hindsight {
  return api !== undefined && !Array.isArray(api.q) && typeof api.start === "function";
}
