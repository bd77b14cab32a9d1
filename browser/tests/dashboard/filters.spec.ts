import { expect, type Page, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, identified, openConnection, type Target, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({ HINDSIGHT_PAGES__SESSIONS_PER_PAGE: "3" });
});

test.afterAll(() => server.stop());

/** A connection with visits to /a, /b, /c and /d, the last of which is Ada's. */
async function openVisited(page: Page, name: string): Promise<Target> {
  const target = await openConnection(page, server, name);
  for (const visit of ["a", "b", "c"]) {
    await upload(target, { visit, events: counting(1, `https://shop.example/page-${visit}`) });
  }
  await upload(target, { visit: "d", events: identified("ada", counting(1, "https://shop.example/page-d")) });
  await page.reload();
  return target;
}

function addresses(page: Page) {
  return page.locator("tr.session .address");
}

function filterForm(page: Page) {
  return page.getByRole("form", { name: "Filter" });
}

/** Opens what is rarely asked. */
async function openFilters(page: Page): Promise<void> {
  await page.locator(".filter-more > summary").click();
}

test("the form narrows the list, chips say how, and each takes its part off", async ({ page }) => {
  await openVisited(page, "narrow");
  const form = filterForm(page);
  await openFilters(page);
  await form.getByLabel("Landing URL contains").fill("page-d");
  await form.getByLabel("Visitor").fill("ada");
  await page.keyboard.press("Enter");

  await expect(page).toHaveURL(/\/sessions\?url=page-d&visitor=ada$/);
  await expect(addresses(page)).toHaveText(["shop.example/page-d"]);
  await expect(form.getByLabel("Visitor")).toHaveValue("ada");
  await expect(page.getByRole("navigation", { name: "Status" }).locator(".count")).toHaveCount(0);

  await page.getByRole("link", { name: "Remove the filter: URL contains page-d" }).click();
  await expect(page).toHaveURL(/\/sessions\?visitor=ada$/);
  await page.getByRole("link", { name: "Clear all" }).click();
  await expect(page).toHaveURL(/\/sessions$/);
  await expect(addresses(page)).toHaveCount(3);
});

test("a filter stays on over tabs, pages and the chart's spans", async ({ page }) => {
  await openVisited(page, "stays");
  await openFilters(page);
  await filterForm(page).getByLabel("Landing URL contains").fill("shop.example");
  await filterForm(page).getByRole("button", { name: "Apply filters" }).click();
  await page.getByRole("navigation", { name: "Status" }).getByRole("link", { name: "Active" }).click();
  await page.getByRole("link", { name: "30 days" }).click();
  await page.getByRole("link", { name: "Older" }).click();

  await expect(page).toHaveURL(/\/sessions\?status=active&url=shop\.example&chart=month&before=\d+$/);
  await expect(addresses(page)).toHaveText(["shop.example/page-a"]);
});

test("days are chosen in the form", async ({ page }) => {
  await openVisited(page, "days");
  const today = new Date().toISOString().slice(0, 10);
  await filterForm(page).getByLabel("Started").selectOption("custom");
  await filterForm(page).getByLabel("From (UTC)").fill(today);
  await filterForm(page).getByRole("button", { name: "Search" }).click();

  await expect(page).toHaveURL(new RegExp(`\\?from=${today}$`));
  await expect(addresses(page)).toHaveCount(3);
  await filterForm(page).getByLabel("From (UTC)").fill("");
  await filterForm(page).getByLabel("To (UTC)").fill("2020-02-02");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "No session is like this" })).toBeVisible();
});

test("a text that is too short is said so beside its field", async ({ page }) => {
  await openVisited(page, "short");
  const field = filterForm(page).getByLabel("Landing URL contains");
  await openFilters(page);
  await field.fill("pa");
  await page.keyboard.press("Enter");

  await expect(field).toHaveAccessibleDescription("Type 3 characters or more.");
  await expect(field).toHaveValue("pa");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Clear the filter" }).click();
  await expect(addresses(page)).toHaveCount(3);
});

test("a bar of the chart leads to the sessions it counts", async ({ page }) => {
  await openVisited(page, "bars");
  const bars = page.locator("[data-chart] svg").getByRole("link");
  await expect(bars.last()).toHaveAccessibleName(/UTC: [1-4] sessions?$/);
  await bars.last().click();

  await expect(page).toHaveURL(/\?from=.*&to=/);
  await expect(bars.last()).toHaveAttribute("aria-current", "true");
  await expect(addresses(page)).not.toHaveCount(0);
  await page.getByRole("link", { name: "30 days" }).click();
  await bars.last().click();
  await expect(page).toHaveURL(/\?from=[\d-]{10}&to=[\d-]{10}&chart=month$/);
});

test("the chart is one stop of the Tab key, walked by arrows", async ({ page }) => {
  await openVisited(page, "walk");
  const stops = page.locator("[data-chart] svg a[tabindex='0']");
  await expect(stops).toHaveCount(1);
  await stops.focus();
  await page.keyboard.press("Home");
  await expect(page.locator("[data-chart] svg a").first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\?from=/);
});

test("under a filter only what is new is announced", async ({ page }) => {
  const target = await openVisited(page, "news");
  await page.goto(`${page.url()}?url=shop.example`);
  await expect(addresses(page)).toHaveCount(3);

  await upload(target, { visit: "elsewhere", events: counting(1, "https://other.example/") });
  await expect(page.locator("[data-total=total]")).toHaveText("5");
  await upload(target, { visit: "new", events: counting(1, "https://shop.example/new") });
  await page.getByRole("link", { name: "1 new session" }).click();

  await expect(page).toHaveURL(/\?url=shop\.example$/);
  await expect(addresses(page).first()).toHaveText("shop.example/new");
});

test("what only moved up, in place of a deleted one, is not announced", async ({ page, request }) => {
  await openVisited(page, "moved");
  const path = await page
    .getByRole("link", { name: "Play https://shop.example/page-d" })
    .getAttribute("href");
  await request.post(`${server.url}${path}/delete`, { headers: { "Sec-Fetch-Site": "none" } });

  // The page has looked again when its counts are right.
  await expect(page.locator("[data-filter=all] .count")).toHaveText("3");
  await expect(page.locator("[data-news]")).toBeHidden();
});

test("/ leads to the filter, and what is typed there moves nothing", async ({ page }) => {
  await openVisited(page, "slash");
  await page.keyboard.press("/");
  await page.keyboard.type("jk/page");

  await expect(filterForm(page).getByLabel("Search sessions")).toBeFocused();
  await expect(filterForm(page).getByLabel("Search sessions")).toHaveValue("jk/page");
});

test("a phone hides what is rarely asked, and never scrolls sideways", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openVisited(page, "phone");
  const form = filterForm(page);
  await expect(form.getByLabel("Visitor")).toBeHidden();
  await openFilters(page);
  await form.getByLabel("Visitor").fill("ada");
  await page.keyboard.press("Enter");

  await expect(addresses(page)).toHaveText(["shop.example/page-d"]);
  await expect(form.getByLabel("Visitor")).toHaveValue("ada");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
