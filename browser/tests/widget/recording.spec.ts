/** Nothing is recorded, stored or sent before it may be. */

import type { Page } from "@playwright/test";
import type { Site } from "../support/site";
import { answering, expect, field, lastAnswer, launcher, panel, say, test, visit } from "../support/widget";

const stored = (page: Page) =>
  page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
const sent = (site: Site) => site.uploads.length + site.asked.length;
const answer = (page: Page, name: "Yes" | "No") =>
  panel(page).getByRole("button", { name, exact: true }).click();
const isRecorded = (page: Page) => page.evaluate(() => Boolean(window.hindsight?.sessionUrl?.()));

/** Long enough for a recorder to start that is not allowed to. */
const settle = (page: Page) => page.waitForTimeout(700);

// When recording starts.

test("start: load records the page as it is", async ({ page, site }) => {
  await visit(page, site, { start: "load" });
  await expect.poll(() => site.events().some(({ type }) => type === 2)).toBe(true);
});

test("start: chat records when the chat is opened, and on the pages that follow", async ({ page, site }) => {
  await visit(page, site);
  await settle(page);
  expect([sent(site), await isRecorded(page)]).toEqual([0, false]);
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
  await launcher(page).click();
  await expect.poll(() => site.uploads.length).toBeGreaterThan(0);
  await launcher(page).click();
  await page.reload();
  await expect.poll(() => isRecorded(page)).toBe(true);
  const streams = () => new Set(site.uploads.map(({ stream }) => stream)).size;
  await expect.poll(streams).toBe(2);
  expect(new Set(site.uploads.map(({ session }) => session)).size).toBe(1);
});

test("start: manual leaves it to the page", async ({ page, site }) => {
  site.assistant = answering("Three days.");
  await visit(page, site, { start: "manual", consent: "none" });
  await launcher(page).click();
  await say(page, "Before");
  await expect(lastAnswer(page)).toContainText("Three days.");
  await settle(page);
  expect([site.uploads.length, site.asked[0]?.session]).toEqual([0, ""]);
  await page.evaluate(() => window.hindsight?.start());
  await say(page, "After");
  await expect.poll(() => site.said("hindsight.prompt").map(({ text }) => text)).toEqual(["After"]);
  expect(site.asked[1]?.session).toBe(site.uploads[0]?.session);
});

test("the settings say when it starts, and the attribute has the last word", async ({ page, site }) => {
  site.settings = { recording: {}, widget: { start: "load" } };
  await visit(page, site, { start: "chat" });
  await settle(page);
  expect(sent(site)).toBe(0);
  await visit(page, site);
  await expect.poll(() => site.uploads.length).toBeGreaterThan(0);
});

// Whether it may.

test("consent: notice says that it records, and where to read more", async ({ page, site }) => {
  await visit(page, site, { consent: "notice", privacyUrl: "/privacy" });
  await launcher(page).click();
  await expect(panel(page)).toContainText("This chat and how you use this page are recorded");
  await expect(panel(page).getByRole("link", { name: "Privacy" })).toHaveAttribute(
    "href",
    `${site.url}/privacy`,
  );
});

test("consent: none says nothing", async ({ page, site }) => {
  await visit(page, site, { consent: "none" });
  await launcher(page).click();
  await expect(panel(page).locator(".notice")).toBeHidden();
  await page.getByRole("button", { name: "More" }).click();
  await expect(panel(page).locator(".menu > *")).toHaveText(["New conversation"]);
});

for (const start of ["load", "chat"]) {
  test(`consent: ask, start: ${start}: nothing is stored or sent before the answer`, async ({
    page,
    site,
  }) => {
    site.assistant = answering("Three days.");
    await visit(page, site, { consent: "ask", start, suggestions: "How long?" });
    await launcher(page).click();
    await page.evaluate(() => window.hindsight?.widget?.ask("Of the page"));
    await settle(page);
    await expect(field(page)).toBeHidden();
    await expect(page.getByRole("button", { name: "How long?" })).toBeHidden();
    expect([sent(site), await stored(page), await isRecorded(page)]).toEqual([0, [], false]);
    const [no, yes] = await panel(page).locator(".choices button").all();
    const weight = (element: Element) => {
      const { backgroundColor, color, fontSize, fontWeight, borderColor } = getComputedStyle(element);
      const { width, height } = element.getBoundingClientRect();
      return { backgroundColor, color, fontSize, fontWeight, borderColor, width, height };
    };
    expect(await no?.evaluate(weight)).toEqual(await yes?.evaluate(weight));
    await answer(page, "Yes");
    await expect.poll(() => site.said("hindsight.prompt").map(({ text }) => text)).toEqual(["Of the page"]);
    await expect(field(page)).toBeFocused();
    await page.reload();
    await expect(panel(page).locator(".consent")).toBeHidden();
    await expect.poll(() => isRecorded(page)).toBe(true);
  });
}

test("consent: ask, answered with no: the chat works, nothing is recorded, and it stays so", async ({
  page,
  site,
}) => {
  site.assistant = answering("Three days.");
  await visit(page, site, { consent: "ask", start: "load" });
  await launcher(page).click();
  await answer(page, "No");
  await say(page, "How long?");
  await expect(lastAnswer(page)).toContainText("Three days.");
  await page.getByRole("button", { name: "Helpful", exact: true }).click();
  await page.reload();
  await expect(lastAnswer(page)).toContainText("Three days.");
  await settle(page);
  expect([site.uploads.length, site.asked[0]?.session, await isRecorded(page)]).toEqual([0, "", false]);
  await expect(panel(page).locator(".notice")).toBeHidden();
  const other = await page.context().newPage();
  await other.goto(site.url);
  await launcher(other).click();
  await expect(panel(other).locator(".consent")).toBeHidden();
});

test("consent: ask, and a browser that says no for its user", async ({ page, site }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
  await visit(page, site, { consent: "ask", start: "load" });
  await launcher(page).click();
  await expect(panel(page).locator(".consent")).toBeHidden();
  await expect(field(page)).toBeVisible();
  await settle(page);
  expect([site.uploads.length, await isRecorded(page)]).toEqual([0, false]);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("button", { name: "Allow recording" }).click();
  await expect.poll(() => site.uploads.length).toBeGreaterThan(0);
});

for (const consent of ["ask", "notice"]) {
  test(`consent: ${consent} can be withdrawn with a click, in all tabs`, async ({ page, site }) => {
    await visit(page, site, { consent, start: "load" });
    await launcher(page).click();
    if (consent === "ask") await answer(page, "Yes");
    await expect.poll(() => isRecorded(page)).toBe(true);
    const other = await page.context().newPage();
    await other.goto(site.url);
    await expect.poll(() => isRecorded(other)).toBe(true);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "Stop recording" }).click();
    await expect.poll(() => isRecorded(page)).toBe(false);
    await expect.poll(() => isRecorded(other)).toBe(false);
    await settle(page);
    const before = site.uploads.length;
    await page.getByRole("button", { name: "More" }).click();
    await expect(panel(page)).toContainText("Nothing is recorded.");
    await page.reload();
    await other.reload();
    await settle(page);
    expect(site.uploads.length).toBe(before);
    const names = await page.evaluate(() => Object.keys(localStorage));
    expect(names).toEqual(["hindsight.wk_test_0123456789.consent"]);
  });
}

test("neither the page nor the connection takes back that the other one asks", async ({ page, site }) => {
  const asks = async () => {
    await launcher(page).click();
    return panel(page).locator(".consent").isVisible();
  };
  site.settings = { recording: {}, widget: { consent: "ask" } };
  await visit(page, site, { consent: "none" });
  expect(await asks()).toBe(true);
  site.settings = { recording: {}, widget: { consent: "none" } };
  await visit(page, site, { consent: "ask" });
  expect(await asks()).toBe(true);
});

test("where the settings cannot be had, visitors are asked", async ({ page, site }) => {
  site.settings = 503;
  await visit(page, site, { consent: "none", start: "load" });
  await launcher(page).click();
  await expect(panel(page).locator(".consent")).toBeVisible();
  await settle(page);
  expect(sent(site)).toBe(0);
});

for (const [name, settings] of [
  ["refuses the connection", 403],
  ["does not know the connection", 404],
  ["says that there is no widget", { recording: {}, widget: null }],
] as const) {
  test(`where the server ${name}, there is none`, async ({ page, site }) => {
    site.settings = settings;
    site.pages["/"] = site.widget({ start: "load" });
    await page.goto(site.url);
    await settle(page);
    await expect(page.locator("hindsight-widget")).toHaveCount(0);
    expect(sent(site)).toBe(0);
  });
}

test("a page that includes the recorder itself keeps it, and a visitor who has not agreed is not recorded", async ({
  page,
  site,
}) => {
  const both = (consent: string) =>
    site.snippet({ start: "manual" }) + site.widget({ consent, start: "load" });
  site.pages["/"] = both("notice");
  await page.goto(site.url);
  await expect.poll(() => site.uploads.length).toBeGreaterThan(0);
  expect(await page.locator("script[src*='hindsight.js']").count()).toBe(1);
  site.pages["/"] = site.snippet() + site.widget({ consent: "ask", start: "load" });
  await page.goto(site.url);
  await expect(launcher(page)).toBeVisible();
  await expect.poll(() => isRecorded(page)).toBe(false);
});

test("what the page says early is not lost, and its options reach the recorder", async ({ page, site }) => {
  const early = `<script>window.hindsight = window.hindsight || new Proxy({ q: [] }, { get: (h, name) => h[name] || ((...args) => { h.q.push([name, ...args]); }) });
    hindsight.track("early");</script><p>card 4111 1111 1111 1111</p>`;
  await visit(page, site, { start: "load", privacy: "balanced", recordConsole: "off" }, early);
  await page.evaluate(() => {
    console.warn("unheard");
    window.hindsight?.track("late");
  });
  await expect.poll(() => site.said("hindsight.track").map(({ name }) => name)).toEqual(["early", "late"]);
  const all = site.uploads.map(({ json }) => json).join();
  expect(all).not.toContain("4111");
  expect(site.said("hindsight.console")).toEqual([]);
});

test("a recorder that is blocked takes nothing away from the chat or from the page", async ({
  page,
  site,
}) => {
  await page.route("**/hindsight.js", (route) => route.abort());
  site.assistant = answering("Three days.");
  await visit(page, site, { start: "load" });
  await launcher(page).click();
  await say(page, "How long?");
  await expect(lastAnswer(page)).toContainText("Three days.");
  await page.evaluate(() => window.hindsight?.track("unheard"));
  expect(site.asked[0]?.session).toBe("");
});

test("included twice, it is there once", async ({ page, site }) => {
  await visit(page, site, {}, site.widget());
  await settle(page);
  await expect(page.locator("hindsight-widget")).toHaveCount(1);
});

for (const [privacy, typed, said] of [
  ["open", true, true],
  ["balanced", false, true],
  ["strict", false, false],
] as const) {
  test(`privacy: ${privacy}: what is typed, and what the widget says`, async ({ page, site }) => {
    site.assistant = answering("Standard takes three days.");
    await visit(page, site, { privacy, start: "load", consent: "notice" });
    await launcher(page).click();
    await field(page).pressSequentially("halfway");
    await field(page).fill("");
    await say(page, "call +49 170 1234567 please");
    await expect(lastAnswer(page)).toContainText("three days");
    await expect.poll(() => site.said("hindsight.reply").length).toBe(1);
    // What the page hands over as a prompt is left out here: it is said, not seen.
    const seen = () => JSON.stringify(site.events().filter(({ type }) => type !== 5));
    await expect.poll(() => seen().includes("**") || seen().includes("halfway")).toBe(true);
    expect(seen().includes("halfway")).toBe(typed);
    expect(seen().includes("1234567")).toBe(privacy === "open");
    for (const words of [
      "Standard takes three days.",
      "This chat and how you use this page are recorded",
      "Ask a question",
    ]) {
      expect(seen().includes(words), words).toBe(said);
    }
  });
}
