/**
 * Which form fields hold a secret. What is in them never leaves the page,
 * whatever the preset, not even its length.
 */

/** What stands in for a secret; "" stays "" so that a replay shows whether a field was filled. */
const SECRET_MASK = "********";

/** Passwords, one-time codes and everything on a payment card, by the names the HTML standard gives them. */
const SECRET_AUTOCOMPLETE = /(^|\s)(cc-|one-time-code|(current|new)-password)/i;

/** Fields that are shown in clear text and say by their name what they are for. */
export const SECRET_NAME = /passw|pwd|passcode|card-?num|cvc|cvv|\botp|[-_]otp/i;

const FIELD_TAGS = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/**
 * A field that was a secret once stays one: "show password" buttons turn
 * `type="password"` into `type="text"` under our eyes.
 */
const known = new WeakSet<Element>();

/** Names and ids of password fields: some pages replace the field to show what is in it. */
const knownNames = new Set<string>();

export function concealSecret(text: string): string {
  return text === "" ? "" : SECRET_MASK;
}

/** Whether `element` is something a visitor types or chooses in. */
export function isField(element: Element): boolean {
  // Custom elements that wrap a field take its attributes: <sl-input type="password">.
  return FIELD_TAGS.has(element.tagName) || element.localName.includes("-");
}

export function isSecretField(element: Element): boolean {
  if (!isField(element)) return false;
  if (known.has(element)) return true;
  const type = (element.getAttribute("type") ?? "").toLowerCase();
  // rrweb leaves `data-rr-is-password` on a field whose type it saw change.
  const password = type === "password" || element.hasAttribute("data-rr-is-password");
  if (password) for (const name of namesOf(element)) knownNames.add(name);
  const secret = password || type === "hidden" || isSecretByName(element, type);
  if (secret) known.add(element);
  return secret;
}

function isSecretByName(element: Element, type: string): boolean {
  if (SECRET_AUTOCOMPLETE.test(element.getAttribute("autocomplete") ?? "")) return true;
  const plainText = element.tagName === "INPUT" && (type === "" || type === "text");
  return plainText && namesOf(element).some((name) => SECRET_NAME.test(name) || knownNames.has(name));
}

function namesOf(element: Element): string[] {
  return [element.getAttribute("name"), element.id].filter((name): name is string => Boolean(name));
}
