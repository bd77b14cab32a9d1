import { element, has } from "../element";
import { refresh } from "./fresh";
import type { Toast } from "./toast";

/** Pins and unpins without leaving the page, and so without losing the place in the recording. */
export function pinInPlace(toast?: Toast): void {
  if (!has("pin")) return;
  const form = element<HTMLFormElement>("pin");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form, toast);
  });
}

async function send(form: HTMLFormElement, toast: Toast | undefined): Promise<void> {
  const field = form.elements.namedItem("pinned") as HTMLInputElement;
  const button = form.querySelector("button");
  const pinned = field.value === "1";
  if (!(await isTaken(form))) {
    toast?.(pinned ? "The session could not be pinned" : "The session could not be unpinned");
    return;
  }
  field.value = pinned ? "0" : "1";
  button?.setAttribute("aria-pressed", String(pinned));
  if (button)
    button.title = pinned
      ? "Pinned: it is kept, however old it gets"
      : "Pin: keep this session, however old it gets";
  toast?.(pinned ? "Pinned" : "No longer pinned");
  void refresh();
}

/** Sends the form; the server answers what worked by leading on to a page. */
async function isTaken(form: HTMLFormElement): Promise<boolean> {
  const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    return answer.type === "opaqueredirect";
  } catch {
    return false;
  }
}
