/** The element with an id that the page's template promises. */
export function element<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as Element as E;
}

/** Whether the page has it: what its reader may not do is not offered on it. */
export function has(id: string): boolean {
  return document.getElementById(id) !== null;
}

/** Makes an element of a class with a text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
