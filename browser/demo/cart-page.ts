/** `<shop-cart>`: what is in the cart, and what it comes to. */

import * as cart from "./cart";
import { deliveryPrice, FREE_FROM } from "./delivery";
import { element } from "./element";
import { money } from "./money";
import { picture } from "./product-card";
import { Quantity } from "./quantity";
import { categoryUrl, productUrl } from "./routes";

export class ShopCart extends HTMLElement {
  #stop: (() => void) | undefined;

  connectedCallback(): void {
    this.#stop = cart.onChange(() => this.#show());
    this.#show();
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  #show(): void {
    const focused = document.activeElement?.getAttribute("aria-label");
    this.replaceChildren(...(cart.count() === 0 ? empty() : filled()));
    if (focused) this.querySelector<HTMLElement>(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }
}

/** What stands wherever an empty cart would make no sense. */
export function empty(): Node[] {
  return [
    element("p", { class: "empty" }, "Nothing in here yet. The mugs are a good place to start."),
    element("p", {}, element("a", { class: "button", href: categoryUrl("tea") }, "See tea & coffee")),
  ];
}

function filled(): Node[] {
  return [
    element(
      "div",
      { class: "with-aside" },
      element("ul", { class: "cart-lines" }, ...cart.lines().map(cartLine)),
      element("aside", { class: "panel", "aria-label": "Summary" }, ...summary()),
    ),
  ];
}

function cartLine({ product, quantity }: cart.Line): HTMLLIElement {
  const change = (value: number) => cart.setQuantity(product, value);
  const counter = new Quantity({
    label: product.name,
    value: quantity,
    min: 1,
    max: cart.mostOf(product),
    change,
  });
  return element(
    "li",
    { class: "cart-line" },
    element("a", { href: productUrl(product), tabindex: -1, "aria-hidden": "true" }, picture(product)),
    element(
      "div",
      { class: "cart-line-name" },
      element("a", { href: productUrl(product) }, product.name),
      element("span", {}, product.size),
    ),
    counter.node,
    element("span", { class: "cart-line-price" }, money(product.price * quantity)),
    element(
      "button",
      { type: "button", class: "remove", "aria-label": `Remove ${product.name}`, click: () => change(0) },
      "Remove",
    ),
  );
}

function summary(): Node[] {
  const subtotal = cart.subtotal();
  const delivery = deliveryPrice("standard", subtotal);
  return [
    element("h2", {}, "Summary"),
    element(
      "dl",
      { class: "sums" },
      ...sum("Pieces", money(subtotal)),
      ...sum("Delivery", delivery === 0 ? "Free" : money(delivery)),
      ...sum("Total", money(subtotal + delivery), "sums-total"),
    ),
    freeDelivery(subtotal),
    element("a", { class: "button button-wide", href: "/demo/checkout.html" }, "Check out"),
  ];
}

/** A row of a list of sums. */
export function sum(name: string, value: string, style = ""): HTMLElement[] {
  return [element("dt", { class: style }, name), element("dd", { class: style }, value)];
}

function freeDelivery(subtotal: number): HTMLElement {
  const missing = FREE_FROM - subtotal;
  const text = missing > 0 ? `${money(missing)} to free delivery` : "Delivery is on us";
  return element(
    "p",
    { class: "free-delivery" },
    element("label", { for: "free-delivery" }, text),
    element("progress", { id: "free-delivery", max: FREE_FROM, value: Math.min(subtotal, FREE_FROM) }),
  );
}
