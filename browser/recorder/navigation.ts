import { guard } from "./guard";
import { listen } from "./listen";

/** How the page's address changed without a page load. */
export type NavigationKind = "push" | "replace" | "pop" | "hash";

/**
 * Reports changes of the address within the page until the returned function is called.
 * The report comes in a task of its own: a router changes the title after the address.
 *
 * `history.pushState` fires no event, so it is wrapped, together with `replaceState`.
 */
export function watchNavigation(report: (kind: NavigationKind, href: string) => void): () => void {
  let href = location.href;
  const moved = guard((kind: NavigationKind) => {
    if (location.href === href) return;
    const reached = location.href;
    href = reached;
    setTimeout(guard(() => report(kind, reached)));
  });
  const isHashOnly = (): boolean => withoutHash(location.href) === withoutHash(href);
  // A page may have made `history` unchangeable; what can be observed still is.
  const tryToWrap = guard(wrap);
  const stops = [
    tryToWrap("pushState", () => moved("push")),
    tryToWrap("replaceState", () => moved("replace")),
    listen(window, ["popstate"], () => moved(isHashOnly() ? "hash" : "pop")),
    listen(window, ["hashchange"], () => moved("hash")),
  ];
  return () => {
    for (const stop of stops) stop?.();
  };
}

function withoutHash(href: string): string {
  return href.replace(/#.*/s, "");
}

/** Calls `after` after each call of the method, until the returned function is called. */
function wrap(name: "pushState" | "replaceState", after: () => void): () => void {
  const original = history[name];
  let listening = true;
  const wrapper: History["pushState"] = function (this: History, ...args) {
    original.apply(this, args);
    if (listening) after();
  };
  history[name] = wrapper;
  return () => {
    listening = false;
    // Whoever wrapped it after us keeps their wrapper, and ours inside it does nothing any more.
    if (history[name] === wrapper) history[name] = original;
  };
}
