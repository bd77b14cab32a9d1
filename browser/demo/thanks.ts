import { lastPlaced } from "./order";

/** Fills in the order that was placed a moment ago; without one the page's own words stand. */
export function thanks(section: HTMLElement): void {
  const placed = lastPlaced();
  if (!placed) return;
  const number = section.querySelector("[data-order]");
  const email = section.querySelector("[data-email]");
  if (number) number.textContent = `Order ${placed.number}`;
  if (email) email.textContent = `A receipt is on its way to ${placed.email}.`;
}
