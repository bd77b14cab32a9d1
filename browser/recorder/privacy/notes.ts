/**
 * What a page says to its developers: lines of the console and errors. Nothing
 * tells whose the words in them are, so all are held against what the fields of
 * the page hold at this moment.
 */

import { withoutSecrets } from "./addresses";
import { cleanText, cleanValue } from "./attributes";
import { Exposures } from "./exposure";
import type { Rules } from "./rules";
import { maskPersonalUrl, withoutQueries } from "./text";

const MAX_TEXT = 1000;
const MAX_STACK = 2000;

/** What is shorter stands in any text by chance. */
const TELLING_LENGTH = 3;
/** Hidden fields hold tokens, which are long, and words such as "true", which are not secret. */
const TOKEN_LENGTH = 16;

/** A message, as far as it may be seen. */
export function cleanNote(text: string, rules: Rules): string {
  if (rules.maskEverything) return "";
  const exposures = new Exposures(rules);
  const clean = withoutSecrets(withoutQueries(withoutFields(text, rules, exposures)));
  return cleanText(clean, { exposure: exposures.of(document), rules }).slice(0, MAX_TEXT);
}

/** Places in scripts: addresses, in which only e-mail addresses are personal. */
export function cleanStack(stack: string, rules: Rules): string {
  const clean = withoutQueries(stack);
  return (rules.maskPersonal ? maskPersonalUrl(clean) : clean).slice(0, MAX_STACK);
}

/** The text without what is in fields and hidden there. */
function withoutFields(text: string, rules: Rules, exposures: Exposures): string {
  let clean = text;
  for (const field of document.querySelectorAll<HTMLInputElement>("input,textarea")) {
    const { value, type } = field;
    if (value.length < (type === "hidden" ? TOKEN_LENGTH : TELLING_LENGTH) || !clean.includes(value))
      continue;
    const shown = cleanValue(value, { element: field, exposure: exposures.of(field), rules });
    clean = clean.replaceAll(value, () => shown);
  }
  return clean;
}
