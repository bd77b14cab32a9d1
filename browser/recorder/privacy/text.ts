/** Replaces text, or parts of it, so that the page keeps its shape. */

const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}/g;
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g;
/** Phone, card and account numbers: many digits, perhaps in groups. */
const LONG_NUMBER = /\+?(?:\d[ ().-]{0,2}){8,}\d|\d{6,}/g;
const DATE = /^\d{4}-\d\d-\d\d/;

/** What stands between spaces or quotes: addresses in a text do, perhaps in brackets. */
const WORD = /[^\s"]+/g;
/** Where a stack names a script: line and column behind the address, and the bracket that closes. */
const POSITION = /(:\d+){0,2}\)?$/;

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
  return text.replace(WORD, (word) => {
    const end = word.search(/[?#]/);
    const isAddress = end > 0 && word.lastIndexOf("/", end) >= 0;
    return isAddress ? word.slice(0, end) + (POSITION.exec(word.slice(end))?.[0] ?? "") : word;
  });
}

export function isScriptUrl(url: string): boolean {
  return SCRIPT_URL.test(url);
}
