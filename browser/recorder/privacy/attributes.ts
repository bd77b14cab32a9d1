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
  "title alt label placeholder content summary aria-label aria-description aria-placeholder aria-valuetext",
);
const URL_ATTRIBUTES = setOf(
  "href src srcset action formaction poster background cite data ping rr_src xlink:href",
);
/** Attributes in which frameworks mirror what is in a field, and which a replay can do without. */
const MIRROR_ATTRIBUTE = /^(data-(?!rr-)|ng-reflect-)/;
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
  if (name === "style") return place.rules.maskEverything ? withoutImages(value) : value;
  if (typeof value !== "string" || value === "") return value;
  if (name === "value") return cleanValue(value, place);
  if (URL_ATTRIBUTES.has(name)) return cleanUrl(value, place);
  if (place.element.localName === "meta" && isMachineMeta(place.element)) return undefined;
  if (TEXT_ATTRIBUTES.has(name)) return cleanText(value, place);
  return place.exposure >= SECRET && MIRROR_ATTRIBUTE.test(name) ? concealSecret(value) : value;
}

function cleanUrl(url: string, { exposure, rules }: Place): string | undefined {
  if (isScriptUrl(url) || exposure >= SECRET) return undefined;
  if (exposure >= MASKED) return bareUrl(url);
  return rules.maskPersonal ? maskPersonalUrl(url) : url;
}

/** A style attribute, which is an object in mutations, without the pictures it names. */
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
