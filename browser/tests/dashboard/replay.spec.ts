import { expect, type Page, test } from "@playwright/test";
import type { Manifest } from "../../contracts/replay";
import { type RunningServer, startServer } from "../support/server";
import { blind, counting, sessionOf, type Target, upload } from "./visit";

let server: RunningServer;
let target: Target;
let sessionsUrl: string;

test.beforeAll(async () => {
  server = await startServer({ HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1" });
  target = { url: server.url, key: await server.addConnection("replays") };
  const go = await fetch(`${server.url}/go/${target.key}/${sessionOf("any")}`, { redirect: "manual" });
  sessionsUrl = new URL(go.headers.get("location") ?? "", server.url).href.replace(/\/[^/]+$/, "");
  await upload(target, { visit: "thirty", events: counting(30) });
});

test.afterAll(() => server.stop());

/** Waits until the server has taken note that the visitor left. */
async function expectCompleted(visit: string): Promise<void> {
  const manifestUrl = `${sessionsUrl}/${sessionOf(visit)}/manifest.json`;
  const status = async () => ((await (await fetch(manifestUrl)).json()) as Manifest).status;
  await expect.poll(status, { timeout: 15_000 }).toBe("completed");
}

async function open(page: Page, visit: string, query = ""): Promise<void> {
  await page.goto(`${sessionsUrl}/${sessionOf(visit)}${query}`);
}

function scrubber(page: Page) {
  return page.getByRole("slider", { name: "Position in the recording" });
}

/** Where the replay stands, in seconds. */
async function position(page: Page): Promise<number> {
  return Number(await scrubber(page).getAttribute("aria-valuenow"));
}

/** Waits until the recorded page shows this text. */
async function expectOnStage(page: Page, text: string | RegExp, timeout = 10_000): Promise<void> {
  const shown = page.frameLocator("#stage-frame").frameLocator("iframe").locator("p");
  await expect(shown).toHaveText(text, { timeout });
}

/** Waits until the recorded page stands where the scrubber says. */
async function expectInStep(page: Page): Promise<void> {
  await expectOnStage(page, `second ${await position(page)}`);
}

/** Opens a replay at a second, pauses it soon after, and answers where it stands. */
async function openPaused(page: Page, second: number): Promise<number> {
  await open(page, "thirty", `?t=${second}`);
  await expectOnStage(page, /^second \d+$/);
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  await expect(page).toHaveURL(/[?&]t=\d+(&|$)/);
  await expectInStep(page);
  const paused = await position(page);
  expect(paused).toBeGreaterThanOrEqual(second);
  return paused;
}

test("a replay plays at once and moves its position", async ({ page }) => {
  await open(page, "thirty", "?t=0");

  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expectOnStage(page, /second [2-9]/);
  await expect(scrubber(page)).toHaveAttribute("aria-valuetext", /^0:0[1-9] of 0:30$/);
});

test("the address of the page on the stage stands above it", async ({ page }) => {
  await open(page, "thirty");

  await expect(page.locator("#page-address")).toHaveText("shop.example/cart");
  await expect(page.locator("#page-address")).toHaveAttribute("title", "https://shop.example/cart");
});

test("a link to a moment starts there, and a pause is kept in the address", async ({ page }) => {
  const paused = await openPaused(page, 12);

  await expect(page).toHaveURL(new RegExp(`[?&]t=${paused}(&|$)`));
  await page.reload();
  await expectOnStage(page, /^second \d+$/);
  expect(await position(page)).toBeGreaterThanOrEqual(paused);
});

test("keys seek, and change the speed", async ({ page }) => {
  const paused = await openPaused(page, 10);

  await page.keyboard.press("ArrowRight");
  await expect.poll(() => position(page)).toBe(paused + 10);
  await expectInStep(page);
  await expect(page).toHaveURL(new RegExp(`[?&]t=${paused + 10}(&|$)`));
  await page.keyboard.press("Home");
  await expect.poll(() => position(page)).toBe(0);
  for (let steps = 0; steps < 15; steps += 1) await page.keyboard.press(".");
  await expectOnStage(page, "second 1");
  await page.keyboard.press(">");
  await page.keyboard.press(">");
  await expect(page.getByRole("button", { name: "4×" })).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("<");
  await expect(page.getByRole("button", { name: "2×" })).toHaveAttribute("aria-pressed", "true");
});

test("buttons do what keys do, and Space still plays after a click on one", async ({ page }) => {
  const paused = await openPaused(page, 12);

  await page.getByRole("button", { name: "Back 10 seconds" }).click();
  await expect.poll(() => position(page)).toBe(paused - 10);
  await expectInStep(page);
  await page.getByRole("button", { name: "2×" }).click();
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await page.locator("#stage").click();
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
});

test("the scrubber tells the time under the pointer and seeks when it is let go", async ({ page }) => {
  await openPaused(page, 2);
  const box = await scrubber(page).boundingBox();
  if (!box) throw new Error("the scrubber is not shown");
  const at = (share: number) => [box.x + box.width * share, box.y + box.height / 2] as const;

  await page.mouse.move(...at(0.25));
  await expect(page.locator("#hover-time")).toHaveText("0:07");
  await page.mouse.down();
  await page.mouse.move(...at(0.5));
  await expect(scrubber(page)).toHaveAttribute("aria-valuetext", "0:15 of 0:30");
  await page.mouse.up();
  await expectOnStage(page, "second 15");
});

test("the scrubber is a slider for keys too, and says what happens where they lead", async ({ page }) => {
  await openPaused(page, 10);
  await scrubber(page).focus();
  const at = await position(page);

  await page.keyboard.press("ArrowUp");
  await expect.poll(() => position(page)).toBe(at + 1);
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => position(page)).toBe(at);
  await page.keyboard.press("PageUp");
  await expect.poll(() => position(page)).toBe(30);
  await page.keyboard.press("Home");
  await expect(scrubber(page)).toHaveAttribute("aria-valuetext", "0:00 of 0:30, Opened /cart");
  await expect(page.locator("#hover-bubble")).toHaveText("0:00 Opened /cart");
});

test("skipping idle time is on, and what one chooses is remembered", async ({ page }) => {
  await open(page, "thirty");
  const skip = page.getByRole("switch", { name: "Skip idle" });

  await expect(skip).toHaveAttribute("aria-checked", "true");
  await skip.click();
  await page.reload();
  await expect(skip).toHaveAttribute("aria-checked", "false");
});

test("the info says which session it is, and I and Esc open and close it", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, "thirty");
  const details = page.getByRole("complementary", { name: "Session", exact: true });

  await page.keyboard.press("i");
  for (const text of [sessionOf("thirty"), "https://shop.example/cart", "0:30", "Chrome 156", "Windows"]) {
    await expect(details).toContainText(text);
  }
  await details.getByRole("button", { name: "Copy the session ID" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(sessionOf("thirty"));
  await page.keyboard.press("Escape");
  await expect(details).toBeHidden();
});

test("U copies a link to the moment", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const paused = await openPaused(page, 12);

  await page.keyboard.press("u");

  await expect(page.getByText(`Link to 0:${paused} copied`)).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
});

test("? lists the keys", async ({ page }) => {
  await open(page, "thirty");

  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(help.getByText("Play or pause")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
});

test("F goes fullscreen and back", async ({ page }) => {
  await open(page, "thirty");
  const button = page.getByRole("button", { name: "Fullscreen" });

  await page.keyboard.press("f");
  await expect(button).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("f");
  await expect(button).toHaveAttribute("aria-pressed", "false");
});

test("at the end the replay offers to begin again", async ({ page }) => {
  await upload(target, { visit: "left", events: counting(20), end: true });
  await expectCompleted("left");
  await open(page, "left");
  await expectOnStage(page, /second/);
  await page.keyboard.press("End");
  const again = page.getByRole("button", { name: "Watch again" });

  await again.click();
  await expect(again).toBeHidden();
  await expectOnStage(page, /^second \d$/);
  await page.keyboard.press("Space");
  await page.keyboard.press("End");
  await expectOnStage(page, "second 20");
  await page.keyboard.press("Space");

  await expect(again).toBeHidden();
  await expectOnStage(page, /^second \d$/);
});

test("a visitor who is still there is waited for at the end", async ({ page }) => {
  const events = counting(8);
  await upload(target, { visit: "stays", events: events.slice(0, 8) });
  await open(page, "stays");

  await expect(page.getByText("Live: waiting for the visitor")).toBeInViewport();
  await upload(target, { visit: "stays", seq: 1, events: events.slice(8) });
  await expectOnStage(page, "second 8", 20_000);
});

test("what the page says of a visit that goes on keeps up with it", async ({ page }) => {
  const events = counting(8);
  await upload(target, { visit: "leaves", events: events.slice(0, 8) });
  await open(page, "leaves");
  const live = page.locator(".replay-page").getByText("Live");
  await expect(live).toBeVisible();
  await expectOnStage(page, /^second/);
  await page.keyboard.press("i");
  await upload(target, { visit: "leaves", seq: 1, events: events.slice(8), end: true });

  const facts = page.getByRole("complementary", { name: "Session", exact: true });
  await expect(facts).toContainText("Completed", { timeout: 20_000 });
  await expect(facts).toContainText("0:08");
  await expect(live).toBeHidden();
});

test("what is missing from a recording is said and listed", async ({ page }) => {
  const events = counting(10);
  await upload(target, { visit: "gap", events: events.slice(0, 6) });
  await upload(target, { visit: "gap", seq: 2, events: events.slice(10) });
  await open(page, "gap", "?t=5");

  await expect(page.locator("#toast-text")).toContainText("never arrived");
  await page.keyboard.press("i");
  await expect(page.locator("#notices li")).toContainText("never arrived");
  await page.getByRole("button", { name: "Dismiss" }).click();
  await expect(page.locator("#toast")).toBeHidden();
});

test("a session that cannot be played says why instead of showing nothing", async ({ page }) => {
  await upload(target, { visit: "blind", events: blind() });
  await open(page, "blind");

  await expect(page.getByText("No picture of the page has arrived yet")).toBeVisible();
  await expect(page.getByText(sessionOf("blind"))).toBeVisible();
  await expect(page.getByRole("link", { name: "Check again" })).toBeVisible();
  await expect(scrubber(page)).toHaveCount(0);
});

test("a phone has every control within reach and never scrolls sideways", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, "thirty");

  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  for (const control of await page.locator(".replay-bar a:visible, .replay-controls button:visible").all()) {
    await expect(control).toBeInViewport({ ratio: 1 });
  }
});

test("the replay is dark whatever the reader prefers", async ({ page }) => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await open(page, "thirty");
    await expect(page.locator("#replay")).toHaveCSS("background-color", "rgb(21, 20, 18)");
  }
});
