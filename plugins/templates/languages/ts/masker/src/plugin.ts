import type { Change, Span } from "../plugin";

interface Settings {
  prefix: string;
}

/** Hides customer numbers: the prefix, and digits that end with the word. */
export function mask(spans: Span[], settings: Settings): Change[] {
  const prefix = settings.prefix.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const number = new RegExp(`\\b${prefix}\\d+\\b`, "g");
  return spans.flatMap((span, index): Change[] => {
    const secrets = [...new Set(span.text.match(number))].map((value) => ({
      value,
      with: `${settings.prefix}…`,
      kind: "customer number",
    }));
    return secrets.length === 0 ? [] : [{ index, edit: "hide", secrets }];
  });
}
