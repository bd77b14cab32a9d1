import type { Page } from "@playwright/test";
import { expect, flush, test, visit } from "../support/recorder";
import type { Site } from "../support/site";
import { GROUPS, type Way } from "./privacy-ways";

/** The secret of the way with this number: nothing else on the page looks like it. */
const secretOf = (index: number): string =>
  `zqx${String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26))}jvk`;

/** Everything the server was sent, including addresses. */
function everythingSent(site: Site): string {
  return site.uploads.map((upload) => upload.path + upload.json).join("\n");
}

/** Lets a page with this way in be recorded, and answers whether the secret was sent. */
async function leaks(page: Page, site: Site, way: Way, secret: string, privacy: string): Promise<boolean> {
  const options = { privacy, ignoreSelector: "[data-private]", maskTextSelector: "[data-name]" };
  site.pages["/"] = `${way.html(secret)}${site.snippet(options)}`;
  await visit(page, site.url);
  await way.act?.(page, secret);
  await flush(page);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide")));
  await flush(page);
  return everythingSent(site).includes(secret);
}

for (const privacy of ["open", "balanced", "strict"] as const) {
  for (const [group, ways] of Object.entries(GROUPS)) {
    test(`${privacy}: ${group}`, async ({ page, site }) => {
      for (const [index, way] of ways.entries()) {
        const shown = way.shownIn.includes(privacy);
        const leaked = await leaks(page, site, way, secretOf(index), privacy);
        expect.soft(leaked, `${way.name} is ${shown ? "recorded" : "not recorded"}`).toBe(shown);
      }
    });
  }
}

test("the length of a password is not recorded", async ({ page, site }) => {
  site.pages["/"] = `<input id=one type="password"><input id=two autocomplete="cc-csc">${site.snippet()}`;
  await visit(page, site.url);
  await page.locator("#one").pressSequentially("a-long-password");
  await page.locator("#two").pressSequentially("123");
  await flush(page);

  const inputs = site.events().filter((event) => event.type === 3 && event.data.source === 5);
  expect(inputs.map((event) => event.data.text)).toEqual(["********", "********"]);
});

test("what a form puts into the next address is as secret there", async ({ page, site }) => {
  const fields = `<input name="csrf" type="hidden" value="hushed-one"><input name="n" autocomplete="cc-number">
    <input name="s" class="rr-ignore"><input name="q" value="shown">`;
  site.pages["/"] = `<form action="/found">${fields}<button>Send</button></form>${site.snippet()}`;
  site.pages["/found"] = `<a href="/found?n=hushed-two&q=shown">Again</a>${site.snippet()}`;
  await visit(page, site.url);
  await page.fill("[name=n]", "hushed-two");
  await page.fill("[name=s]", "hushed-three");
  await page.click("button");
  await page.waitForURL("**/found?**");
  await page.waitForFunction(() => window.hindsight && "flush" in window.hindsight);
  await flush(page);

  expect(page.url()).toContain("hushed-one");
  expect(everythingSent(site)).not.toContain("hushed");
  expect(everythingSent(site)).toContain("q=shown");
});

test("an empty secret field looks empty, whatever its placeholder says", async ({ page, site }) => {
  site.pages["/"] = `<input autocomplete="cc-number" placeholder="1234 5678">${site.snippet()}`;
  await visit(page, site.url);
  expect(everythingSent(site)).not.toMatch(/\*\*\*|1234 5678/);
});

test("a malformed selector stops the recorder rather than showing what it was to hide", async ({
  page,
  site,
}) => {
  site.pages["/"] = `<p>Words</p>${site.snippet({ blockSelector: "p >" })}`;
  const warned = page.waitForEvent("console", (message) => message.type() === "warning");
  await visit(page, site.url);
  expect((await warned).text()).toContain("p >' is not a valid selector");
  expect(site.uploads).toEqual([]);
  expect(await page.evaluate(() => window.hindsight?.sessionUrl())).toBe("");
});

test("a preset that does not exist hides as much as it can", async ({ page, site }) => {
  site.pages["/"] = `<p>Visible words</p>${site.snippet({ privacy: "medium" })}`;
  await visit(page, site.url);
  expect(everythingSent(site)).toContain("******* *****");
});

test("strict leaves media out, and values out of addresses", async ({ page, site }) => {
  const pixel = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
  site.pages["/"] =
    `<img src="${pixel}"><p style="background: url(/portrait.png)">x</p>${site.snippet({ privacy: "strict" })}`;
  await visit(page, `${site.url}/?session=abc#part`);
  await page.evaluate(() => history.pushState(null, "", "/next?session=def"));
  await flush(page);

  const sent = everythingSent(site);
  for (const left of ["R0lGOD", "portrait", "abc", "def", "Shop"]) expect(sent).not.toContain(left);
  expect(sent).toContain("/next");
});
