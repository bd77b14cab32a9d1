import { element } from "../element";

/** How long a toast stays. What it says is not lost: notices are listed in the panel. */
const SHOWN_FOR_MS = 8000;

/** A short message over the stage. */
export type Toast = (text: string) => void;

/** Makes the page's one toast; a new message takes the place of the one before. */
export function createToast(): Toast {
  const toast = element("toast");
  const text = element("toast-text");
  let timer: number | undefined;
  const hide = () => {
    toast.hidden = true;
  };
  element("toast-close").addEventListener("click", hide);
  return (message) => {
    toast.hidden = false;
    text.textContent = message;
    window.clearTimeout(timer);
    timer = window.setTimeout(hide, SHOWN_FOR_MS);
  };
}
