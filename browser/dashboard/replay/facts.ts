import { element } from "../element";
import { onFresh } from "./fresh";

/** Keeps the session's facts up to date. */
export function startFacts(): void {
  onFresh((main) => {
    if (!main.querySelector(".replay-page .live")) document.querySelector(".replay-page .live")?.remove();
    replaceRows(element("facts").querySelector("dl"), main.querySelector("#facts dl"));
  });
}

/** Rows that are the same stay, with what has the focus or is selected in them. */
function replaceRows(list: Element | null, fresh: Element | null): void {
  if (!list || !fresh) return;
  const rows = [...fresh.children];
  const shown = [...list.children];
  if (shown.length !== rows.length) list.replaceChildren(...rows);
  else
    for (const [index, row] of rows.entries())
      if (!shown[index]?.isEqualNode(row)) shown[index]?.replaceWith(row);
}
