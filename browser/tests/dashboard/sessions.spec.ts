import { expect, type Page, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { blind, counting, openConnection, sessionOf, upload } from "./visit";

const LONG =
  "https://app.example.com/workspaces/8f14e45fceea167a/projects/quarterly-report/boards/42/cards/1337?view=all";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({
    HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1",
    HINDSIGHT_PAGES__SESSIONS_PER_PAGE: "5",
  });
});

test.afterAll(() => server.stop());

function row(page: Page, text: string) {
  return page.getByRole("row").filter({ hasText: text });
}

test("a row says what was visited, when, how much, how long and with what", async ({ page }) => {
  const target = await openConnection(page, server, "rows");
  await upload(target, { visit: "one", events: counting(3) });
  await page.reload();

  const cells = row(page, "shop.example/cart").getByRole("cell");
  await expect(cells.nth(1)).toHaveText(/shop\.example\/cart\s+Live/);
  await expect(cells.nth(3)).toHaveText("7 events");
  await expect(cells.nth(4)).toHaveText("0:03");
  await expect(cells.nth(6)).toHaveText("Chrome 156 · Windows · Desktop");
  await expect(cells.nth(2).locator("time")).toHaveAttribute("datetime", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  await expect(cells.nth(2).locator("time")).toHaveAttribute("title", /\d{4}/);
});

test("a click anywhere on a row opens the replay", async ({ page }) => {
  const target = await openConnection(page, server, "clicks");
  await upload(target, { visit: "one", events: counting(3) });
  await page.reload();

  await row(page, "shop.example/cart").click({ position: { x: 700, y: 20 } });

  await expect(page).toHaveURL(new RegExp(`/sessions/${sessionOf("one")}$`));
});

test("a session without a picture of its page says so and cannot be opened", async ({ page }) => {
  const target = await openConnection(page, server, "blind");
  await upload(target, { visit: "one", events: blind() });
  await page.reload();

  const play = page.getByRole("button", { name: /^Cannot be played: No picture of the page/ });
  await expect(play).toBeDisabled();
  await expect(play).toHaveAttribute("title", /No picture of the page/);
  await expect(page.locator(".session-reason")).toContainText("No picture of the page");
  await expect(page.locator("tr.session a")).toHaveCount(0);
});

test("filters are links that say how many there are", async ({ page }) => {
  const target = await openConnection(page, server, "filters");
  await upload(target, { visit: "stays", events: counting(3, "https://shop.example/stays") });
  await upload(target, { visit: "left", events: counting(3, "https://shop.example/left"), end: true });
  await expect(page.locator("[data-total=completed]")).toHaveText("1", { timeout: 15_000 });
  await page.reload();

  const filters = page.getByRole("navigation", { name: "Status" });
  await expect(filters.getByRole("link")).toHaveText([/All\s+2/, /Active\s+1/, /Completed\s+1/]);
  await filters.getByRole("link", { name: "Completed" }).click();
  await expect(page).toHaveURL(/\?status=completed$/);
  await expect(filters.getByRole("link", { name: "Completed" })).toHaveAttribute("aria-current", "page");
  await expect(page.locator("tr.session .address")).toHaveText(["shop.example/left"]);
});

test("a filter that lets nothing through leads back to all", async ({ page }) => {
  const target = await openConnection(page, server, "nothing");
  await upload(target, { visit: "one", events: counting(3) });
  await page.goto(`${page.url()}?status=completed`);

  await expect(page.getByRole("heading", { name: "No completed sessions" })).toBeVisible();
  await page.getByRole("link", { name: "Show all sessions" }).click();
  await expect(page.locator("tr.session")).toHaveCount(1);
});

test("a long list is read page by page", async ({ page }) => {
  const target = await openConnection(page, server, "pages");
  for (let visit = 1; visit <= 7; visit += 1) {
    await upload(target, { visit: `visit-${visit}`, events: counting(1, `https://shop.example/${visit}`) });
  }
  await page.reload();

  const pages = page.getByRole("navigation", { name: "Pages" });
  await expect(page.locator("tr.session")).toHaveCount(5);
  await pages.getByRole("link", { name: "Older" }).click();
  await expect(page.locator("tr.session")).toHaveCount(2);
  await expect(pages.getByRole("link", { name: "Older" })).toHaveCount(0);
  await pages.getByRole("link", { name: "Newer" }).click();
  await expect(page.locator("tr.session")).toHaveCount(5);
});

test("the first session appears by itself", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const target = await openConnection(page, server, "first");
  await expect(page.getByRole("heading", { name: "Waiting for the first event" })).toBeVisible();
  await page.getByRole("button", { name: "Copy the script tag" }).click();
  const snippet = await page.evaluate(() => navigator.clipboard.readText());
  expect(snippet).toBe(
    `<script async src="${server.url}/hindsight.js" data-connection="${target.key}"></script>`,
  );

  await upload(target, { visit: "one", events: counting(3) });

  await expect(page.getByRole("link", { name: "Play https://shop.example/cart" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Waiting" })).toHaveCount(0);
  await expect(page.locator("[data-total=total]")).toHaveText("1");
});

test("new sessions are announced and move nothing; rows that stand there follow", async ({ page }) => {
  const target = await openConnection(page, server, "live");
  await upload(target, { visit: "first", events: counting(3, "https://shop.example/first") });
  await expect(page.locator("tr.session")).toHaveCount(1);
  await page.reload();
  const link = page.getByRole("link", { name: "Play https://shop.example/first" });
  await link.focus();

  await upload(target, { visit: "second", events: counting(3, "https://shop.example/second") });
  await upload(target, { visit: "first", seq: 1, events: counting(6).slice(-2) });

  await expect(page.getByRole("link", { name: "1 new session" })).toBeVisible();
  await expect(page.locator("tr.session .address")).toHaveText(["shop.example/first"]);
  await expect(page.locator("tr.session .session-events")).toHaveText("9 events");
  await expect(link).toBeFocused();
  await page.getByRole("link", { name: "1 new session" }).click();
  await expect(page.locator("tr.session")).toHaveCount(2);
});

test("the list is walked and opened by keys", async ({ page }) => {
  const target = await openConnection(page, server, "keys");
  for (const visit of ["a", "b", "c"]) {
    await upload(target, { visit, events: counting(1, `https://shop.example/${visit}`) });
  }
  await page.reload();
  const links = page.getByRole("link", { name: /^Play / });

  await page.keyboard.press("j");
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await expect(links.nth(1)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/sessions\/b-+$/);
});

test("a phone shows a row as a card and never scrolls sideways", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const target = await openConnection(page, server, "phone");
  await upload(target, { visit: "long", events: counting(3, LONG) });
  await upload(target, { visit: "blind", events: blind() });
  await page.reload();

  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  const address = page.locator("tr.session .address", { hasText: "app.example.com" });
  await expect(address).toHaveAttribute("title", LONG);
  await expect(address.locator(".address-tail")).toBeInViewport({ ratio: 1 });
});

test("everything but the live figures works without script", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const target = await openConnection(page, server, "plain");
  await expect(page.locator("pre")).toContainText(target.key);
  await upload(target, { visit: "one", events: counting(3) });
  await page.reload();

  await page.getByRole("link", { name: "Active" }).click();
  await page.getByRole("link", { name: "Play https://shop.example/cart" }).click();

  await expect(page.locator(".stage-noscript")).toBeVisible();
  await context.close();
});

test("everything that can be pressed has a name, and the policy is never broken", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  const target = await openConnection(page, server, "names");
  await upload(target, { visit: "one", events: counting(3) });
  await page.reload();
  const sessionsUrl = page.url();

  for (const url of [sessionsUrl, `${sessionsUrl}/${sessionOf("one")}`]) {
    await page.goto(url);
    const pressables = page.locator("a, button, summary, [tabindex='0']").filter({ visible: true });
    for (const pressable of await pressables.all()) {
      await expect(pressable).toHaveAccessibleName(/\S/);
    }
  }
  expect(complaints).toEqual([]);
});

test("an address that leads nowhere says so and leads home", async ({ page }) => {
  const answer = await page.goto(`${server.url}/nowhere`);

  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Go to the sessions" }).click();
  await expect(page.getByRole("heading", { name: "Sessions" })).toBeVisible();
});
