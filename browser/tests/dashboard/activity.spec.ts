import { expect, type Page, test } from "@playwright/test";
import { custom, type RecordedEvent, START } from "../support/recorded";
import { type RunningServer, startServer } from "../support/server";
import { counting, identified, openConnection, sessionOf, type Target, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({
    HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1",
    HINDSIGHT_PAGES__SESSIONS_PER_PAGE: "6",
  });
});

test.afterAll(() => server.stop());

/** A prompt with its reply, so many milliseconds after the visit began. */
function asked(at: number, id: string, text: string, reply: string, answered = true): RecordedEvent[] {
  return [
    custom(at, "hindsight.prompt", { id, text }),
    custom(at + 400, "hindsight.reply", { id: `reply-${id}`, to: id, text: reply, answered }),
  ];
}

async function openActivity(page: Page, name: string): Promise<Target> {
  const target = await openConnection(page, server, name);
  await page.getByRole("link", { name: "Activity" }).click();
  await expect(page).toHaveTitle(`Activity · ${name} · Hindsight`);
  return target;
}

function entries(page: Page) {
  return page.locator("[data-entry]");
}

test("what is asked while the page is open is announced, and shown when one asks", async ({ page }) => {
  const target = await openActivity(page, "live");
  await upload(target, { visit: "one", events: counting(3) });
  await expect(entries(page)).toHaveCount(1);

  await upload(target, {
    visit: "one",
    seq: 1,
    events: asked(2000, "a", "Where is my order?", "On its way."),
  });
  const news = page.locator("[data-news]");
  await expect(news).toHaveText("1 new", { timeout: 3000 });
  await expect(entries(page)).toHaveCount(1);
  await expect(page.locator("[data-filter=prompts] .count")).toHaveText("1");
  await page.keyboard.press(".");
  await expect(entries(page)).toHaveCount(2);
  await expect(entries(page).first()).toContainText("Where is my order?");
  await expect(news).toBeHidden();
  await expect(page.locator(".entry-watch:focus")).toHaveText("Watch this moment");

  const verdict = custom(4000, "hindsight.feedback", { id: "a", value: -1 });
  await upload(target, { visit: "one", seq: 2, events: [verdict] });
  await expect(entries(page).first()).toContainText("Found bad");
  await expect(page.locator(".entry-watch:focus")).toHaveText("Watch this moment");
});

test("filters stand in the address, and lead on to each other", async ({ page }) => {
  const target = await openActivity(page, "filters");
  const events = [
    ...counting(12),
    ...asked(2000, "a", "Where is my order?", "On its way."),
    ...asked(5000, "b", "Do you ship to the moon?", "I do not know.", false),
    custom(7000, "hindsight.feedback", { id: "a", value: -1 }),
  ];
  await upload(target, { visit: "one", events });
  const tabs = page.getByRole("navigation", { name: "Show" });
  await expect(tabs.getByRole("link")).toHaveText([
    /All\s+3/,
    /Prompts\s+2/,
    /Sessions\s+1/,
    /Unanswered\s+1/,
    /Found bad\s+1/,
  ]);
  await tabs.getByRole("link", { name: "Unanswered" }).click();
  await expect(page).toHaveURL(/\/activity\?show=unanswered$/);
  await expect(entries(page)).toHaveCount(1);
  await expect(entries(page)).toContainText("Do you ship to the moon?");
  await tabs.getByRole("link", { name: "Found bad" }).click();
  await expect(entries(page)).toContainText("Where is my order?");
  await expect(page.getByRole("heading", { name: "Today" })).toBeVisible();
});

test("the chart says what a bar counts, and leads to it", async ({ page }) => {
  const target = await openActivity(page, "chart");
  await upload(target, { visit: "one", events: [...counting(3), ...asked(1000, "a", "Why?", "So.")] });
  await expect(entries(page)).toHaveCount(2);

  const bar = page.locator("[data-chart] svg a").last();
  const reading = page.locator("[data-chart-reading]");
  await expect(reading).toBeHidden();
  await bar.hover();
  await expect(reading).toHaveText(/UTC: 1 session, 1 prompt$/);
  await page.getByRole("heading", { name: "Activity" }).hover();
  await expect(reading).toBeHidden();
  await bar.focus();
  await expect(reading).toHaveText(/UTC: 1 session, 1 prompt$/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\?from=[^&]+&to=[^&]+$/);
  await expect(entries(page)).toHaveCount(2);
  await expect(page.locator("[data-chart] svg a").last()).toHaveAttribute("aria-current", "true");
  await page.getByRole("link", { name: "26 weeks" }).click();
  await expect(page).toHaveURL(/chart=weeks/);
});

test("watching a moment begins at the prompt", async ({ page }) => {
  const target = await openActivity(page, "moment");
  await upload(target, { visit: "one", events: [...counting(12), ...asked(8000, "a", "Why?", "So.")] });
  await expect(entries(page)).toHaveCount(2);
  await page.keyboard.press("j");
  await expect(page.locator(".entry-watch:focus")).toHaveText("Watch this moment");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/sessions/${sessionOf("one")}\\?at=${START + 8000}`));
  await expect(page.locator(".clock")).toContainText("0:08");
  const counter = page
    .frameLocator("iframe")
    .frameLocator("iframe")
    .getByText(/^second/);
  await expect(counter).toHaveText(/second (8|9|10|11|12)/);
});

test("keys go from entry to entry", async ({ page }) => {
  const target = await openActivity(page, "keys");
  await upload(target, { visit: "one", events: [...counting(3), ...asked(1000, "a", "Why?", "So.")] });
  await expect(entries(page)).toHaveCount(2);
  const focused = () => page.evaluate(() => document.activeElement?.closest("[data-entry]")?.className);
  await page.keyboard.press("j");
  expect(await focused()).toContain("entry-prompt");
  await page.keyboard.press("ArrowDown");
  expect(await focused()).toContain("entry-session");
  await page.keyboard.press("k");
  expect(await focused()).toContain("entry-prompt");
});

test("it works without script", async ({ browser, page }) => {
  const target = await openActivity(page, "plain");
  const long = "Well, that depends. ".repeat(40);
  await upload(target, {
    visit: "one",
    events: identified("ada@example.org", [...counting(3), ...asked(1000, "a", "Why?", long)]),
  });
  await expect(entries(page)).toHaveCount(2);
  const plain = await browser.newPage({ javaScriptEnabled: false });
  await plain.goto(page.url());
  await expect(plain.locator("[data-entry]")).toHaveCount(2);
  await plain.getByText("Show all", { exact: true }).click();
  await expect(plain.getByText(long.trim())).toBeVisible();
  await plain.locator("[data-chart] svg a").last().click();
  await expect(plain).toHaveURL(/from=/);
  await plain.getByRole("link", { name: "ada@example.org" }).first().click();
  await expect(plain.getByRole("heading", { level: 1 })).toHaveText("ada@example.org");
  await plain.close();
});
