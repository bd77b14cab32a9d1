/** Sends an order to the shop's server, and remembers the last one for the page that says thank you. */

export interface Order {
  email: string;
  items: { product: string; quantity: number }[];
  /** In cents. */
  total: number;
  card_last4: string;
}

export type Outcome =
  | { kind: "placed"; number: string }
  | { kind: "declined" }
  /** Nobody knows whether the order arrived, or the server said that it cannot take it now. */
  | { kind: "unavailable" };

const URL = "/demo/api/orders";
const GIVE_UP_AFTER = 15_000;
const DECLINED = 402;
const KEY = "pipkin.order";

export async function place(order: Order): Promise<Outcome> {
  try {
    const response = await fetch(URL, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(GIVE_UP_AFTER),
    });
    if (response.status === DECLINED) return { kind: "declined" };
    if (!response.ok) return { kind: "unavailable" };
    const { order: number } = (await response.json()) as { order: string };
    return { kind: "placed", number };
  } catch {
    return { kind: "unavailable" };
  }
}

export interface Placed {
  number: string;
  email: string;
}

export function remember(placed: Placed): void {
  sessionStorage.setItem(KEY, JSON.stringify(placed));
}

export function lastPlaced(): Placed | undefined {
  const stored = sessionStorage.getItem(KEY);
  return stored === null ? undefined : (JSON.parse(stored) as Placed);
}
