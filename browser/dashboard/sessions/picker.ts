const POPOVERS = "[data-picker], [data-popover]";

/** Closes what has opened over the page on Escape, and when the focus or a click goes elsewhere. */
export function closePickerWhenLeft(): void {
  const closeThoseLeft = (event: Event) => {
    for (const popover of document.querySelectorAll<HTMLDetailsElement>(POPOVERS)) {
      if (!popover.contains(event.target as Node)) popover.open = false;
    }
  };
  document.addEventListener("pointerdown", closeThoseLeft);
  document.addEventListener("focusin", closeThoseLeft);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector<HTMLDetailsElement>(POPOVERS.replaceAll("]", "][open]"));
    if (open === null) return;
    event.stopImmediatePropagation();
    open.open = false;
    open.querySelector("summary")?.focus();
  });
}
