/** The cart. It lives in localStorage, so it is the same in every tab and still there tomorrow. */

import { findProduct, type Product } from "./catalogue";

export interface Line {
  product: Product;
  quantity: number;
}

const KEY = "pipkin.cart";
const MOST_OF_ONE = 12;
const changes = new EventTarget();

/** What is in the cart, in the order it was put there. */
export function lines(): Line[] {
  return Object.entries(stored()).flatMap(([id, quantity]) => {
    const product = findProduct(id);
    return product ? [{ product, quantity }] : [];
  });
}

export function count(): number {
  return lines().reduce((sum, line) => sum + line.quantity, 0);
}

/** In cents, without delivery. */
export function subtotal(): number {
  return lines().reduce((sum, line) => sum + line.quantity * line.product.price, 0);
}

/** How many of a product one visitor can have. */
export function mostOf(product: Product): number {
  return Math.min(product.stock, MOST_OF_ONE);
}

export function add(product: Product, quantity: number): void {
  setQuantity(product, (stored()[product.id] ?? 0) + quantity);
}

/** Puts exactly that many into the cart; 0 takes the product out. */
export function setQuantity(product: Product, quantity: number): void {
  const quantities = stored();
  const wanted = Math.max(0, Math.min(quantity, mostOf(product)));
  if (wanted !== quantities[product.id]) write({ ...quantities, [product.id]: wanted });
}

export function clear(): void {
  write({});
}

/** Calls back after every change, in this tab or another. Returns what ends it. */
export function onChange(listener: () => void): () => void {
  const fromOtherTab = (event: StorageEvent) => event.key === KEY && listener();
  changes.addEventListener("change", listener);
  window.addEventListener("storage", fromOtherTab);
  return () => {
    changes.removeEventListener("change", listener);
    window.removeEventListener("storage", fromOtherTab);
  };
}

/** Whatever else may have been written under our key, only sane quantities come out. */
function stored(): Record<string, number> {
  try {
    const entries = Object.entries(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
    return Object.fromEntries(
      entries.filter(
        (entry): entry is [string, number] => Number.isInteger(entry[1]) && Number(entry[1]) > 0,
      ),
    );
  } catch {
    return {};
  }
}

function write(quantities: Record<string, number>): void {
  localStorage.setItem(KEY, JSON.stringify(quantities));
  changes.dispatchEvent(new Event("change"));
}
