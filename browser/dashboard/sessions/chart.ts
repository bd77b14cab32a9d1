// The chart of sessions over the list.

/** How far each key moves the focus along the bars. */
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** Makes the bars one stop of the Tab key; the arrows go from bar to bar. */
export function walkBarsByArrows(): void {
  setStop(bars().at(-1));
  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const all = bars();
    const at = all.indexOf(document.activeElement as SVGAElement);
    if (step === undefined || at === -1 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    setStop(next);
    next?.focus();
  });
}

/** Puts the chart of a fresh page in place of the one that is shown, unless somebody is in it. */
export function updateChart(main: Element): void {
  const shown = document.querySelector("[data-chart]");
  const fresh = main.querySelector("[data-chart]");
  if (!shown || !fresh || shown.matches(":hover, :focus-within")) return;
  shown.replaceWith(fresh);
  setStop(bars().at(-1));
}

function bars(): SVGAElement[] {
  return [...document.querySelectorAll<SVGAElement>("[data-chart] svg a")];
}

function setStop(stop: SVGAElement | undefined): void {
  for (const bar of bars()) bar.setAttribute("tabindex", bar === stop ? "0" : "-1");
}
