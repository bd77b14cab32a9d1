import { cleanText, cleanValue } from "./attributes";
import { BLOCKED, Exposures } from "./exposure";
import type { Rules } from "./rules";

/** A select-all on an endless page is not worth more of the visitor's time. */
const MAX_NODES = 5_000;

/** What is selected in the field, or else in its page, as far as it may be seen. */
export function selectedText(target: EventTarget | undefined, rules: Rules): string {
  const exposures = new Exposures(rules);
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
    const selected = target.value.slice(target.selectionStart ?? 0, target.selectionEnd ?? 0);
    return cleanValue(selected, { element: target, exposure: exposures.of(target), rules });
  }
  const selection = getSelection();
  const range = selection?.rangeCount ? selection.getRangeAt(0) : undefined;
  return range ? textIn(range, exposures, rules) : "";
}

function textIn(range: Range, exposures: Exposures, rules: Rules): string {
  const { commonAncestorContainer, startContainer, startOffset, endContainer, endOffset } = range;
  const walker = document.createTreeWalker(commonAncestorContainer, NodeFilter.SHOW_TEXT);
  const parts: string[] = [];
  let node: Node | null = walker.currentNode;
  for (let count = 0; node && count < MAX_NODES; count += 1, node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!(node instanceof Text) || !parent?.checkVisibility?.() || !range.intersectsNode(node)) continue;
    const exposure = exposures.of(parent);
    const from = node === startContainer ? startOffset : 0;
    const to = node === endContainer ? endOffset : undefined;
    if (exposure < BLOCKED) parts.push(cleanText(node.data.slice(from, to), { exposure, rules }));
  }
  return parts.join("");
}
