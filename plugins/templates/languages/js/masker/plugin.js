// @ts-check

/**
 * Hides customer numbers: the prefix, and digits that end with the word.
 *
 * @type {import("./plugin").Mask<{ prefix: string }>}
 */
export function mask(spans, settings) {
  const prefix = settings.prefix.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const number = new RegExp(`\\b${prefix}\\d+\\b`, "g");
  return spans.flatMap((span, index) => {
    const secrets = [...new Set(span.text.match(number))].map((value) => ({
      value,
      with: `${settings.prefix}…`,
      kind: "customer number",
    }));
    return secrets.length === 0 ? [] : [{ index, edit: /** @type {const} */ ("hide"), secrets }];
  });
}
