/** The checkout form: checks it, keeps its summary right, and places the order. */

import { addSlash, digitsOf, groupDigits, isCardNumber, isExpiry, isSecurityCode } from "./card";
import * as cart from "./cart";
import { empty, sum } from "./cart-page";
import { type Delivery, deliveryPrice, isDelivery } from "./delivery";
import { element } from "./element";
import { Checks, fieldOf, filled, isEmail, showError } from "./field";
import { money } from "./money";
import { type Order, type Outcome, place, remember } from "./order";
import { recorder } from "./recording";

const VOUCHER = 500;
const SLOW_AFTER = 3_000;

const SLOW = "Still working on it. Please keep this page open.";
const DECLINED = "Your card was declined. Nothing was charged: check the number or use another card.";
const UNAVAILABLE = "We cannot reach the workshop right now. Please try again in a minute.";

const CHECKS = {
  name: filled("Tell us who it is for"),
  email: isEmail,
  street: filled("Where shall we send it?"),
  city: filled("Enter a town or city"),
  postcode: filled("Enter a postcode"),
  country: filled("Choose a country"),
  card: isCardNumber,
  expiry: isExpiry,
  code: isSecurityCode,
};

/** Brings the form to life. */
export function checkout(form: HTMLFormElement): void {
  if (cart.count() === 0) {
    form.replaceWith(...empty());
    return;
  }
  const checks = new Checks(form, CHECKS);
  const summary = () => showSummary(form);
  fieldOf(form, "card").addEventListener("input", groupDigits);
  fieldOf(form, "expiry").addEventListener("input", addSlash);
  form.addEventListener("change", summary);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(form, "");
    if (checks.pass()) void submit(form);
  });
  summary();
}

async function submit(form: HTMLFormElement): Promise<void> {
  const order = orderOf(form);
  const slow = setTimeout(() => say(form, SLOW), SLOW_AFTER);
  setBusy(form, true);
  const outcome = await place(order);
  setBusy(form, false);
  clearTimeout(slow);
  conclude(form, order, outcome);
}

function conclude(form: HTMLFormElement, order: Order, outcome: Outcome): void {
  if (outcome.kind === "placed") {
    thank(order, outcome.number);
    return;
  }
  recorder()?.track("order failed", { reason: outcome.kind });
  console.error("The order was not placed:", outcome.kind);
  say(form, outcome.kind === "declined" ? DECLINED : UNAVAILABLE);
  if (outcome.kind === "declined") askForAnotherCard(form);
}

function askForAnotherCard(form: HTMLFormElement): void {
  const card = fieldOf(form, "card");
  fieldOf(form, "code").value = "";
  showError(card, "Declined by the bank");
  card.focus();
}

function thank({ email, total }: Order, number: string): void {
  recorder()?.track("order placed", { order: number, total });
  remember({ number, email });
  cart.clear();
  location.href = "/demo/thanks.html";
}

function orderOf(form: HTMLFormElement): Order {
  return {
    email: fieldOf(form, "email").value.trim(),
    items: cart.lines().map(({ product, quantity }) => ({ product: product.id, quantity })),
    total: totalsOf(form).total,
    card_last4: digitsOf(fieldOf(form, "card").value).slice(-4),
  };
}

function totalsOf(form: HTMLFormElement): { delivery: number; voucher: number; total: number } {
  const entries = new FormData(form);
  const subtotal = cart.subtotal();
  const delivery = deliveryPrice(chosenDelivery(entries), subtotal);
  const voucher = entries.has("voucher") ? VOUCHER : 0;
  return { delivery, voucher, total: subtotal + delivery - voucher };
}

function chosenDelivery(entries: FormData): Delivery {
  const chosen = entries.get("delivery");
  return isDelivery(chosen) ? chosen : "standard";
}

function showSummary(form: HTMLFormElement): void {
  const { delivery, voucher, total } = totalsOf(form);
  const pieces = cart
    .lines()
    .flatMap(({ product, quantity }) =>
      sum(`${quantity} × ${product.name}`, money(product.price * quantity)),
    );
  within(form, "[data-summary]").replaceChildren(
    element(
      "dl",
      { class: "sums" },
      ...pieces,
      ...sum("Delivery", delivery === 0 ? "Free" : money(delivery)),
      ...(voucher ? sum("Voucher", `−${money(voucher)}`) : []),
      ...sum("Total", money(total), "sums-total"),
    ),
  );
  within(form, "[type=submit]").textContent = `Pay ${money(total)}`;
}

function setBusy(form: HTMLFormElement, busy: boolean): void {
  form.setAttribute("aria-busy", String(busy));
  within(form, "[type=submit]").toggleAttribute("disabled", busy);
}

/** The form's message stands beside the button that was pressed, and is read out. */
function say(form: HTMLFormElement, message: string): void {
  within(form, "[role=alert]").textContent = message;
}

function within(form: HTMLFormElement, selector: string): HTMLElement {
  const found = form.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`the checkout form lacks ${selector}`);
  return found;
}
