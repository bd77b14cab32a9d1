/** Ways by which something personal gets into what is recorded beside the page: console, errors, requests, copies. */

import type { Page } from "@playwright/test";
import type { Way } from "./privacy-ways";

const NEVER: Way["shownIn"] = [];
const OPEN: Way["shownIn"] = ["open"];
const TEXT: Way["shownIn"] = ["open", "balanced"];
const ALWAYS: Way["shownIn"] = ["open", "balanced", "strict"];

/** Runs in the page with the secret. */
const inPage =
  (act: (secret: string) => unknown): Way["act"] =>
  (page, secret) =>
    page.evaluate(`(${act.toString()})(${JSON.stringify(secret)})`);

const typed =
  (selector: string, then: (page: Page) => Promise<void>): Way["act"] =>
  async (page, secret) => {
    await page.locator(selector).pressSequentially(secret);
    await then(page);
  };

/** The page logs what is in the field. */
const log = (page: Page): Promise<void> =>
  page
    .locator("#x")
    .evaluate((field: HTMLInputElement) => console.error(`cannot save ${field.value}: try again`));

const copy = async (page: Page) => {
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+c");
};

export const MESSAGES: Way[] = [
  { name: "a message", html: () => "", act: inPage((s) => console.warn("hello", s)), shownIn: TEXT },
  {
    name: "an error's message",
    html: () => "",
    act: inPage((s) => console.error(new Error(s))),
    shownIn: TEXT,
  },
  {
    name: "an e-mail address in a message",
    html: () => "",
    act: inPage((s) => console.error(`no account for ${s}@example.org`)),
    shownIn: OPEN,
  },
  {
    name: "an e-mail address in a rejection",
    html: () => "",
    act: inPage((s) => void Promise.reject(`no account for ${s}@example.org`)),
    shownIn: OPEN,
  },
  {
    name: "an object in the console",
    html: () => "",
    act: inPage((s) => console.error({ s }, [s], new Map([[s, s]]), document.createTextNode(s))),
    shownIn: NEVER,
  },
  {
    name: "the query of an address in a message",
    html: () => "",
    act: inPage((s) =>
      console.error(
        `at "https://a.example/x?q=${s}", /x?q=1#${s} (see /x?q=('${s}'))`,
        new URL("https://a.example"),
      ),
    ),
    shownIn: NEVER,
  },
  {
    name: "a password in a message",
    html: () => '<input id=x type="password">',
    act: typed("#x", log),
    shownIn: NEVER,
  },
  {
    name: "a parameter that is named like a password",
    html: () => "",
    act: inPage((s) => console.error(`refused: user=ada&password=${s}`)),
    shownIn: NEVER,
  },
  {
    name: "a token in a message",
    html: (s) => `<input id=x type="hidden" value="${s}-0123456789">`,
    act: log,
    shownIn: NEVER,
  },
  {
    name: "an ignored field in a message",
    html: () => "<p class=rr-ignore><textarea id=x></textarea></p>",
    act: typed("#x", log),
    shownIn: NEVER,
  },
  {
    name: "a typed text in a message",
    html: () => "<input id=x>",
    act: typed("#x", log),
    shownIn: OPEN,
  },
  {
    name: "a masked field in an uncaught error",
    html: () => "<p class=rr-mask><input id=x></p>",
    act: typed("#x", (page) =>
      page.locator("#x").evaluate((field: HTMLInputElement) => void Promise.reject(new Error(field.value))),
    ),
    shownIn: NEVER,
  },
];

export const REQUESTS: Way[] = [
  {
    name: "the path of a request",
    html: () => "",
    act: inPage((s) => fetch(`/missing/${s}`)),
    shownIn: ALWAYS,
  },
  {
    name: "an e-mail address in the path of a request",
    html: () => "",
    act: inPage((s) => fetch(`/missing/${s}@example.org`)),
    shownIn: OPEN,
  },
  {
    name: "the query of a request",
    html: () => "",
    act: inPage((s) => fetch(`/missing?q=${s}#${s}`)),
    shownIn: NEVER,
  },
  {
    name: "what a request carries",
    html: () => "",
    act: inPage((s) => fetch("/missing", { method: "POST", body: s, headers: { "X-A": s } })),
    shownIn: NEVER,
  },
];

export const COPIES: Way[] = [
  {
    name: "a copied password",
    html: () => '<input id=x type="password">',
    act: typed("#x", copy),
    shownIn: NEVER,
  },
  {
    name: "a copied card number",
    html: () => '<input id=x autocomplete="cc-number">',
    act: typed("#x", copy),
    shownIn: NEVER,
  },
  { name: "a copied field", html: () => "<input id=x>", act: typed("#x", copy), shownIn: OPEN },
  {
    name: "a copy of what is ignored, blocked and masked",
    html: (s) =>
      `<p>all of <b class="rr-ignore">${s}</b><b class="rr-block">${s}</b><b class="rr-mask">${s}</b></p>`,
    act: copy,
    shownIn: NEVER,
  },
];
