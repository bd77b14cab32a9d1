// Between the component interface (wit/hindsight.wit) and the functions of plugin.d.ts, so
// that plugin.ts reads the same whether it becomes a plugin.wasm or a plugin.js.

import type { Element, Event, Fields, SessionInfo } from "../plugin";
import { analyze } from "./plugin";

/** So many events come at once. */
const EVENTS = 512;

interface WireEvent {
  at: number;
  page: number;
  kind: { tag: string; val?: any };
}

interface Batch {
  events: WireEvent[];
  elements: Element[];
}

interface Timeline {
  info(): SessionInfo;
  next(max: number): Batch;
}

export const analyzer = {
  async analyze(timeline: Timeline, settings: string) {
    try {
      const session = { info: timeline.info(), [Symbol.iterator]: () => walk(timeline) };
      const { findings = [], facts = [], score } = await analyze(session, JSON.parse(settings));
      return {
        findings: findings.map((finding) => ({
          severity: "info",
          title: "",
          detail: "",
          ...finding,
          fields: wireFields(finding.fields),
        })),
        facts: facts.map((fact) => ({ ...fact, fields: wireFields(fact.fields) })),
        score: score && { why: "", ...score },
      };
    } catch (error) {
      // The interface has a text for what went wrong; anything else would end the component.
      throw error instanceof Error ? `${error}\n${error.stack}` : String(error);
    }
  },
};

function* walk(timeline: Timeline): Generator<Event> {
  for (let batch = timeline.next(EVENTS); batch.events.length > 0; batch = timeline.next(EVENTS)) {
    for (const { at, page, kind } of batch.events) {
      yield { at, page, kind: kind.tag, ...flat(kind.tag, kind.val, batch.elements) } as Event;
    }
  }
}

/**
 * The fields of an event: some kinds have a single value, which has a name in plugin.d.ts, and
 * elements come as numbers of those of the batch.
 */
function flat(tag: string, value: any, elements: Element[]): object {
  switch (tag) {
    case "focus":
    case "blur":
      return { target: elements[value] };
    case "click":
    case "input":
    case "scroll":
    case "mutation":
      return { ...value, target: elements[value.target] ?? null };
    case "selection":
    case "copy":
      return { text: value };
    case "idle":
      return { lasted: value };
    default:
      return value ?? {};
  }
}

function wireFields(fields: Fields = {}) {
  return Object.entries(fields).map(([name, value]) => {
    const tag = typeof value === "string" ? "text" : typeof value === "number" ? "number" : "flag";
    return { name, value: { tag, val: value } };
  });
}
