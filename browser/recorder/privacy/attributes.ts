import { withoutSecrets } from "./addresses";
import type { AttributeRecord } from "./events";
import { type Exposure, MASKED, SECRET } from "./exposure";
import type { Rules } from "./rules";
import { concealSecret, isField } from "./secrets";
import { asterisks, bareUrl, isScriptUrl, maskPersonal, maskPersonalUrl } from "./text";

/** What decides on a value: whose it is, how much of that may be seen, and what the settings say. */
export interface Place {
  element: Element;
  exposure: Exposure;
  rules: Rules;
}

/** Attributes that people read. */
const TEXT_ATTRIBUTES = setOf(
  "title alt label placeholder content summary aria-label aria-description aria-placeholder aria-valuetext download",
);
const URL_ATTRIBUTES = setOf(
  "href src srcset action formaction poster background cite data ping rr_src xlink:href",
);
/** What gives an element its looks. Pages mirror what is in a field in any other attribute. */
const SHAPE_ATTRIBUTE =
  /^(_.*|rr_.*|data-rr-.*|aria-(?!value).*|class|id|style|type|name|for|role|part|slot|dir|lang|hidden|disabled|readonly|required|open|multiple|tabindex|autocomplete|inputmode|maxlength|size|rows|cols|width|height|colspan|rowspan)$/;
const SVG = "http://www.w3.org/2000/svg";
/** Code, code in disguise, and the key to the page's content policy: a replay runs none of it. */
const CODE_ATTRIBUTE = /^(on.*|srcdoc|nonce)$/;
/** Where pages leave tokens for their scripts to find. */
const TOKEN_META = /csrf|xsrf|token|nonce|verif/i;
const CSS_URL = /url\([^)]*\)/g;

/** Rewrites attributes in place so that they show no more of their element than they may. */
export function cleanAttributes(attributes: AttributeRecord, place: Place): void {
  for (const [name, value] of Object.entries(attributes)) {
    const clean = cleanAttribute(name.toLowerCase(), value, place);
    if (clean === undefined) delete attributes[name];
    else attributes[name] = clean;
  }
}

/** Text that is shown on the page. */
export function cleanText(text: string, { exposure, rules }: Omit<Place, "element">): string {
  if (exposure >= SECRET) return text.trim() && concealSecret(text);
  if (exposure >= MASKED) return asterisks(text);
  return rules.maskPersonal ? maskPersonal(text) : text;
}

/** What is in a field. */
export function cleanValue(value: string, place: Place): string {
  if (place.exposure >= SECRET) return concealSecret(value);
  if (place.rules.maskInputs && isField(place.element) && !isButton(place.element)) return asterisks(value);
  return isField(place.element) ? cleanText(value, place) : value;
}

/** Whether what was chosen in a checkbox, a radio group or a list is to be hidden. */
export function isChoiceHidden({ element, exposure, rules }: Place): boolean {
  const typingIsHidden = exposure >= MASKED || rules.maskInputs;
  return exposure >= SECRET || (typingIsHidden && element.localName === "option");
}

/** The value to record, or `undefined` for none. */
function cleanAttribute(name: string, value: unknown, place: Place): unknown {
  if (CODE_ATTRIBUTE.test(name)) return undefined;
  if (name === "checked" || name === "selected") return isChoiceHidden(place) ? undefined : value;
  if (name === "style") return cleanStyle(value, place);
  if (typeof value !== "string" || value === "") return value;
  if (name === "value") return cleanValue(value, place);
  if (URL_ATTRIBUTES.has(name)) return cleanUrl(value, place);
  if (place.element.localName === "meta" && isMachineMeta(place.element)) return undefined;
  // In place of an empty field's placeholder, a mask would look like a value.
  if (name === "placeholder" && place.exposure >= SECRET) return undefined;
  if (TEXT_ATTRIBUTES.has(name)) return cleanText(value, place);
  return place.exposure < SECRET || isShape(name, place.element) ? value : concealSecret(value);
}

function isShape(name: string, element: Element): boolean {
  return SHAPE_ATTRIBUTE.test(name) || (element.namespaceURI === SVG && !name.startsWith("data-"));
}

function cleanUrl(url: string, { exposure, rules }: Place): string | undefined {
  // Whoever clicks on it takes it for a link all the same.
  if (isScriptUrl(url)) return "";
  if (exposure >= SECRET) return undefined;
  if (exposure >= MASKED) return bareUrl(url);
  return rules.maskPersonal ? maskPersonalUrl(withoutSecrets(url)) : withoutSecrets(url);
}

/** A style attribute, which is an object in mutations. */
function cleanStyle(style: unknown, { exposure, rules }: Place): unknown {
  const plain = exposure >= SECRET ? withoutCustomProperties(style) : style;
  return rules.maskEverything ? withoutImages(plain) : plain;
}

/** Pages hand what is in a field to their style sheets in custom properties. */
function withoutCustomProperties(style: unknown): unknown {
  if (typeof style !== "string") {
    return Object.fromEntries(Object.entries(style ?? {}).filter(([property]) => !property.startsWith("--")));
  }
  if (!style.includes("--")) return style;
  const parsed = document.implementation.createHTMLDocument("").body.style;
  parsed.cssText = style;
  for (const property of [...parsed]) if (property.startsWith("--")) parsed.removeProperty(property);
  return parsed.cssText;
}

/** The style without the pictures it names. */
function withoutImages(style: unknown): unknown {
  return JSON.parse(JSON.stringify(style).replace(CSS_URL, "none"));
}

function isMachineMeta(meta: Element): boolean {
  return meta.hasAttribute("http-equiv") || TOKEN_META.test(meta.getAttribute("name") ?? "");
}

/** Buttons show their value as their label. */
function isButton(element: Element): boolean {
  return (
    element.localName === "button" || /^(button|submit|reset)$/i.test(element.getAttribute("type") ?? "")
  );
}

function setOf(names: string): Set<string> {
  return new Set(names.split(" "));
}
