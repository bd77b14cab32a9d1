/** Everything can be done, seen and heard without a mouse. */

import { expectAccessible } from "../support/axe";
import {
  answering,
  expect,
  field,
  inStages,
  lastAnswer,
  launcher,
  log,
  panel,
  say,
  test,
  visit,
} from "../support/widget";

const RICH =
  "**Three** days, see [Delivery](/delivery):\n\n- free from €60\n- `EXPRESS` is faster\n\n```\ncode\n```";
const PAGE = `<!doctype html><html lang="en"><title>Shop</title><body><main><h1>Shop</h1><button id="own">Own</button></main>`;

test("a chat from the first key to the last", async ({ page, site }) => {
  site.assistant = answering("Three days.");
  await visit(page, site, {}, PAGE);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(launcher(page)).toBeFocused();
  await expect(launcher(page)).toHaveAttribute("aria-expanded", "false");
  await page.keyboard.press("Enter");
  await expect(field(page)).toBeFocused();
  await expect(launcher(page)).toHaveAttribute("aria-expanded", "true");
  await page.keyboard.type("How long");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("does it take?");
  expect((await field(page).boundingBox())?.height).toBeGreaterThan(50);
  await page.keyboard.press("Enter");
  await expect(lastAnswer(page)).toContainText("Three days.");
  expect(site.asked[0]?.text).toBe("How long\ndoes it take?");
  await expect(field(page)).toBeFocused();
  expect((await field(page).boundingBox())?.height).toBeLessThan(50);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await expect(page.getByRole("button", { name: "Helpful", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Helpful", exact: true })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await page.keyboard.press("Escape");
  await expect(panel(page)).toBeHidden();
  await expect(launcher(page)).toBeFocused();
});

test("the focus goes back to what opened the chat", async ({ page, site }) => {
  await visit(page, site, {}, PAGE);
  await page.locator("#own").focus();
  await page.evaluate(() => window.hindsight?.widget?.open());
  await expect(field(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator("#own")).toBeFocused();
});

test("Escape closes the menu first", async ({ page, site }) => {
  await visit(page, site);
  await launcher(page).click();
  await page.getByRole("button", { name: "More" }).press("Enter");
  await expect(page.getByRole("button", { name: "New conversation" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "More" })).toBeFocused();
  await expect(panel(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(panel(page)).toBeHidden();
});

test("on a phone the focus stays in the sheet, both ways", async ({ page, site }) => {
  await page.setViewportSize({ width: 390, height: 700 });
  await visit(page, site, {}, PAGE);
  await launcher(page).press("Enter");
  const inside = () => page.evaluate(() => document.activeElement?.localName === "hindsight-widget");
  for (const key of ["Tab", "Shift+Tab"]) {
    for (let press = 0; press < 9; press += 1) {
      await page.keyboard.press(key);
      expect(await inside(), `${key} ${press}`).toBe(true);
    }
  }
});

test("Enter accepts a word that is being composed, and sends nothing", async ({ page, site }) => {
  await visit(page, site);
  await launcher(page).click();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Input.imeSetComposition", { text: "はい", selectionStart: 2, selectionEnd: 2 });
  await field(page).evaluate((element) =>
    element.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }),
    ),
  );
  expect(site.asked).toHaveLength(0);
  await devtools.send("Input.insertText", { text: "はい" });
  await field(page).press("Enter");
  await expect.poll(() => site.asked.map(({ text }) => text)).toEqual(["はい"]);
});

test("an answer is announced once, when it is complete", async ({ page, site }) => {
  const { assistant, goOn } = inStages(["Three ", "days."]);
  site.assistant = assistant;
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  const status = panel(page).getByRole("status");
  await expect(status).toHaveText("Writing an answer…");
  await expect.poll(() => site.asked.length).toBe(1);
  goOn();
  await expect(lastAnswer(page)).toContainText("Three");
  await expect(lastAnswer(page)).toHaveAttribute("aria-busy", "true");
  await expect(status).toHaveText("Writing an answer…");
  goOn();
  await expect(lastAnswer(page)).toContainText("Three days.");
  goOn();
  await expect(status).toHaveText("Three days.");
  await expect(log(page)).toHaveAttribute("aria-live", "off");
});

for (const [name, options, size] of [
  ["light", {}, { width: 1000, height: 700 }],
  ["dark", { theme: "dark" }, { width: 1000, height: 700 }],
  ["a yellow accent", { accent: "#ffe600" }, { width: 1000, height: 700 }],
  ["a pale accent in the dark", { accent: "#1b2a3c", theme: "dark" }, { width: 1000, height: 700 }],
  ["a phone", {}, { width: 390, height: 700 }],
  ["Arabic", { language: "ar" }, { width: 1000, height: 700 }],
] as const) {
  test(`a machine finds nothing to complain about: ${name}`, async ({ page, site }) => {
    await page.setViewportSize(size);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await visit(
      page,
      site,
      { consent: "ask", privacyUrl: "/privacy", suggestions: "One?|Two?", ...options },
      PAGE,
    );
    await expectAccessible(page);
    await launcher(page).click();
    await expectAccessible(page);
    await panel(page).locator(".choices button").last().click();
    await expectAccessible(page);
    site.assistant = answering(RICH, [{ title: "Delivery", url: "/delivery" }]);
    await say(page, "How long?");
    await expect(lastAnswer(page).locator(".actions")).toBeVisible();
    site.assistant = undefined;
    await say(page, "And now?");
    await expect(lastAnswer(page).locator(".trouble")).toBeVisible();
    await panel(page).locator("header .icon").first().click();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await expectAccessible(page);
  });
}
