import { element } from "../element";

/** Makes the fullscreen button work and returns what it does. The button goes where browsers have none. */
export function startFullscreen(): () => void {
  const button = element("fullscreen");
  button.hidden = !document.fullscreenEnabled;
  document.addEventListener("fullscreenchange", () => {
    button.setAttribute("aria-pressed", String(document.fullscreenElement !== null));
  });
  const toggle = () => {
    const done = document.fullscreenElement
      ? document.exitFullscreen()
      : document.documentElement.requestFullscreen();
    // A refusal (no permission, no user gesture) leaves everything as it is.
    done.catch(() => undefined);
  };
  button.addEventListener("click", toggle);
  return toggle;
}
