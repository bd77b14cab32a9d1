/** Replaces text, or parts of it, so that the page keeps its shape. */

const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}/g;
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g;
/** Phone, card and account numbers: many digits, perhaps in groups. */
const LONG_NUMBER = /\+?(?:\d[ ().-]{0,2}){8,}\d|\d{6,}/g;
const DATE = /^\d{4}-\d\d-\d\d/;

/** An address in a text: up to its query or fragment, those, and line and column where a stack names a script. */
const ADDRESS = /((?:\b\w+:\/)?\/[^\s?#"'()]*)[?#][^\s"'()]*?((?::\d+){0,2})(?=[\s"'()]|$)/g;

/** URLs that say whom to write or call. */
const CONTACT_URL = /^(mailto|tel|sms):.*/i;
const SCRIPT_URL = /^\W*j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:/i;
const INLINE_URL = /^(data|blob):/i;

export function asterisks(text: string): string {
  return text.replace(/\S/g, "*");
}

/** Replaces what looks like personal data. */
export function maskPersonal(text: string): string {
  const masked = text.includes("@") ? text.replace(EMAIL, asterisks) : text;
  if (!/\d/.test(masked)) return masked;
  return masked
    .replace(IBAN, asterisks)
    .replace(LONG_NUMBER, (number) => (DATE.test(number) ? number : asterisks(number)));
}

/** Replaces what looks like personal data in a URL: the path stays as it is, numbers there name pages. */
export function maskPersonalUrl(url: string): string {
  if (INLINE_URL.test(url)) return url;
  return url
    .replace(CONTACT_URL, "$1:")
    .replace(/[?#].*/s, maskPersonal)
    .replace(EMAIL, asterisks);
}

/** The URL without the parts that carry values. */
export function bareUrl(url: string): string {
  return INLINE_URL.test(url) ? url : url.replace(CONTACT_URL, "$1:").replace(/[?#].*/s, "");
}

/** The text with its addresses cut as by {@link bareUrl}. */
export function withoutQueries(text: string): string {
  return text.replace(ADDRESS, "$1$2");
}

export function isScriptUrl(url: string): boolean {
  return SCRIPT_URL.test(url);
}
