import type { Playback } from "./playback";

/** The width of a bar and the gap after it, in pixels. */
const BAR = 3;
const PITCH = 4;
/** The least a bar with any activity is tall, as a share: little is not nothing. */
const LEAST = 0.12;

/** Draws how much happened when, as bars as many as there is room for. */
export function drawActivity(scrubber: HTMLElement, playback: Playback): void {
  const drawings = [...scrubber.querySelectorAll("svg.activity")];
  let drawn: number[] | undefined;
  const draw = (activity: number[]) => {
    drawn = activity;
    const count = Math.max(1, Math.floor(scrubber.clientWidth / PITCH));
    const path = barsPath(resample(activity, count));
    for (const drawing of drawings) {
      drawing.setAttribute("viewBox", `0 0 ${count * PITCH} 1`);
      drawing.querySelector("path")?.setAttribute("d", path);
    }
  };
  playback.onChange(({ activity }) => {
    if (activity !== drawn) draw(activity);
  });
  new ResizeObserver(() => draw(playback.state.activity)).observe(scrubber);
}

/** Brings values to another number of slices. The highest stands for those that share one. */
function resample(values: number[], count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * values.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * values.length) / count));
    return Math.max(0, ...values.slice(from, to));
  });
}

function barsPath(heights: number[]): string {
  return heights
    .map((height, index) => (height > 0 ? bar(index * PITCH, LEAST + height * (1 - LEAST)) : ""))
    .join("");
}

function bar(x: number, height: number): string {
  return `M${x} 1V${(1 - height).toFixed(3)}h${BAR}V1Z`;
}
