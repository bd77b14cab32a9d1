/** The card fields: how they are checked, and how they are written while one types. */

import { type Check, matching } from "./field";

const CARD_DIGITS = 16;

export const isCardNumber: Check = (value) =>
  digitsOf(value).length === CARD_DIGITS ? "" : "Enter the 16 digits on the front of the card";

export const isSecurityCode = matching(/^\d{3,4}$/, "3 or 4 digits");

export const isExpiry: Check = (value) => {
  const [, month, year] = /^(0[1-9]|1[0-2]) ?\/ ?(\d\d)$/.exec(value.trim()) ?? [];
  if (!month || !year) return "Month and year, such as 08/29";
  const firstDayAfter = new Date(2000 + Number(year), Number(month), 1);
  return firstDayAfter > new Date() ? "" : "This card has expired";
};

export function digitsOf(value: string): string {
  return value.replace(/\D/g, "");
}

/** Groups the digits by four while they are typed. Edits in the middle are left alone. */
export function groupDigits({ target }: Event): void {
  if (!(target instanceof HTMLInputElement) || target.selectionEnd !== target.value.length) return;
  const digits = digitsOf(target.value).slice(0, CARD_DIGITS);
  target.value = digits.replace(/(\d{4})(?=\d)/g, "$1 ");
}

/** Puts the slash between month and year, also for those who type it themselves. */
export function addSlash(event: Event): void {
  const { target } = event;
  if (!(target instanceof HTMLInputElement) || !(event instanceof InputEvent)) return;
  if (!event.inputType.startsWith("insert")) return;
  target.value = target.value.replace(/^(\d\d)\/*$/, "$1/");
}
