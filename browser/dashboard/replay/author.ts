/** How whoever uses this browser calls themselves, below notes and links. */

import { forgetful } from "./forgetful";

const KEY = "hindsight.author";

/** Fills the field with the name that was used last, and remembers what it is changed to. */
export function rememberAuthor(field: HTMLInputElement): void {
  field.value = forgetful.get(KEY) ?? "";
  field.addEventListener("change", () => forgetful.set(KEY, field.value.trim()));
}
