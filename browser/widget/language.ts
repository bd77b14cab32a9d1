/** Which language the widget speaks, and which way it runs. */

import { en, type Texts } from "./english";

export type { Texts };

/** Where the texts of other languages are. The bundler puts in the paths that they are served under. */
const FILES = new Map([
  ["ar", "/assets/widget.ar.json"],
  ["de", "/assets/widget.de.json"],
  ["es", "/assets/widget.es.json"],
  ["fr", "/assets/widget.fr.json"],
  ["ja", "/assets/widget.ja.json"],
]);

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = /^(ar|arc|ckb|dv|fa|he|iw|ps|sd|ug|ur|yi)$/;

export interface Language {
  /** BCP 47, for the `lang` attribute. */
  tag: string;
  direction: "ltr" | "rtl";
  texts: Texts;
}

/**
 * The language that was asked for, else that of the page, else the browser's first one we know.
 * A page that brings texts of its own may ask for any language.
 */
export async function chooseLanguage(wanted: string, own: Partial<Texts>, server: string): Promise<Language> {
  const isOwn = wanted !== "" && Object.keys(own).length > 0;
  const candidates = [wanted, document.documentElement.lang, ...navigator.languages].filter(Boolean);
  const tag = isOwn
    ? wanted
    : (candidates.find((each) => nameOf(each) === "en" || FILES.has(nameOf(each))) ?? "en");
  const known = await textsIn(nameOf(tag), server);
  const direction = RIGHT_TO_LEFT.test(nameOf(tag)) && (known || isOwn) ? "rtl" : "ltr";
  return { tag: known || isOwn ? tag : "en", direction, texts: { ...en, ...known, ...own } };
}

/** The texts of a language, if there are any and they can be had. */
async function textsIn(name: string, server: string): Promise<Texts | undefined> {
  const file = FILES.get(name);
  if (file === undefined) return name === "en" ? en : undefined;
  try {
    const response = await fetch(new URL(file, server).href, { credentials: "omit" });
    return response.ok ? ((await response.json()) as Texts) : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(tag: string): string {
  return tag.toLowerCase().split(/[-_]/)[0] ?? "";
}
