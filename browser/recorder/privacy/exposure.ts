import type { Rules } from "./rules";
import { isSecretField } from "./secrets";

/** How much of a node is recorded: each level hides more than the one before. */
export const SHOWN = 0;
/** Text becomes asterisks. */
export const MASKED = 1;
/** Nothing of the content, not even its length. */
export const SECRET = 2;
/** Not part of the recording. */
export const BLOCKED = 3;
export type Exposure = typeof SHOWN | typeof MASKED | typeof SECRET | typeof BLOCKED;

/**
 * Answers how much of a live node may be recorded: as little as the strictest
 * of its ancestors asks for, across shadow roots and embedded documents (which
 * `Element.closest`, and so rrweb, does not look through).
 *
 * Answers are remembered: use one instance only while the page cannot change.
 */
export class Exposures {
  private readonly answers = new Map<Node, Exposure>();

  constructor(private readonly rules: Rules) {}

  of(node: Node): Exposure {
    const remembered = this.answers.get(node);
    if (remembered !== undefined) return remembered;
    const parent = parentOf(node);
    const inherited = parent ? this.of(parent) : this.rules.maskEverything ? MASKED : SHOWN;
    const exposure = Math.max(inherited, this.own(node)) as Exposure;
    this.answers.set(node, exposure);
    return exposure;
  }

  private own(node: Node): Exposure {
    if (!isElement(node)) return SHOWN;
    if (node.matches(this.rules.block)) return BLOCKED;
    if (node.matches(this.rules.ignore) || isSecretField(node)) return SECRET;
    return node.matches(this.rules.mask) ? MASKED : SHOWN;
  }
}

export function isElement(node: Node): node is Element {
  return node.nodeType === Node.ELEMENT_NODE;
}

function parentOf(node: Node): Node | null {
  if (node.nodeType === Node.DOCUMENT_NODE) return (node as Document).defaultView?.frameElement ?? null;
  return node.parentNode ?? (node as ShadowRoot).host ?? null;
}
