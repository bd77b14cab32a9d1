import { button, make } from "../element";
import type { Texts } from "../language";
import { link } from "../markdown";

/** The question whether the visit may be recorded. Both answers weigh the same. */
export function consentView(
  texts: Texts,
  privacyUrl: string,
  decided: (decision: "yes" | "no") => void,
): HTMLElement {
  const question = make("p", { id: "consent" }, texts.consent, " ", ...privacyLink(texts, privacyUrl));
  const choices = make(
    "div",
    { class: "choices" },
    button({}, () => decided("no"), texts.no),
    button({}, () => decided("yes"), texts.yes),
  );
  return make("div", { class: "consent", role: "group", "aria-labelledby": "consent" }, question, choices);
}

/** What the panel says while it is recorded. */
export function noticeView(texts: Texts, privacyUrl: string): HTMLElement {
  return make("p", { class: "notice" }, texts.notice, " ", ...privacyLink(texts, privacyUrl));
}

function privacyLink(texts: Texts, privacyUrl: string): Node[] {
  return privacyUrl ? link(privacyUrl, [document.createTextNode(texts.privacy)]) : [];
}
