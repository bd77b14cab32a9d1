import { icon, make, on } from "../element";
import { SEND, STOP } from "../icons";
import type { Texts } from "../language";

/** A longer question is cut by the browser. */
const MAX_QUESTION = 4000;

export interface ComposerListener {
  sent(text: string): void;
  stopped(): void;
}

/** Where the visitor writes. Enter sends, Shift and Enter begin another line. */
export class Composer {
  readonly element: HTMLFormElement;
  readonly field: HTMLTextAreaElement;
  private readonly action: HTMLButtonElement;
  private isAnswering = false;

  constructor(
    private readonly texts: Texts,
    placeholder: string,
    private readonly listener: ComposerListener,
  ) {
    this.field = make("textarea", {
      name: "question",
      rows: 1,
      maxlength: MAX_QUESTION,
      placeholder,
      "aria-label": texts.question,
      autocomplete: "off",
      enterkeyhint: "send",
    });
    this.action = make("button", { class: "send", type: "submit" });
    this.element = make("form", { class: "composer" }, this.field, this.action);
    on(this.field, "keydown", (event) => this.keyPressed(event));
    on(this.field, "input", () => this.fit());
    on(this.field, "focus", () => this.element.classList.add("focused"));
    on(this.field, "blur", () => this.element.classList.remove("focused"));
    on(this.element, "submit", (event) => {
      event.preventDefault();
      this.act();
    });
    this.show(false);
  }

  /** Whether an answer is on its way: then the button stops it. */
  show(isAnswering: boolean): void {
    this.isAnswering = isAnswering;
    const label = isAnswering ? this.texts.stop : this.texts.send;
    this.action.setAttribute("aria-label", label);
    this.action.title = label;
    this.action.replaceChildren(icon(isAnswering ? STOP : SEND));
    this.fit();
  }

  private act(): void {
    if (this.isAnswering) this.listener.stopped();
    else this.send();
  }

  private send(): void {
    const text = this.field.value.trim();
    if (text === "" || this.isAnswering) return;
    this.field.value = "";
    this.fit();
    this.listener.sent(text);
  }

  private keyPressed(event: KeyboardEvent): void {
    // While a word is being composed, Enter accepts it. Safari says so by the code alone.
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    event.preventDefault();
    this.send();
  }

  /** The field is as high as what is written in it; the style says how high it may be. */
  private fit(): void {
    const isEmpty = this.field.value.trim() === "";
    this.action.setAttribute("aria-disabled", String(isEmpty && !this.isAnswering));
    this.field.style.height = "";
    const { scrollHeight, clientHeight } = this.field;
    if (scrollHeight > clientHeight) this.field.style.height = `${scrollHeight}px`;
  }
}
