/** The ways an order travels. */

export const FREE_FROM = 6000;

const PRICES = { standard: 490, express: 990, pickup: 0 };

export type Delivery = keyof typeof PRICES;

export function isDelivery(name: unknown): name is Delivery {
  return typeof name === "string" && Object.hasOwn(PRICES, name);
}

/** In cents. The standard way is free for larger orders. */
export function deliveryPrice(delivery: Delivery, subtotal: number): number {
  return delivery === "standard" && subtotal >= FREE_FROM ? 0 : PRICES[delivery];
}
