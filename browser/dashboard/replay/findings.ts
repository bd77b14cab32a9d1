// What plugins found: marks on the scrubber, and a list whose items lead to their moments.

import type { ToStage } from "../../contracts/replay";
import { element } from "../element";
import { onFresh } from "./fresh";
import type { Marks } from "./marks";
import type { Playback } from "./playback";
import type { Story } from "./story";

/** How long the element that a finding is about stays outlined after it. */
const OUTLINED_FOR_MS = 4000;

/** So far before a finding its element is outlined already: a seek may land a little early. */
const OUTLINED_BEFORE_MS = 500;

/** Nearer than this a finding counts as the one that is shown. */
const SAME_MOMENT_MS = 400;

interface Finding {
  item: HTMLElement;
  at_ms: number;
  until_ms: number;
  title: string;
  severity: string;
  selector: string | null;
}

/** Goes from finding to finding. */
export interface Findings {
  step(direction: -1 | 1): void;
}

/** Makes the findings lead to their moments, those that come later too. */
export function startFindings(
  playback: Playback,
  story: Story,
  marks: Marks,
  send: (message: ToStage) => void,
): Findings {
  let findings: Finding[] = [];
  let open: Finding | undefined;
  const leave = () => {
    open?.item.removeAttribute("aria-current");
    if (open) send({ type: "highlight", selector: null });
    open = undefined;
  };
  const goTo = (finding: Finding) => {
    leave();
    open = finding;
    story.open("findings");
    finding.item.setAttribute("aria-current", "true");
    finding.item.scrollIntoView({ block: "nearest" });
    playback.seek(finding.at_ms);
    send({ type: "highlight", selector: finding.selector });
  };
  const take = () => {
    leave();
    findings = [...document.querySelectorAll<HTMLElement>(".finding")].map(read);
    for (const finding of findings) {
      finding.item.querySelector("a.finding-link")?.addEventListener("click", (event) => {
        event.preventDefault();
        goTo(finding);
      });
    }
    marks.put(
      "finding",
      findings.map((finding) => ({ ...finding, text: finding.title, open: () => goTo(finding) })),
    );
  };
  playback.onChange(({ at_ms }) => {
    if (open && !isNear(open, at_ms)) leave();
  });
  take();
  onFresh((main) => {
    if (replaceFindings(main, story)) take();
  });
  return { step: (direction) => stepFrom(findings, open, playback.state.at_ms, direction, goTo) };
}

/** Shows what plugins say by now; answers whether that is something else than before. */
function replaceFindings(main: Element, story: Story): boolean {
  const shown = element("story-findings");
  const fresh = main.querySelector<HTMLElement>("#story-findings");
  if (!fresh || textOf(fresh) === textOf(shown)) return false;
  shown.dataset.analysed = fresh.dataset.analysed ?? "";
  shown.replaceChildren(...fresh.children);
  const count = shown.querySelectorAll(".finding").length;
  story.count("findings", count === 0 ? "" : String(count));
  return true;
}

function textOf(findings: HTMLElement): string {
  return `${findings.dataset.analysed} ${findings.textContent}`;
}

function read(item: HTMLElement): Finding {
  const { at = "0", until = at, severity = "info", selector = null } = item.dataset;
  const title = item.querySelector(".finding-title")?.textContent ?? "";
  return { item, at_ms: Number(at), until_ms: Number(until), title, severity, selector };
}

function isNear({ at_ms, until_ms }: Finding, now_ms: number): boolean {
  return now_ms >= at_ms - OUTLINED_BEFORE_MS && now_ms <= until_ms + OUTLINED_FOR_MS;
}

function stepFrom(
  findings: Finding[],
  open: Finding | undefined,
  at_ms: number,
  direction: -1 | 1,
  goTo: (finding: Finding) => void,
): void {
  // Several may be at the same moment: from one that is open, the next is its neighbour.
  const place = open ? findings.indexOf(open) : -1;
  const next =
    place !== -1
      ? findings[place + direction]
      : direction === 1
        ? findings.find((finding) => finding.at_ms > at_ms + SAME_MOMENT_MS)
        : findings.findLast((finding) => finding.at_ms < at_ms - SAME_MOMENT_MS);
  if (next) goTo(next);
}
