/** Every way by which what is typed or shown can leave a page, and the presets in which it may. */

import type { Page } from "@playwright/test";
import { COPIES, MESSAGES, REQUESTS } from "./privacy-beside";

/**
 * One way in which something personal can get into a recording. `secret` is
 * put into the page, typed, or moved around; then every byte that was sent is
 * searched for it.
 */
export interface Way {
  name: string;
  html: (secret: string) => string;
  /** What happens on the page after the first snapshot. */
  act?: ((page: Page, secret: string) => Promise<void>) | undefined;
  /** The presets in which the secret may be sent, and in `open` has to be. */
  shownIn: ("open" | "balanced" | "strict")[];
}

const NEVER: Way["shownIn"] = [];
const OPEN: Way["shownIn"] = ["open"];
const TEXT: Way["shownIn"] = ["open", "balanced"];

/** Types into a field one key at a time. */
const typeInto =
  (selector: string): Way["act"] =>
  async (page, secret) => {
    await page.locator(selector).pressSequentially(secret);
    await page.locator(selector).blur();
  };

/** Does something to the element `#x` with the secret. */
const change =
  (act: (element: HTMLInputElement, secret: string) => void): Way["act"] =>
  (page, secret) =>
    page.evaluate(`(${act.toString()})(document.querySelector("#x"), ${JSON.stringify(secret)})`);

const TYPING: Way[] = [
  { name: "a text field, initially", html: (s) => `<input value="${s}">`, shownIn: OPEN },
  { name: "a text field, typed", html: () => "<input id=x>", act: typeInto("#x"), shownIn: OPEN },
  { name: "an e-mail field", html: () => '<input id=x type="email">', act: typeInto("#x"), shownIn: OPEN },
  { name: "a text area, initially", html: (s) => `<textarea>${s}</textarea>`, shownIn: OPEN },
  {
    name: "a text area, typed",
    html: () => "<textarea id=x></textarea>",
    act: typeInto("#x"),
    shownIn: OPEN,
  },
  {
    name: "a text area whose text was replaced by nothing",
    html: (s) => `<textarea id=x>${s}</textarea>`,
    act: change((element, secret) => {
      element.value = "";
      element.textContent = `${secret} again`;
    }),
    shownIn: OPEN,
  },
  {
    name: "an editable element",
    html: () => "<div id=x contenteditable>-</div>",
    act: typeInto("#x"),
    shownIn: OPEN,
  },
  {
    name: "the choice in a list",
    html: (s) => `<select id=x><option>first</option><option value="v-${s}">second</option></select>`,
    act: (page) => page.locator("#x").selectOption("second").then(),
    shownIn: ["open", "balanced", "strict"],
  },
];

const SECRETS: Way[] = [
  {
    name: "a password, typed",
    html: () => '<input id=x type="password">',
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  { name: "a password, initially", html: (s) => `<input type="password" value="${s}">`, shownIn: NEVER },
  {
    name: "a password that was removed before the recording started",
    html: (s) =>
      `<input id=x type="password" value="${s}"><script>document.querySelector("#x").value = ""</script>`,
    shownIn: NEVER,
  },
  {
    name: "a password that is shown while it is typed",
    html: () => '<input id=x type="password">',
    act: async (page, secret) => {
      await page.evaluate(() => document.querySelector("#x")?.setAttribute("type", "text"));
      await page.locator("#x").pressSequentially(secret);
      await page.evaluate((secret) => document.querySelector("#x")?.setAttribute("value", secret), secret);
    },
    shownIn: NEVER,
  },
  {
    name: "a password that is shown and set in one step",
    html: () => '<input id=x type="password">',
    act: change((element, secret) => {
      element.type = "text";
      element.value = secret;
    }),
    shownIn: NEVER,
  },
  {
    name: "a password that is shown in a new field",
    html: () => '<input id=x type="password" name="kennwort">',
    act: change((element, secret) => {
      const shown = document.createElement("input");
      shown.name = "kennwort";
      shown.value = secret;
      element.replaceWith(shown);
    }),
    shownIn: NEVER,
  },
  {
    name: "a password that a framework mirrors into attributes",
    html: () => '<input id=x type="password">',
    act: change((element, secret) => {
      element.setAttribute("value", secret);
      element.setAttribute("data-model", secret);
      element.setAttribute("ng-reflect-model", secret);
    }),
    shownIn: NEVER,
  },
  {
    name: "a password that a form put into the address",
    html: (s) =>
      `<script>history.replaceState(null, "", "/?user=a&password=${s}#top")</script><a href="?pwd=${s}">x</a>`,
    shownIn: NEVER,
  },
  {
    name: "a one-time code",
    html: () => '<input id=x autocomplete="one-time-code">',
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  {
    name: "a card number",
    html: (s) => `<input id=x autocomplete="section-a billing cc-number" value="${s}">`,
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  {
    name: "the month of a card in a list",
    html: (s) => `<select id=x autocomplete="cc-exp-month"><option>01</option><option>${s}</option></select>`,
    act: (page, secret) => page.locator("#x").selectOption(secret).then(),
    shownIn: NEVER,
  },
  {
    name: "a hidden field",
    html: (s) => `<input type="hidden" value="${s}">`,
    shownIn: NEVER,
  },
  {
    name: "a hidden field that changes",
    html: () => '<input id=x type="hidden" value="1">',
    act: change((element, secret) => {
      element.value = secret;
      element.setAttribute("value", `${secret} again`);
    }),
    shownIn: NEVER,
  },
  {
    name: "a password field that appears later",
    html: () => "<form id=x></form>",
    act: change((element, secret) => {
      element.innerHTML = `<label>Password <input type="password" value="${secret}"></label>`;
    }),
    shownIn: NEVER,
  },
  {
    name: "a password in a shadow root",
    html: () =>
      '<div id=host></div><script>host.attachShadow({mode:"open"}).innerHTML = "<input type=password id=x>"</script>',
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  {
    name: "a custom element around a password field",
    html: (s) => `<my-field type="password" value="${s}"></my-field>`,
    shownIn: NEVER,
  },
];

const IGNORED: Way[] = [
  {
    name: "an ignored field that is mirrored into attributes of any name",
    html: () => '<input id=x class="rr-ignore">',
    act: change((element, secret) => {
      for (const name of ["text", "model", "aria-valuetext", "aria-valuenow"])
        element.setAttribute(name, secret);
    }),
    shownIn: NEVER,
  },
  {
    name: "an attribute of a custom element in an ignored one",
    html: (s) => `<p class="rr-ignore"><x-field text="${s}"></x-field></p>`,
    shownIn: NEVER,
  },
  {
    name: "a custom property of an ignored field",
    html: (s) => `<p class="rr-ignore"><input id=x style="--shown: '${s};'; color: red"></p>`,
    act: (page, secret) =>
      page.locator("#x").evaluate((field: HTMLElement, text) => {
        field.style.setProperty("--shown", `'${text}'`);
      }, secret),
    shownIn: NEVER,
  },
  {
    name: "a security code by its name",
    html: (s) => `<input name="card_cvc" value="${s}">`,
    shownIn: NEVER,
  },
  {
    name: "an ignored field, initially",
    html: (s) => `<input class="rr-ignore" value="${s}">`,
    shownIn: NEVER,
  },
  {
    name: "an ignored field, typed",
    html: () => '<input id=x class="rr-ignore">',
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  {
    name: "an ignored field that a framework controls",
    html: () => '<input id=x class="rr-ignore" oninput="this.setAttribute(`value`, this.value)">',
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  {
    name: "a field in an ignored form",
    html: (s) => `<form class="rr-ignore"><textarea id=x>${s}</textarea></form>`,
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  {
    name: "text in an ignored element that changes",
    html: (s) => `<div class="rr-ignore"><p id=x title="${s}">${s}</p></div>`,
    act: change((element, secret) => {
      element.textContent = `${secret} again`;
    }),
    shownIn: NEVER,
  },
  {
    name: "a choice in an ignored form",
    html: (s) => `<div class="rr-ignore"><input id=x type="radio" value="${s}"></div>`,
    act: (page) => page.locator("#x").check(),
    shownIn: NEVER,
  },
  {
    name: "a field that the ignoreSelector option names",
    html: (s) => `<input id=x data-private value="${s}">`,
    act: typeInto("#x"),
    shownIn: NEVER,
  },
];

const BLOCKED: Way[] = [
  {
    name: "a blocked element",
    html: (s) => `<div class="rr-block" title="${s}"><p>${s}</p><input id=x></div>`,
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  {
    name: "a blocked element that grows",
    html: () => '<div class="rr-block"><p id=x>-</p></div>',
    act: change((element, secret) => {
      element.textContent = secret;
      element.parentElement?.append(secret);
      element.setAttribute("title", secret);
    }),
    shownIn: NEVER,
  },
  {
    name: "the shadow root of a blocked element",
    html: () =>
      '<div id=host class="rr-block"></div><script>host.attachShadow({mode:"open"}).innerHTML = "<input id=x>"</script>',
    act: async (page, secret) => {
      await page.locator("#x").pressSequentially(secret);
      await page.evaluate((secret) => {
        document.querySelector("#host")?.shadowRoot?.append(secret);
      }, secret);
    },
    shownIn: NEVER,
  },
  {
    name: "an element that is blocked only later",
    html: () => "<div id=wrap><p id=x>-</p></div>",
    act: change((element, secret) => {
      element.parentElement?.classList.add("rr-block");
      element.textContent = secret;
    }),
    shownIn: NEVER,
  },
  {
    name: "a document embedded in a blocked element",
    html: (s) => `<div class="rr-block"><iframe srcdoc="<p>${s}</p>"></iframe></div>`,
    shownIn: NEVER,
  },
];

const MASKED: Way[] = [
  {
    name: "masked text and what describes it",
    html: (s) =>
      `<p class="rr-mask" title="${s}" aria-label="${s}">${s}<img alt="${s}"><input placeholder="${s}" value="${s}"></p>`,
    shownIn: NEVER,
  },
  {
    name: "a field in a masked element",
    html: () => '<p class="rr-mask"><input id=x></p>',
    act: typeInto("#x"),
    shownIn: NEVER,
  },
  {
    name: "masked text that changes",
    html: () => '<p class="rr-mask"><b id=x>-</b></p>',
    act: change((element, secret) => {
      element.textContent = secret;
      element.append(document.createElement("i"), secret);
    }),
    shownIn: NEVER,
  },
  {
    name: "the shadow root of a masked element",
    html: () =>
      '<p class="rr-mask"><span id=host></span></p><script>host.attachShadow({mode:"open"}).innerHTML = "<b></b>"</script>',
    act: (page, secret) =>
      page.evaluate((secret) => {
        const root = document.querySelector("#host")?.shadowRoot as ShadowRoot;
        root.append(secret);
        (root.querySelector("b") as HTMLElement).textContent = secret;
      }, secret),
    shownIn: NEVER,
  },
  {
    name: "a document embedded in a masked element",
    html: (s) => `<p class="rr-mask"><iframe srcdoc="<p>${s}</p>"></iframe></p>`,
    act: (page) => page.waitForTimeout(300),
    shownIn: NEVER,
  },
  { name: "the maskTextSelector option", html: (s) => `<p data-name>${s}</p>`, shownIn: NEVER },
];

const MARKUP: Way[] = [
  { name: "text", html: (s) => `<p>${s}</p>`, shownIn: TEXT },
  {
    name: "text that appears later",
    html: () => "<p id=x></p>",
    act: change((element, secret) => {
      element.textContent = secret;
    }),
    shownIn: TEXT,
  },
  {
    name: "attributes that people read",
    html: (s) => `<p title="${s}" aria-label="${s}"><img alt="${s}"><input placeholder="${s}"></p>`,
    shownIn: TEXT,
  },
  { name: "the query of a link", html: (s) => `<a href="/search?q=${s}">search</a>`, shownIn: TEXT },
  { name: "the label of a button", html: (s) => `<input type="submit" value="${s}">`, shownIn: TEXT },
  { name: "the value of a checkbox", html: (s) => `<input type="checkbox" value="${s}">`, shownIn: OPEN },
  { name: "an inline handler", html: (s) => `<p id=x onclick="say('${s}')">x</p>`, shownIn: NEVER },
  {
    name: "an inline handler that is set later",
    html: () => "<p id=x>x</p>",
    act: change((element, secret) => element.setAttribute("onclick", `say('${secret}')`)),
    shownIn: NEVER,
  },
  { name: "a script in a URL", html: (s) => `<a href="javascript:say('${s}')">x</a>`, shownIn: NEVER },
  { name: "a comment", html: (s) => `<!-- ${s} -->`, shownIn: NEVER },
  { name: "a script", html: (s) => `<script>window.token = "${s}"</script>`, shownIn: NEVER },
  { name: "what is shown without scripts", html: (s) => `<noscript><p>${s}</p></noscript>`, shownIn: NEVER },
  {
    name: "a token in the head",
    html: (s) => `<meta name="csrf-token" content="${s}"><meta name="_xsrf" content="${s}">`,
    shownIn: NEVER,
  },
  {
    name: "an instruction to the browser",
    html: (s) => `<meta http-equiv="x-a" content="${s}">`,
    shownIn: NEVER,
  },
  {
    name: "the source of an embedded document",
    html: (s) => `<iframe srcdoc="<!-- ${s} -->"></iframe>`,
    shownIn: NEVER,
  },
  { name: "a nonce", html: (s) => `<style nonce="${s}"></style>`, shownIn: NEVER },
];

const PERSONAL: Way[] = [
  { name: "an e-mail address in text", html: (s) => `<p>Write to ${s}@example.org.</p>`, shownIn: OPEN },
  {
    name: "an e-mail address in a link",
    html: (s) => `<a href="mailto:${s}@example.org">Write</a>`,
    shownIn: OPEN,
  },
  {
    name: "an e-mail address in a query",
    html: (s) => `<a href="/unsubscribe?of=${s}@example.org">x</a>`,
    shownIn: OPEN,
  },
  {
    name: "an e-mail address in an attribute",
    html: (s) => `<p title="${s}@example.org">x</p>`,
    shownIn: OPEN,
  },
];

export const GROUPS = {
  "what is typed": TYPING,
  "secret fields": SECRETS,
  "ignored elements": IGNORED,
  "blocked elements": BLOCKED,
  "masked elements": MASKED,
  markup: MARKUP,
  "personal data": PERSONAL,
  messages: MESSAGES,
  requests: REQUESTS,
  copies: COPIES,
};
