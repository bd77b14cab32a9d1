/** The preview waits for a pause in typing. */
const AFTER_MS = 300;

/** Shows in the frame what the form says, before it is saved. */
export function followForm(): void {
  const frame = document.querySelector<HTMLIFrameElement>("[data-preview]");
  const form = document.querySelector<HTMLFormElement>("form.settings-form");
  if (!frame || !form) return;
  const path = frame.src.split("?")[0];
  let timer: ReturnType<typeof setTimeout> | undefined;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const fields = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
      // In place of what is shown, so that the way back leads to the page before.
      frame.contentWindow?.location.replace(`${path}?${new URLSearchParams(fields)}`);
    }, AFTER_MS);
  });
}
