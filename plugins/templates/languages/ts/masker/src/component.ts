// Between the component interface (wit/hindsight.wit) and the functions of plugin.d.ts, so
// that plugin.ts reads the same whether it becomes a plugin.wasm or a plugin.js.

import type { Change, Span } from "../plugin";
import { mask } from "./plugin";

export const masker = {
  async mask(spans: Span[], settings: string) {
    try {
      const changes = await mask(spans, JSON.parse(settings));
      return changes.map((change) => ({ index: change.index, edit: wireEdit(change) }));
    } catch (error) {
      // The interface has a text for what went wrong; anything else would end the component.
      throw error instanceof Error ? `${error}\n${error.stack}` : String(error);
    }
  },
};

function wireEdit(change: Change) {
  if (change.edit !== "hide") return { tag: change.edit };
  return { tag: "hide", val: change.secrets.map((secret) => ({ with: "", kind: "", ...secret })) };
}
