import { element } from "../element";
import { clock } from "../time";
import type { Playback } from "./playback";
import { type Reach, STEP_MS } from "./playback_keys";

/** Makes the buttons below the scrubber work, and shows in them what is played. */
export function startControls({ playback, step }: Reach): void {
  const controls = element("controls");
  connect(playback, step);
  releaseFocusAfterPointer(controls);
  showClock(playback);
  showToggle(playback);
  disableWithoutRecording(playback, controls);
  showSettings(playback, controls);
}

function connect(playback: Playback, step: Reach["step"]): void {
  const onClick = (id: string, act: () => void) => element(id).addEventListener("click", act);
  onClick("restart", () => playback.restart());
  onClick("back", () => playback.seekBy(-STEP_MS));
  onClick("toggle", () => playback.toggle());
  onClick("forward", () => playback.seekBy(STEP_MS));
  if (step) {
    onClick("previous-event", () => step(-1));
    onClick("next-event", () => step(1));
  }
  onClick("skip-idle", () => playback.setSkipIdle(!playback.state.skip_idle));
  onClick("help-open", () => element<HTMLDialogElement>("help").showModal());
}

/** Who clicks a button and then presses Space means the recording, not the button once more. */
function releaseFocusAfterPointer(controls: HTMLElement): void {
  controls.addEventListener("click", (event) => {
    if (event.detail > 0) (event.target as Element).closest("button")?.blur();
  });
}

function showClock(playback: Playback): void {
  const at = element("clock-at");
  const duration = element("clock-duration");
  playback.onChange(({ loaded, at_ms, duration_ms }) => {
    at.textContent = clock(at_ms);
    if (loaded) duration.textContent = clock(duration_ms);
  });
}

function showToggle(playback: Playback): void {
  const toggle = element("toggle");
  playback.onChange(({ playing, finished, problem }) => {
    const moving = playing && !finished && problem === "";
    toggle.classList.toggle("playing", moving);
    toggle.setAttribute("aria-label", moving ? "Pause" : "Play");
  });
}

function disableWithoutRecording(playback: Playback, controls: HTMLElement): void {
  const buttons = [...controls.querySelectorAll<HTMLButtonElement>(".transport button")];
  playback.onChange(({ problem }) => {
    for (const button of buttons) button.disabled = problem !== "";
  });
}

function showSettings(playback: Playback, controls: HTMLElement): void {
  const speeds = [...controls.querySelectorAll<HTMLElement>("[data-speed]")];
  for (const button of speeds) {
    button.addEventListener("click", () => playback.setSpeed(Number(button.dataset.speed)));
  }
  const skipIdle = element("skip-idle");
  playback.onChange(({ speed, skip_idle }) => {
    for (const button of speeds) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === speed));
    }
    skipIdle.setAttribute("aria-checked", String(skip_idle));
  });
}
