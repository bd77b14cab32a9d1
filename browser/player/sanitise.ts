/**
 * Makes recorded nodes harmless before rrweb builds them.
 *
 * One pass, in place, without recursion: scripts lose their text, elements that
 * act on the document or fetch something lose what they act with, and whatever
 * would make rrweb throw (a node without children, a tag that cannot be
 * created) is mended. What attributes may hold is `attributes.ts`.
 */

import { harmlessValue, missingImage, NAMED_TAGS, showsRemoteImage } from "./attributes";
import { harmlessCss, harmlessPiece } from "./css";
import { type Fields, isFields, isNumber } from "./shape";
import { restoreStyle, type StyleMap } from "./styles";

/** What a mutation brings along. */
interface Mutation {
  adds: { parentId: number; node: unknown }[];
  texts: { id: number; value: string | null }[];
  attributes: { id: number; attributes: object }[];
}

const NODE = { document: 0, doctype: 1, element: 2, text: 3, cdata: 4, comment: 5 };
const NODE_TYPES: ReadonlySet<number> = new Set(Object.values(NODE));

/** No honest page is deeper, and rrweb and the browser's layout recurse into what is. */
const MAX_DEPTH = 1024;

const TAG = /^[a-z_][\w.-]*(?::[a-z_][\w.-]*)?$/i;
/** Names of elements that a page can define. */
const CUSTOM_TAG =
  /^(?!(?:annotation-xml|color-profile|font-face(?:-(?:src|uri|format|name))?|missing-glyph)$)[a-z][a-z0-9._]*-[a-z0-9._-]*$/;

/** Sanitises the nodes of one stream, in the order of its events. */
export class Sanitiser {
  /** The tags of elements that it matters of, for mutations that name an element only by id. */
  private readonly tags = new Map<number, string>();
  /** Texts of stylesheets. */
  private readonly styleTexts = new Set<number>();
  /** Other texts that were changed: rrweb would put them into a stylesheet as they are. */
  private readonly changedTexts = new Set<number>();

  /** Sanitises a full snapshot, in which every element is that later mutations name; returns how many. */
  snapshot(root: Fields, styles: StyleMap): number {
    this.tags.clear();
    this.styleTexts.clear();
    this.changedTexts.clear();
    return this.tree(root, styles);
  }

  /**
   * Sanitises a node and all below it, its stylesheets put back; returns how
   * many elements there are. `parent`: the element that a mutation adds it to.
   */
  tree(root: Fields, styles: StyleMap, parent?: unknown): number {
    let elements = 0;
    const pending = [{ node: root, depth: 1, within: this.tagOf(parent) }];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const { node, depth, within } = next;
      if (node.type === NODE.element) {
        elements += 1;
        this.element(node, styles);
      }
      const children = mend(node, depth);
      if (node.type === NODE.text) this.addText(node, within);
      const tag = node.type === NODE.element ? tagName(node) : "";
      for (const child of children) pending.push({ node: child, depth: depth + 1, within: tag });
    }
    return elements;
  }

  /** What a text becomes that a mutation changes. */
  private text(id: number, value: string | null): string | null {
    if (typeof value !== "string") return null;
    if (this.styleTexts.has(id)) return harmlessPiece(value);
    this.changedTexts.add(id);
    return value;
  }

  /** Sanitises all that a mutation adds and changes. */
  mutation({ adds, texts, attributes }: Mutation, styles: StyleMap): void {
    for (const { parentId, node } of adds) this.tree(node as Fields, styles, parentId);
    for (const text of texts) text.value = this.text(text.id, text.value);
    for (const each of attributes) this.attributes(each.id, each.attributes as Fields, styles);
  }

  /** Sanitises the attributes that a mutation sets on the element with this id. */
  private attributes(id: unknown, attributes: Fields, styles: StyleMap): void {
    restoreStyle(attributes, styles);
    this.keepHarmless(this.tagOf(id), attributes);
  }

  private tagOf(id: unknown): string {
    return (isNumber(id) && this.tags.get(id)) || "";
  }

  private addText(node: Fields, within: string): void {
    const id = node.id as number;
    if (within !== "style") this.styleTexts.delete(id);
    else if (this.changedTexts.has(id)) node.type = NODE.comment;
    else {
      this.styleTexts.add(id);
      node.textContent = harmlessPiece(node.textContent as string);
    }
  }

  private element(node: Fields, styles: StyleMap): void {
    const tag = tagName(node);
    if (!TAG.test(tag)) node.tagName = "div";
    if (node.isCustom && !CUSTOM_TAG.test(String(node.tagName))) delete node.isCustom;
    if (!isFields(node.attributes)) node.attributes = {};
    restoreStyle(node.attributes as Fields, styles);
    if (tag === "script") emptyScript(node);
    if (tag === "link" || tag === "meta" || tag === "base") disarm(tag, node.attributes as Fields);
    this.remember(node.id, tag);
    this.keepHarmless(tag, node.attributes as Fields);
  }

  private remember(id: unknown, tag: string): void {
    if (!isNumber(id)) return;
    if (NAMED_TAGS.has(tag)) this.tags.set(id, tag);
    else this.tags.delete(id);
  }

  private keepHarmless(tag: string, attributes: Fields): void {
    for (const [name, value] of Object.entries(attributes)) {
      const kept = showsRemoteImage(tag, name, value)
        ? replacement(attributes)
        : harmlessValue(tag, name, value);
      if (kept === undefined) delete attributes[name];
      else attributes[name] = kept;
    }
  }
}

/** Sanitises rules and values that scripts of the page set. */
export function sanitiseStyles(data: Fields): void {
  for (const name of ["replace", "replaceSync"]) harmlessField(data, name);
  if (isFields(data.set)) harmlessField(data.set, "value");
  const sheets = Array.isArray(data.styles) ? data.styles.filter(isFields) : [];
  for (const rules of [data.adds, ...sheets.map((sheet) => sheet.rules)]) {
    if (Array.isArray(rules)) for (const rule of rules.filter(isFields)) harmlessField(rule, "rule");
  }
}

function harmlessField(fields: Fields, name: string): void {
  const css = fields[name];
  if (typeof css === "string") fields[name] = harmlessCss(css);
}

function tagName(node: Fields): string {
  return String(node.tagName).toLowerCase();
}

/** An image that was recorded with its content shows that; others show that they are missing. */
function replacement(attributes: Fields): string | undefined {
  return attributes.rr_dataURL ? undefined : missingImage(attributes.width, attributes.height);
}

/** rrweb makes `<noscript>` of a script, but only of one written in lower case. */
function emptyScript(node: Fields): void {
  node.tagName = "noscript";
  node.attributes = {};
  node.childNodes = [];
}

/**
 * Leaves a stylesheet its recorded rules and a colour scheme its name. Without
 * `rel` rrweb does not wait for stylesheets that nobody will fetch.
 */
function disarm(tag: string, attributes: Fields): void {
  if (typeof attributes._cssText === "string" && attributes._cssText !== "") return;
  if (tag === "meta" && attributes.name === "color-scheme") return;
  for (const name of Object.keys(attributes)) delete attributes[name];
}

/** Gives a node the fields that rrweb reads without asking; returns its children. */
function mend(node: Fields, depth: number): Fields[] {
  switch (node.type) {
    case NODE.document:
    case NODE.element:
      return mendChildren(node, depth);
    case NODE.cdata:
      // An HTML document cannot hold CDATA: creating it throws.
      node.type = NODE.comment;
      break;
  }
  if (node.type !== NODE.doctype && typeof node.textContent !== "string") node.textContent = "";
  return [];
}

function mendChildren(node: Fields, depth: number): Fields[] {
  const children = Array.isArray(node.childNodes) && depth < MAX_DEPTH ? node.childNodes : [];
  const nodes = children.every(isNode) ? children : children.filter(isNode);
  node.childNodes = nodes;
  return nodes;
}

function isNode(value: unknown): value is Fields {
  return isFields(value) && isNumber(value.id) && isNumber(value.type) && NODE_TYPES.has(value.type);
}
