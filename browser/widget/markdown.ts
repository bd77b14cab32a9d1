/**
 * The Markdown that assistants write, as DOM: paragraphs, lists, emphasis, code
 * and links. What is anything else stays the text it is.
 */

import { make } from "./element";
import { isOwnSite, safeUrl } from "./links";

/** An answer is not longer than this. */
export const MAX_ANSWER = 50_000;
/** Emphasis within emphasis within emphasis is enough. */
const MAX_DEPTH = 3;

type Kind = "p" | "ul" | "ol" | "pre";

interface Block {
  kind: Kind;
  /** The lines of a paragraph or of code; the items of a list. */
  lines: string[];
}

const FENCE = /^ {0,3}(```|~~~)/;
const ITEM = /^ {0,8}(?:([-*+])|\d{1,9}[.)])\s+(.*)$/;
const HEADING = /^ {0,3}#{1,6}\s+(.*?)\s*#*$/;

/** Code, a link, an address, strong text twice, emphasis twice. Each has a bound, so that no text takes long. */
const INLINE =
  /`([^`\n]{1,500})`|\[([^\]\n]{1,300})\]\(\s*<?([^\s()<>]{1,2000}(?:\([^\s()<>]{0,300}\))?)>?(?:\s+"[^"\n]{0,300}")?\s*\)|(https?:\/\/[^\s<>"]{1,2000})|\*\*(?=\S)([^\n]{1,500}?)\*\*|__(?=\S)([^\n]{1,500}?)__(?!\w)|\*(?=[^\s*])([^*\n]{1,500})\*|_(?=[^\s_])([^_\n]{1,500})_(?!\w)/g;

/**
 * An answer on its way: the parts that are complete stay as they are when more
 * arrives, so that neither a selection nor a recording has to start over.
 */
export class RichText {
  readonly element = make("div", { class: "text", dir: "auto" });
  private shown: string[] = [];

  /** Shows the text as far as it has come. */
  show(text: string): void {
    const blocks = blocksOf(text.slice(0, MAX_ANSWER));
    const keys = blocks.map((block) => JSON.stringify(block));
    const { children } = this.element;
    blocks.forEach((block, index) => {
      if (keys[index] === this.shown[index]) return;
      const made = render(block);
      const before = children[index];
      if (before) before.replaceWith(made);
      else this.element.append(made);
    });
    while (children.length > blocks.length) this.element.lastElementChild?.remove();
    this.shown = keys;
  }
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let fence = "";
  const begin = (kind: Kind, ...lines: string[]): Block => {
    const block = { kind, lines };
    blocks.push(block);
    return block;
  };
  for (const line of text.split(/\r?\n/)) {
    const mark = FENCE.exec(line)?.[1] ?? "";
    if (fence !== "") {
      if (mark === fence) [fence, open] = ["", undefined];
      else open?.lines.push(line);
    } else if (mark !== "") {
      fence = mark;
      open = begin("pre");
    } else if (line.trim() === "") {
      // The items of a list may stand apart.
      if (open?.kind === "p") open = undefined;
    } else {
      open = continued(line, open, begin);
    }
  }
  return blocks;
}

function continued(
  line: string,
  open: Block | undefined,
  begin: (kind: Kind, ...lines: string[]) => Block,
): Block | undefined {
  const item = ITEM.exec(line);
  if (item) {
    const kind = item[1] ? "ul" : "ol";
    const list = open?.kind === kind ? open : begin(kind);
    list.lines.push(item[2] ?? "");
    return list;
  }
  const heading = HEADING.exec(line)?.[1];
  if (heading) {
    begin("p", `**${heading}**`);
    return undefined;
  }
  if (open?.kind === "p") {
    open.lines.push(line.trim());
    return open;
  }
  if (open && /^\s/.test(line)) {
    open.lines.push(`${open.lines.pop() ?? ""}\n${line.trim()}`);
    return open;
  }
  return begin("p", line.trim());
}

function render({ kind, lines }: Block): HTMLElement {
  if (kind === "pre") return make("pre", { tabindex: 0, dir: "ltr" }, make("code", {}, lines.join("\n")));
  if (kind === "p") return make("p", {}, ...broken(lines));
  return make(kind, {}, ...lines.map((line) => make("li", {}, ...broken(line.split("\n")))));
}

/** Lines with breaks between them. */
function broken(lines: string[]): Node[] {
  return lines.flatMap((line, index) => [...(index > 0 ? [make("br")] : []), ...inline(line, 0)]);
}

function inline(text: string, depth: number): Node[] {
  if (depth > MAX_DEPTH) return [document.createTextNode(text)];
  const nodes: Node[] = [];
  let end = 0;
  const plain = (upTo: number) => {
    if (upTo > end) nodes.push(document.createTextNode(text.slice(end, upTo)));
  };
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, label, target, address, starred, lined, starredOnce, linedOnce] = match;
    // snake_case is no emphasis.
    const isInWord = (lined ?? linedOnce) !== undefined && /\w/.test(text[match.index - 1] ?? "");
    if (isInWord) continue;
    plain(match.index);
    end = match.index + whole.length;
    const strong = starred ?? lined;
    const soft = starredOnce ?? linedOnce;
    if (code !== undefined) nodes.push(make("code", {}, code));
    else if (label !== undefined) nodes.push(...link(target ?? "", inline(label, MAX_DEPTH)));
    else if (address !== undefined) end -= pushAddress(nodes, address);
    else if (strong !== undefined) nodes.push(make("strong", {}, ...inline(strong, depth + 1)));
    else nodes.push(make("em", {}, ...inline(soft ?? "", depth + 1)));
  }
  plain(text.length);
  return nodes;
}

/** Adds a link to an address in the text. Returns how much of its end belongs to the sentence around it. */
function pushAddress(nodes: Node[], address: string): number {
  const bare = address.replace(/[.,;:!?)\]*_'"]{1,20}$/, "");
  nodes.push(...link(bare, [document.createTextNode(bare)]));
  return address.length - bare.length;
}

/** A link, or what it would have said where the address is none that a link may lead to. */
export function link(address: string, label: Node[]): Node[] {
  const href = safeUrl(address);
  if (href === undefined) return label;
  const away: Record<string, string> = isOwnSite(href)
    ? {}
    : { target: "_blank", rel: "noopener noreferrer" };
  return [make("a", { href, ...away }, ...label)];
}
