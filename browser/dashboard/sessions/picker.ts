/** Closes the connection picker on Escape, and when the focus or a click goes elsewhere. */
export function closePickerWhenLeft(): void {
  const picker = document.querySelector<HTMLDetailsElement>("[data-picker]");
  if (picker === null) return;
  const closeUnlessInside = (event: Event) => {
    if (!picker.contains(event.target as Node)) picker.open = false;
  };
  document.addEventListener("pointerdown", closeUnlessInside);
  document.addEventListener("focusin", closeUnlessInside);
  picker.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    picker.open = false;
    picker.querySelector("summary")?.focus();
  });
}
