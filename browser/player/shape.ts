/**
 * Which events rrweb can play.
 *
 * Anybody who has the public write key can send events, and one of the wrong
 * shape makes rrweb's player throw. This looks at the parts of an event that
 * rrweb reads without asking; what nodes and attributes hold is for `sanitise.ts`.
 */

import { EventType, IncrementalSource } from "rrweb";

/**
 * - `playable`: rrweb can play it.
 * - `silent`: well formed or of a kind not known here, but nothing to show.
 * - `bad`: would break the player.
 */
export type Verdict = "playable" | "silent" | "bad";

export type Fields = Record<string, unknown>;

type Check = (data: Fields) => boolean;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function examine(event: unknown): Verdict {
  if (!isFields(event) || !isNumber(event.type) || !isNumber(event.timestamp)) return "bad";
  if (event.type === EventType.IncrementalSnapshot) return examineIncremental(event.data);
  const check = EVENT_CHECKS[event.type];
  if (!check) return "silent";
  return isFields(event.data) && check(event.data) ? "playable" : "bad";
}

function examineIncremental(data: unknown): Verdict {
  if (!isFields(data) || !isNumber(data.source)) return "bad";
  const check = SOURCE_CHECKS[data.source];
  if (!check) return "silent";
  return check(data) ? "playable" : "bad";
}

const isText = (value: unknown) => typeof value === "string";
const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isListOfFields = (value: unknown): value is Fields[] => isList(value) && value.every(isFields);
const isAbsentOr = (check: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || value === null || check(value);

/** A check that holds when every named field passes its own. */
function fields(checks: Record<string, (value: unknown) => boolean>): Check {
  const named = Object.entries(checks);
  return (data) => named.every(([name, check]) => check(data[name]));
}

const isSize = fields({ width: isNumber, height: isNumber });
const isPosition = fields({ x: isNumber, y: isNumber, id: isNumber, timeOffset: isNumber });
const isDocument = fields({ id: isNumber, type: (type) => type === 0 });
const isAdd = fields({ parentId: isNumber, node: (node) => isFields(node) && isNumber(node.id) });
const isMove = fields({
  positions: (positions) => isListOfFields(positions) && positions.length > 0 && positions.every(isPosition),
});
const isAdopted = fields({ styleId: isNumber, rules: isListOfFields });

const EVENT_CHECKS: Record<number, Check> = {
  [EventType.Meta]: isSize,
  [EventType.FullSnapshot]: fields({ node: (node) => isFields(node) && isDocument(node) }),
  [EventType.Custom]: fields({ tag: isText }),
};

/** The highest `MouseInteractions` of rrweb: the player looks the name up without asking. */
const LAST_MOUSE_INTERACTION = 10;

/** Sources that are not here have nothing to show: canvas calls, for one, are never played. */
const SOURCE_CHECKS: Record<number, Check> = {
  [IncrementalSource.Mutation]: fields({
    adds: (adds) => isListOfFields(adds) && adds.every(isAdd),
    removes: isListOfFields,
    texts: isListOfFields,
    attributes: (list) => isListOfFields(list) && list.every((each) => isFields(each.attributes)),
  }),
  [IncrementalSource.MouseMove]: isMove,
  [IncrementalSource.TouchMove]: isMove,
  [IncrementalSource.Drag]: isMove,
  [IncrementalSource.MouseInteraction]: fields({
    id: isNumber,
    type: (type) => isNumber(type) && type >= 0 && type <= LAST_MOUSE_INTERACTION && Number.isInteger(type),
  }),
  [IncrementalSource.Scroll]: fields({ id: isNumber, x: isNumber, y: isNumber }),
  [IncrementalSource.ViewportResize]: isSize,
  [IncrementalSource.Input]: fields({ id: isNumber, text: isText }),
  [IncrementalSource.MediaInteraction]: fields({ id: isNumber, type: isNumber }),
  [IncrementalSource.StyleSheetRule]: fields({
    adds: isAbsentOr(isListOfFields),
    removes: isAbsentOr(isListOfFields),
  }),
  [IncrementalSource.StyleDeclaration]: fields({
    index: isList,
    set: isAbsentOr(isFields),
    remove: isAbsentOr(isFields),
  }),
  [IncrementalSource.Font]: fields({ family: isText, fontSource: isText }),
  [IncrementalSource.Selection]: fields({ ranges: isListOfFields }),
  [IncrementalSource.AdoptedStyleSheet]: fields({
    id: isNumber,
    styleIds: isList,
    styles: isAbsentOr((styles) => isListOfFields(styles) && styles.every(isAdopted)),
  }),
};
