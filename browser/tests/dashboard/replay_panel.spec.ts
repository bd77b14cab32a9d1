import { expect, type Page, test } from "@playwright/test";
import { custom, type RecordedEvent } from "../support/recorded";
import { sayTimeline } from "../support/said";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, sessionOf, type Target, upload } from "./visit";

let server: RunningServer;
let target: Target;
let listUrl: string;

const LONG = 100_000;

/** A visit in which something is asked, something breaks, and requests fail. */
function troubled(): RecordedEvent[] {
  const said: RecordedEvent[] = [
    custom(3000, "hindsight.prompt", { id: "p1", text: "Where is <my> order?", conversation: "c" }),
    custom(4200, "hindsight.reply", {
      id: "r1",
      to: "p1",
      text: "**On its way**, see [orders](https://shop.example/orders). <img src=x onerror=alert(1)>",
      sources: ["https://shop.example/help", "Delivery"],
    }),
    custom(5000, "hindsight.feedback", { id: "r1", value: -1 }),
    custom(9000, "hindsight.prompt", { id: "p2", text: "Is anybody there?", conversation: "c" }),
    custom(6000, "hindsight.console", {
      level: "error",
      text: "pay is not a function",
      stack: "at cart.js:3",
    }),
    custom(7000, "hindsight.console", { level: "warn", text: "slow <storage>", stack: "" }),
    custom(8000, "hindsight.request", {
      method: "POST",
      url: "https://api.example/pay",
      status: 502,
      took: 90,
    }),
    custom(8500, "hindsight.request", {
      method: "GET",
      url: "https://api.example/stock",
      status: 200,
      took: 2500,
    }),
  ];
  return [...counting(12), ...said].sort((one, other) => one.timestamp - other.timestamp);
}

test.beforeAll(async ({ browser }) => {
  server = await startServer({
    HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1",
    HINDSIGHT_PLUGINS__ENABLED: "false",
  });
  const page = await browser.newPage();
  target = await openConnection(page, server, "panels");
  listUrl = page.url();
  await page.close();
  await upload(target, { visit: "troubled", events: troubled(), end: true });
  await upload(target, { visit: "calm", events: counting(6), end: true });
  await upload(target, { visit: "long", events: counting(60), end: true });
  await sayTimeline(
    server,
    sessionOf("long"),
    Array.from({ length: LONG }, (_, n) => ({
      at: Math.floor((n * 59_000) / LONG),
      page: 0,
      kind: "custom",
      name: `step ${n}`,
      json: "null",
    })),
  );
});

test.afterAll(() => server.stop());

async function open(page: Page, visit: string, query = ""): Promise<void> {
  await page.goto(`${listUrl}/${sessionOf(visit)}${query}`);
  await expect(page.frameLocator("#stage-frame").frameLocator("iframe").locator("p")).toHaveText(/^second/);
  await page.keyboard.press("Space");
}

function panel(page: Page) {
  return page.getByRole("complementary", { name: "Session", exact: true });
}

async function position(page: Page): Promise<number> {
  const slider = page.getByRole("slider", { name: "Position in the recording" });
  return Number(await slider.getAttribute("aria-valuenow"));
}

test("T hides the panel, digits choose its tabs, and the address says which is open", async ({ page }) => {
  await open(page, "troubled");
  await expect(panel(page).getByRole("tab", { name: /^Events/ })).toHaveAttribute("aria-selected", "true");
  for (const [key, view] of Object.entries({ 2: "conversation", 3: "console", 4: "network", 6: "info" })) {
    await page.keyboard.press(key);
    await expect(page).toHaveURL(new RegExp(`panel=${view}`));
    await expect(page.locator(`#story-${view}`)).toBeVisible();
  }
  await page.keyboard.press("t");
  await expect(panel(page)).toBeHidden();
  await expect(page).not.toHaveURL(/panel=/);
  // Who has closed it finds it closed the next time.
  await open(page, "calm");
  await expect(panel(page)).toBeHidden();
});

test("tabs say how much there is", async ({ page }) => {
  await open(page, "troubled");
  await expect(panel(page).getByRole("tab", { name: "Conversation 3" })).toBeVisible();
  await expect(panel(page).getByRole("tab", { name: "Console 2" })).toBeVisible();
  await expect(panel(page).getByRole("tab", { name: "Network 2" })).toBeVisible();
});

test("events are searched and narrowed, and a link holds what they are narrowed to", async ({ page }) => {
  await open(page, "troubled", "?panel=events");
  const rows = page.locator("#story-events .event");
  await panel(page)
    .getByRole("button", { name: /^Errors/ })
    .click();
  await expect(rows).toHaveText([/pay is not a function/, /answered 502/]);
  await panel(page).getByRole("searchbox", { name: "Search events" }).fill("PAY IS");
  await expect(rows).toHaveCount(1);
  await expect(page).toHaveURL(/show=error/);
  await expect(page).toHaveURL(/find=PAY\+IS/);
  await page.reload();
  await expect(rows).toHaveText(["0:06Console error: pay is not a function"]);
  await panel(page).getByRole("searchbox", { name: "Search events" }).fill("nowhere");
  await expect(panel(page).getByText("Nothing matches.")).toBeVisible();
});

test("keys go from event to event, and none while one types", async ({ page }) => {
  await open(page, "troubled", "?panel=events");
  await panel(page)
    .getByRole("button", { name: /^Errors/ })
    .click();
  await page.keyboard.press("Home");
  await page.keyboard.press("l");
  await expect.poll(() => position(page)).toBe(6);
  await page.keyboard.press("Shift+ArrowRight");
  await expect.poll(() => position(page)).toBe(8);
  await page.keyboard.press("h");
  await expect.poll(() => position(page)).toBe(6);
  await panel(page).getByRole("searchbox", { name: "Search events" }).press("t");
  await expect(panel(page)).toBeVisible();
});

test("the console shows levels and folds stacks", async ({ page }) => {
  await open(page, "troubled", "?panel=console");
  const lines = page.locator("#story-console .said");
  await expect(lines).toHaveCount(2);
  await expect(lines.first().locator("pre")).toBeHidden();
  await lines.first().getByText("Stack").click();
  await expect(lines.first().locator("pre")).toHaveText("at cart.js:3");
  await panel(page)
    .getByRole("button", { name: /^Warnings/ })
    .click();
  await expect(lines).toHaveText([/slow <storage>/]);
  await lines.first().getByRole("button").click();
  await expect.poll(() => position(page)).toBe(7);
});

test("requests say what failed and what was slow", async ({ page }) => {
  await open(page, "troubled", "?panel=network");
  const requests = page.locator("#story-network .request");
  await expect(requests).toHaveText(["0:08POSTapi.example/pay50290 ms", "0:08GETapi.example/stock2002.5 s"]);
  await panel(page)
    .getByRole("button", { name: /^Failed/ })
    .click();
  await expect(requests).toHaveCount(1);
});

test("the conversation is a chat that follows the playback, and nothing in it runs", async ({ page }) => {
  await open(page, "troubled", "?panel=conversation");
  const turns = page.locator("#story-conversation .turn");
  await expect(turns).toHaveCount(3);
  await expect(turns.nth(0)).toContainText("Where is <my> order?");
  await expect(turns.nth(1).locator("strong")).toHaveText("On its way");
  await expect(turns.nth(1)).toContainText("<img src=x onerror=alert(1)>");
  await expect(turns.nth(1)).toContainText("Rated not helpful");
  await expect(turns.nth(1).getByRole("link", { name: "https://shop.example/help" })).toBeVisible();
  await expect(turns.nth(2)).toContainText("Never answered");
  await turns.nth(1).getByRole("link", { name: "0:04" }).click();
  await expect.poll(() => position(page)).toBe(4);
  await expect(turns.nth(1)).toHaveAttribute("aria-current", "true");
  expect(await page.locator("#story-conversation img, #story-conversation script").count()).toBe(0);
});

test("the info names the pages visited and leads to them", async ({ page }) => {
  await open(page, "troubled", "?panel=info&t=6");
  const visited = page.locator("#visited");
  await expect(visited.getByRole("button")).toHaveText([/\/cart/]);
  await visited.getByRole("button").click();
  await expect.poll(() => position(page)).toBe(0);
});

test("lists without anything say so", async ({ page }) => {
  for (const [view, words] of Object.entries({
    conversation: "Nothing was asked in this session.",
    console: "The console stayed silent",
    network: "No request failed or was slow.",
  })) {
    await open(page, "calm", `?panel=${view}`);
    await expect(page.locator(`#story-${view}`).getByText(words)).toBeVisible();
  }
});

test("a list of a hundred thousand events stays fast and follows the playback", async ({ page }) => {
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration);
    }).observe({ entryTypes: ["longtask"] });
  });
  await open(page, "long", "?panel=events");
  const list = page.getByRole("list", { name: "Events" });
  await expect(panel(page).getByRole("tab", { name: "Events 100K" })).toBeVisible({ timeout: 30_000 });
  await expect(panel(page).getByRole("button", { name: "Custom 100000" })).toBeVisible({ timeout: 30_000 });
  await page.keyboard.press("End");
  await expect(list.locator("[aria-current]")).toContainText("step 99999", { timeout: 10_000 });
  await expect(list.locator("[aria-current]")).toBeInViewport();
  await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));
  await page.keyboard.press("Home");
  await page.keyboard.press("Space");
  await list.hover();
  for (let turns = 0; turns < 40; turns += 1) await page.mouse.wheel(0, 20_000);
  await page.waitForTimeout(1000);
  expect(await list.locator("[role=listitem]").count()).toBeLessThan(800);
  const worst = await page.evaluate(() =>
    Math.max(0, ...(window as unknown as { longTasks: number[] }).longTasks),
  );
  test.info().annotations.push({ type: "longest task, ms", description: String(worst) });
  // Far more than it takes, and far less than drawing all of it would.
  expect(worst).toBeLessThan(500);
  if (process.env.SHOW_FIGURES) console.log(`longest task ${worst} ms`);
  // Who scrolls is not pulled away, and finds the way back.
  await expect(list.locator("[aria-current]")).toHaveCount(0);
  await panel(page).getByRole("button", { name: "Back to now" }).click();
  await expect(list.locator("[aria-current]")).toBeInViewport();
});

test("arrow keys walk a list", async ({ page }) => {
  await open(page, "troubled", "?panel=events");
  await page.getByRole("list", { name: "Events" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const focused = page.locator("#story-events [role=listitem]:focus-within");
  const place = Number(await focused.getAttribute("aria-posinset"));
  await page.keyboard.press("ArrowUp");
  await expect(focused).toHaveAttribute("aria-posinset", String(place - 1));
});

test("on a phone the panel is a sheet that leaves the controls", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, "troubled");
  await expect(panel(page)).toBeHidden();
  await page.getByRole("button", { name: "Panel", exact: true }).click();
  await expect(page.locator("#story-events .event").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeInViewport({ ratio: 1 });
  for (const tab of await panel(page).getByRole("tab").all()) await expect(tab).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
