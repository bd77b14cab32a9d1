// What plugins found: marks on the scrubber, and a list whose items lead to their moments.

import type { ToStage } from "../../contracts/replay";
import { element, make } from "../element";
import { clock } from "../time";
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

/** Makes the findings lead to their moments. */
export function startFindings(playback: Playback, story: Story, send: (message: ToStage) => void): Findings {
  const findings = [...document.querySelectorAll<HTMLElement>(".finding")].map(read);
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
  for (const finding of findings) {
    finding.item.querySelector("a.finding-link")?.addEventListener("click", (event) => {
      event.preventDefault();
      goTo(finding);
    });
  }
  playback.onChange(({ at_ms }) => {
    if (open && !isNear(open, at_ms)) leave();
  });
  markFindings(findings, playback, goTo);
  return { step: (direction) => stepFrom(findings, open, playback.state.at_ms, direction, goTo) };
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

/** A mark for each finding, above the activity. They stand outside the slider, which has no parts. */
function markFindings(findings: Finding[], playback: Playback, goTo: (finding: Finding) => void): void {
  const marks = element("found-marks");
  let drawn = -1;
  playback.onChange(({ duration_ms }) => {
    if (duration_ms === drawn) return;
    drawn = duration_ms;
    marks.replaceChildren(...findings.map((finding) => mark(finding, duration_ms, goTo)));
  });
}

function mark(finding: Finding, duration_ms: number, goTo: (finding: Finding) => void): HTMLElement {
  const button = make("button", "found-mark");
  button.type = "button";
  button.tabIndex = -1;
  button.dataset.severity = finding.severity;
  button.title = `${clock(finding.at_ms)} ${finding.title}`;
  button.setAttribute("aria-label", button.title);
  button.style.left = `${duration_ms ? Math.min(100, (100 * finding.at_ms) / duration_ms) : 0}%`;
  button.addEventListener("click", () => goTo(finding));
  return button;
}
