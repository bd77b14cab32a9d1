const EUROS = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });

/** Prices are whole cents everywhere; only people see euros. */
export function money(cents: number): string {
  return EUROS.format(cents / 100);
}
