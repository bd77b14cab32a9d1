/** Recordings written by hand: nodes and events in rrweb's format. */

/** The visitor's clock when every recording of these tests starts. */
export const START = 1_700_000_000_000;

export interface RecordedEvent {
  type: number;
  data: Record<string, unknown> | null;
  timestamp: number;
}

export interface RecordedNode {
  id: number;
  type: number;
  [field: string]: unknown;
}

type Attributes = Record<string, unknown>;
type Child = RecordedNode | string;

let lastId = 0;

export function element(tagName: string, attributes: Attributes = {}, ...children: Child[]): RecordedNode {
  lastId += 1;
  return { type: 2, id: lastId, tagName, attributes, childNodes: children.map(asNode) };
}

export function svg(tagName: string, attributes: Attributes = {}, ...children: Child[]): RecordedNode {
  return { ...element(tagName, attributes, ...children), isSVG: true };
}

export function text(textContent: string): RecordedNode {
  lastId += 1;
  return { type: 3, id: lastId, textContent };
}

/** A document with this body, and with this head if there is one. */
export function page(body: Child[], head: Child[] = []): RecordedNode {
  lastId += 1;
  const html = element("html", {}, element("head", {}, ...head), element("body", {}, ...body));
  const doctype = { type: 1, id: -lastId, name: "html", publicId: "", systemId: "" };
  return { type: 0, id: lastId, childNodes: [doctype, html] };
}

/** The two events of a full snapshot. */
export function snapshot(at: number, node: RecordedNode, href = "https://shop.example/"): RecordedEvent[] {
  const meta = event(at, 4, { href, width: 800, height: 600 });
  return [meta, event(at, 2, { node, initialOffset: { left: 0, top: 0 } })];
}

export function event(at: number, type: number, data: RecordedEvent["data"]): RecordedEvent {
  return { type, data, timestamp: START + at };
}

export function custom(at: number, tag: string, payload: unknown): RecordedEvent {
  return event(at, 5, { tag, payload });
}

export function mutation(at: number, changes: Record<string, unknown>): RecordedEvent {
  return event(at, 3, { source: 0, adds: [], removes: [], texts: [], attributes: [], ...changes });
}

export function newText(at: number, { id }: RecordedNode, value: string): RecordedEvent {
  return mutation(at, { texts: [{ id, value }] });
}

export function click(at: number, { id }: RecordedNode): RecordedEvent {
  return event(at, 3, { source: 2, type: 2, id, x: 10, y: 10 });
}

function asNode(child: Child): RecordedNode {
  return typeof child === "string" ? text(child) : child;
}
