/** Checks what was typed into a form's fields, and says beside a field what is wrong with it. */

export type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Says what is wrong with a value, or "" when nothing is. */
export type Check = (value: string) => string;

export function filled(message: string): Check {
  return (value) => (value.trim() === "" ? message : "");
}

export function matching(pattern: RegExp, message: string): Check {
  return (value) => (pattern.test(value.trim()) ? "" : message);
}

export const isEmail = matching(
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
  "Enter an e-mail address, such as ana@example.com",
);

/** The form's checks by field name. */
export class Checks {
  readonly #form: HTMLFormElement;
  readonly #checks: Map<string, Check>;

  /** From now on a field is checked when it is left, and one that is wrong while it is mended. */
  constructor(form: HTMLFormElement, checks: Record<string, Check>) {
    this.#form = form;
    this.#checks = new Map(Object.entries(checks));
    form.noValidate = true;
    form.addEventListener("input", ({ target }) => {
      if (isField(target) && target.getAttribute("aria-invalid")) this.#mark(target);
    });
    form.addEventListener("change", ({ target }) => {
      if (isField(target) && target.value !== "") this.#mark(target);
    });
  }

  /** Marks every field; the first wrong one gets the focus. */
  pass(): boolean {
    const wrong = [...this.#checks.keys()].filter((name) => !this.#mark(fieldOf(this.#form, name)));
    const [first] = wrong;
    if (first) fieldOf(this.#form, first).focus();
    return wrong.length === 0;
  }

  #mark(field: Field): boolean {
    const message = this.#checks.get(field.name)?.(field.value) ?? "";
    showError(field, message);
    return message === "";
  }
}

export function fieldOf(form: HTMLFormElement, name: string): Field {
  const field = form.elements.namedItem(name);
  if (!isField(field)) throw new Error(`the form has no field ${name}`);
  return field;
}

/** Puts the message under the field; "" takes it away. Its place is the element `{id}-error`. */
export function showError(field: Field, message: string): void {
  const place = document.getElementById(`${field.id}-error`);
  if (place) place.textContent = message;
  if (message === "") field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
}

function isField(target: unknown): target is Field {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  );
}
