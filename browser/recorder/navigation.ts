import { guard } from "./guard";
import { listen } from "./listen";
import { wrap } from "./wrap";

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
  const after = guard((name: "pushState" | "replaceState", kind: NavigationKind) =>
    wrap(history, name, ({ run }) => {
      const answer = run();
      moved(kind);
      return answer;
    }),
  );
  const stops = [
    after("pushState", "push"),
    after("replaceState", "replace"),
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
