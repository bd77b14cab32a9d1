import { element } from "../dashboard/element";
import type { Playback } from "../dashboard/replay/playback";
import { clock } from "../dashboard/time";

/** How far the back and forward buttons go. */
export const STEP_MS = 10_000;

/** Makes the buttons below the scrubber work, and shows in them what is played. */
export function startControls(playback: Playback, fullscreen: () => void): void {
  const controls = element("controls");
  const onClick = (id: string, act: () => void) => element(id).addEventListener("click", act);
  onClick("restart", () => playback.restart());
  onClick("back", () => playback.seekBy(-STEP_MS));
  onClick("toggle", () => playback.toggle());
  onClick("forward", () => playback.seekBy(STEP_MS));
  onClick("skip-idle", () => playback.setSkipIdle(!playback.state.skip_idle));
  onClick("help-open", () => element<HTMLDialogElement>("help").showModal());
  const speeds = [...controls.querySelectorAll<HTMLElement>("[data-speed]")];
  for (const button of speeds) {
    button.addEventListener("click", () => playback.setSpeed(Number(button.dataset.speed)));
  }
  // Who clicks a button and then presses Space means the recording, not the button once more.
  controls.addEventListener("click", (event) => {
    if (event.detail > 0) (event.target as Element).closest("button")?.blur();
  });
  const button = element("fullscreen");
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", fullscreen);
  showState(playback, speeds);
}

function showState(playback: Playback, speeds: HTMLElement[]): void {
  const toggle = element("toggle");
  playback.onChange(({ loaded, at_ms, duration_ms, playing, finished, problem, speed, skip_idle }) => {
    element("clock-at").textContent = clock(at_ms);
    if (loaded) element("clock-duration").textContent = clock(duration_ms);
    const moving = playing && !finished && problem === "";
    toggle.classList.toggle("playing", moving);
    toggle.setAttribute("aria-label", moving ? "Pause" : "Play");
    for (const button of speeds) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === speed));
    }
    element("skip-idle").setAttribute("aria-checked", String(skip_idle));
  });
}

/** Fills the screen with the replay, or no longer. */
export function toggleFullscreen(): void {
  const done = document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen();
  // A refusal (no permission, no user gesture) leaves everything as it is.
  done.catch(() => undefined);
}
