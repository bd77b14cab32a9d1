/** Says at once what is no CSS selector, in the words of this browser's own parser. */
export function trySelectors(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("[data-selector]")) {
    const check = () =>
      field.setCustomValidity(isSelector(field.value.trim()) ? "" : "This is not a CSS selector.");
    field.addEventListener("input", check);
    check();
  }
}

function isSelector(text: string): boolean {
  try {
    if (text !== "") document.createDocumentFragment().querySelector(text);
    return true;
  } catch {
    return false;
  }
}
