/** How long a copy button says that it has copied. */
const CONFIRMED_FOR_MS = 1500;

/** Puts a text on the clipboard. Answers whether it worked. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** For dashboards on plain HTTP, where browsers offer no clipboard object. */
function copyBySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  // Inside an open dialog or in fullscreen nothing else can be selected.
  (document.activeElement?.parentElement ?? document.body).append(field);
  const focused = document.activeElement as HTMLElement | null;
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return copied;
}

/** Shows the copy buttons below `root` and makes them work. */
export function enableCopyButtons(root: ParentNode = document): void {
  for (const button of root.querySelectorAll<HTMLElement>("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copyFrom(button));
  }
}

async function copyFrom(button: HTMLElement): Promise<void> {
  if (!(await copy(button.dataset.copy ?? ""))) return;
  const label = button.getAttribute("aria-label") ?? "";
  button.classList.add("copied");
  button.setAttribute("aria-label", "Copied");
  setTimeout(() => {
    button.classList.remove("copied");
    button.setAttribute("aria-label", label);
  }, CONFIRMED_FOR_MS);
}
