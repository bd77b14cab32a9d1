/**
 * The notice that asks whether the visit may be recorded, for pages that do not ask by themselves.
 *
 * It stands beside the body, in a shadow root that the page's style reaches by variables alone. It takes
 * neither the focus nor the page away: nothing is recorded until there is an answer, so there is no hurry.
 */

import type { Settings } from "../recorder/settings";
import { button, make } from "../widget/element";
import { safeUrl } from "../widget/links";
import STYLE from "./notice.css";
import { chooseWords } from "./words";

/** Takes the notice away that is there. */
let close: (() => void) | undefined;

/** Asks, unless the visitor has answered or their browser has; `again`: also then. */
export function ask(page: Settings, again: boolean): void {
  const said = answer(page);
  if (!again && (said !== null || navigator.globalPrivacyControl || close)) return;
  close?.();
  const before = document.activeElement;
  const { host, notice } = build(page, said, decided);
  close = () => {
    close = undefined;
    window.removeEventListener("storage", heard);
    const hadFocus = document.activeElement === host;
    host.remove();
    if (hadFocus && before instanceof HTMLElement) before.focus();
  };
  function decided(yes: boolean): void {
    close?.();
    window.hindsight?.consent(yes);
  }
  /** Another tab has the answer. */
  function heard({ key, newValue }: StorageEvent): void {
    if (key === nameOf(page) && newValue) decided(newValue === "yes");
  }
  window.addEventListener("storage", heard);
  notice.addEventListener("keydown", (event) => {
    // Who has answered before may leave it at that.
    if (event.key === "Escape" && said !== null) close?.();
    event.stopPropagation();
  });
  // Beside the body, whose children belong to the page, and before it: the first that the Tab key reaches.
  document.documentElement.insertBefore(host, document.body);
  if (again) notice.focus();
}

function build(page: Settings, said: string | null, decided: (yes: boolean) => void) {
  const query = new URL(page.script.src).searchParams;
  const read = (name: string): string => (page.script.dataset[name] ?? query.get(name) ?? "").trim();
  const { tag, words } = chooseWords(read("language"));
  const privacyUrl = safeUrl(read("privacyUrl"));
  const text = read("noticeText") || words.text;
  const pressed = (value: string) => (said === null ? {} : { "aria-pressed": String(said === value) });
  const notice = make(
    "section",
    {
      class: "notice",
      role: "dialog",
      "aria-labelledby": "text",
      tabindex: -1,
      lang: tag,
      dir: /^ar\b/i.test(tag) ? "rtl" : "ltr",
    },
    make(
      "p",
      {},
      make("span", { id: "text" }, text),
      privacyUrl !== undefined && " ",
      privacyUrl !== undefined && make("a", { href: privacyUrl }, read("noticePrivacy") || words.privacy),
    ),
    make(
      "div",
      { class: "answers" },
      button(pressed("no"), () => decided(false), read("noticeNo") || words.no),
      button(pressed("yes"), () => decided(true), read("noticeYes") || words.yes),
    ),
  );
  const host = document.createElement("hindsight-notice");
  const shadow = host.attachShadow({ mode: "open" });
  // A policy of the page may forbid style elements; rules that a script builds it does not.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(notice);
  return { host, notice };
}

/** What the visitor said, as the recorder keeps it. */
function answer(page: Settings): string | null {
  try {
    return localStorage.getItem(nameOf(page));
  } catch {
    return null;
  }
}

function nameOf(page: Settings): string {
  return `hindsight.${page.connection}.consent`;
}
