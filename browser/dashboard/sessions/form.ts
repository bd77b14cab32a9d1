// The form that narrows the list. Without script it has a button.

/** Choices that are made by themselves; all else waits for Enter or a button. */
const AT_ONCE = ["last", "sort"];

/** Sends the form when a choice is made, and leaves out of the address what asks nothing. */
export function narrowAtOnce(): void {
  const form = document.querySelector<HTMLFormElement>("[data-filter-form]");
  if (form === null) return;
  form.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLSelectElement) || !AT_ONCE.includes(target.name)) return;
    if (target.value === "custom") form.querySelector<HTMLInputElement>("[name=from]")?.focus();
    else form.requestSubmit();
  });
  form.addEventListener("formdata", ({ formData }) => {
    const own = formData.get("last") === "custom";
    if (!own) for (const name of ["from", "to"]) formData.delete(name);
    if (own) formData.delete("last");
    if (formData.get("sort") === "newest") formData.delete("sort");
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
}
