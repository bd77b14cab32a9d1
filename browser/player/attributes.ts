/**
 * Which recorded attributes may be set again at replay.
 *
 * Attributes that hold addresses are refused unless they are known to be
 * harmless where they stand; every other attribute is kept unless it is known
 * to be harmful. The stage's content security policy and rrweb's sandbox stop
 * the same things; this holds when one of them does not.
 */

import { harmlessCss, harmlessPiece } from "./css";
import { isFields } from "./shape";

/** What rrweb may be given as an attribute's value; styles in mutations are objects. */
type Value = string | number | boolean | null | object;

/** Attributes that make a page act, or take away what holds it: never set. */
const FORBIDDEN = new Set([
  "action",
  "allow",
  "archive",
  "autofocus",
  "classid",
  "code",
  "codebase",
  "csp",
  "formaction",
  "http-equiv",
  "imagesrcset",
  "manifest",
  "ping",
  "sandbox",
  "srcdoc",
]);

/** Attributes that hold the address of something the browser would fetch or go to. */
const ADDRESSES = new Set([
  "background",
  "data",
  "dynsrc",
  "href",
  "longdesc",
  "lowsrc",
  "poster",
  "profile",
  "rr_dataurl",
  "src",
  "srcset",
  "xlink:href",
]);

/** Attributes whose value is CSS, or becomes that of one that is. */
const STYLES = new Set([
  "by",
  "clip-path",
  "cursor",
  "fill",
  "filter",
  "from",
  "marker",
  "marker-end",
  "marker-mid",
  "marker-start",
  "mask",
  "stroke",
  "style",
  "to",
  "values",
]);

/** What an animation must not change: addresses and handlers. */
const NOT_ANIMATED = /^\s*(?:[\w-]+:)?(?:href|src|on\w*|style|class|data)\s*$/i;

/** Where rrweb cuts a stylesheet into the texts that it was made of. */
const CUT = "/* rr_split */";

/** Elements that may show what a `data:` address holds. */
const MEDIA = new Set(["audio", "canvas", "feimage", "image", "img", "input", "source", "track", "video"]);
const LINKS = new Set(["a", "area"]);

/** Elements whose name would stand for a property of the document, and hide it from rrweb. */
const HIDING = new Set(["embed", "form", "iframe", "img", "object"]);

const UNKNOWN_HEIGHT = 32;
const UNKNOWN_RATIO = 3 / 2;

/** The elements of which it matters what they are. */
export const NAMED_TAGS: ReadonlySet<string> = new Set([...MEDIA, ...LINKS, ...HIDING, "style"]);

/** `javascript:` as browsers read it: any case, with control characters before and line ends within. */
const SCRIPT_ADDRESS = new RegExp(
  `^[\\0-\\x20]*(?:${["javascript", "vbscript"].map((scheme) => [...scheme].join("[\\t\\n\\r]*")).join("|")})[\\t\\n\\r]*:`,
  "i",
);
const MEDIA_ADDRESS = /^data:(?:image|audio|video)\//i;

/**
 * The value that an attribute may have on an element of this tag (in lower
 * case; "" when it is not known), or `undefined` when it must not be set.
 */
export function harmlessValue(tag: string, name: string, value: unknown): Value | undefined {
  const attribute = name.toLowerCase();
  if (attribute.startsWith("on") || FORBIDDEN.has(attribute)) return undefined;
  if (typeof value === "object" && value !== null) {
    return attribute === "style" && isFields(value) ? harmlessChanges(value) : undefined;
  }
  if (typeof value !== "string") return isPlain(value) ? value : undefined;
  if (SCRIPT_ADDRESS.test(value)) return undefined;
  if (attribute === "_csstext") return value.split(CUT).map(harmlessPart).join(CUT);
  if (STYLES.has(attribute)) return harmlessCss(value);
  if (attribute === "attributename" && NOT_ANIMATED.test(value)) return undefined;
  if (hidesProperty(tag, attribute, value)) return undefined;
  if (attribute === "name" && value.trim().toLowerCase() === "referrer") return undefined;
  return ADDRESSES.has(attribute) && !isHarmlessAddress(tag, value) ? undefined : value;
}

/** Whether the element shows an image from an address that the stage will not fetch. */
export function showsRemoteImage(tag: string, name: string, value: unknown): boolean {
  if (typeof value !== "string" || isHarmlessAddress(tag, value)) return false;
  return (tag === "img" && name === "src") || (tag === "video" && name === "poster");
}

/**
 * A quiet dashed box of the image's own size, so that one that is missing does
 * not look like a fault. Of an image that does not say its size nothing is
 * known but that it is wider than high, more often than not.
 */
export function missingImage(widthAttribute: unknown, heightAttribute: unknown): string {
  const givenHeight = length(heightAttribute);
  const width = length(widthAttribute) ?? (givenHeight ?? UNKNOWN_HEIGHT) * UNKNOWN_RATIO;
  const height = givenHeight ?? width / UNKNOWN_RATIO;
  return `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" ` +
      'fill="#8882" stroke="#888b" stroke-width="2" stroke-dasharray="4 4"/></svg>',
  )}`;
}

/** Of these elements some are known to the document by their name, some by their id. */
function hidesProperty(tag: string, attribute: string, value: string): boolean {
  const names = attribute === "name" || (attribute === "id" && (tag === "img" || tag === "object"));
  return names && HIDING.has(tag) && value in document;
}

/** A stylesheet that was in one piece stays as it is; of several, none goes on in the next. */
function harmlessPart(css: string, _: number, parts: string[]): string {
  return parts.length === 1 ? harmlessCss(css) : harmlessPiece(css);
}

/** Changes of single properties: a value, a value with its priority, or `false` for one that is gone. */
function harmlessChanges(changes: Record<string, unknown>): object {
  const harmless = (value: unknown) => (typeof value === "string" ? harmlessCss(value) : value);
  const change = (value: unknown) => (Array.isArray(value) ? value.map(harmless) : harmless(value));
  return Object.fromEntries(Object.entries(changes).map(([property, value]) => [property, change(value)]));
}

function isPlain(value: unknown): value is number | boolean | null {
  return value === null || typeof value === "number" || typeof value === "boolean";
}

function isHarmlessAddress(tag: string, value: string): boolean {
  if (value.startsWith("#") || value === "") return true;
  if (LINKS.has(tag)) return !/^\s*data:/i.test(value);
  return MEDIA.has(tag) && MEDIA_ADDRESS.test(value);
}

function length(attribute: unknown): number | undefined {
  const pixels = /^\s*(\d+)(?:px)?\s*$/.exec(String(attribute))?.[1];
  return Number(pixels) || undefined;
}
