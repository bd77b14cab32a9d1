/**
 * Says in words what the bar under the pointer, or with the focus, counts, in place of
 * the chart's title. What is drawn anew later is covered as well.
 */
export function readBars(): void {
  document.addEventListener("pointerover", ({ target }) => read(target));
  document.addEventListener("focusin", ({ target }) => read(target));
  document.addEventListener("focusout", () => read(null));
}

function read(target: EventTarget | null): void {
  const title = document.querySelector<HTMLElement>("[data-chart-title]");
  const reading = document.querySelector<HTMLElement>("[data-chart-reading]");
  if (title === null || reading === null) return;
  const bar = target instanceof Element ? target.closest<SVGElement>("[data-words]") : null;
  const words = (bar ?? focusedBar())?.dataset.words;
  reading.textContent = words ?? "";
  reading.hidden = words === undefined;
  title.hidden = words !== undefined;
}

function focusedBar(): SVGElement | null {
  return document.querySelector<SVGElement>("[data-words]:focus");
}
