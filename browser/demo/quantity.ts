import { element } from "./element";

interface Options {
  /** What is counted, for screen readers. */
  label: string;
  value: number;
  min: number;
  max: number;
  change?: (value: number) => void;
}

/** A number between two buttons. */
export class Quantity {
  readonly node: HTMLElement;
  #value: number;
  readonly #options: Options;
  readonly #output = element("output", {});
  readonly #less: HTMLButtonElement;
  readonly #more: HTMLButtonElement;

  constructor(options: Options) {
    this.#options = options;
    this.#value = options.value;
    this.#less = this.#step("−", `One ${options.label} less`, -1);
    this.#more = this.#step("+", `One ${options.label} more`, 1);
    this.node = element("div", { class: "quantity" }, this.#less, this.#output, this.#more);
    this.#show();
  }

  get value(): number {
    return this.#value;
  }

  #step(sign: string, label: string, by: number): HTMLButtonElement {
    const click = () => {
      this.#value += by;
      this.#show();
      this.#options.change?.(this.#value);
    };
    return element("button", { type: "button", "aria-label": label, click }, sign);
  }

  #show(): void {
    this.#output.textContent = String(this.#value);
    this.#less.disabled = this.#value <= this.#options.min;
    this.#more.disabled = this.#value >= this.#options.max;
  }
}
