/** The settings of a connection, and that they reach the recorder without touching the page. */

import type { Page } from "@playwright/test";
import { expect, flush, test, until, visit } from "../support/recorder";
import { type RunningServer, startServer } from "../support/server";
import { openConnection, type Target } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer();
});

test.afterAll(() => server.stop());

async function openSettings(page: Page, name: string, tab?: string): Promise<Target> {
  const target = await openConnection(page, server, name);
  await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Settings" }).click();
  const tabs = page.getByRole("navigation", { name: "Settings" });
  if (tab) await tabs.getByRole("link", { name: tab }).click();
  return target;
}

const snippet = (key: string, attributes = "") =>
  `<script async src="${server.url}/hindsight.js" data-connection="${key}" ${attributes}></script>`;

async function exported(page: Page): Promise<string> {
  const url = await page.evaluate(() => (window.hindsight as { sessionUrl(): string }).sessionUrl());
  const session = new URL(url).pathname.split("/").at(-1) ?? "";
  return server.cli("export", session);
}

test("a connection is added, installed, and announces its first visit", async ({ page, site, context }) => {
  await page.goto(`${server.url}/connections`);
  await page.getByLabel("Name").fill("Added here");
  await page.getByLabel("Allowed origins").fill("shop.example");
  await page.getByRole("button", { name: "Add connection" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "is not an origin" })).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue("Added here");
  await page.getByLabel("Allowed origins").fill(site.url);
  await page.getByRole("button", { name: "Add connection" }).click();
  await expect(page.getByText("Waiting for the first event")).toBeVisible();

  site.pages["/"] = `<p>Words</p>${await page.getByLabel("Script tag").first().innerText()}`;
  const visitor = await context.newPage();
  await visit(visitor, site.url);
  await expect(page.getByRole("heading", { name: "It works" })).toBeVisible();
  await page.getByRole("link", { name: "Look at the sessions" }).click();
  await expect(page).toHaveTitle("Sessions · Added here · Hindsight");
});

test("recording rules reach a page that was not touched, and the stricter side holds", async ({
  page,
  site,
  context,
}) => {
  const { key } = await openSettings(page, "rules", "Recording");
  await page.getByRole("radio", { name: /^strict/ }).check();
  await page.getByLabel("Leave out").fill("#map");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved. Pages heed it within a minute.")).toBeVisible();

  site.pages["/"] = `<p>Secret words</p><div id="map">A plan</div>${snippet(key, 'data-privacy="open"')}`;
  const visitor = await context.newPage();
  await visit(visitor, site.url);
  const recorded = await exported(visitor);
  expect(recorded).toContain("****** *****");
  expect(recorded).not.toContain("Secret words");
  expect(recorded).not.toContain("A plan");
  expect(recorded).toContain("rr_width");
});

test("a page that is stricter than the dashboard stays so", async ({ page, site }) => {
  site.settings = { recording: { privacy: "open", maskTextSelector: ".owner" }, widget: null };
  site.pages["/"] =
    `<p class="page">One</p><p class="owner">Two</p><p>Three</p>${site.snippet({ maskTextSelector: ".page" })}`;
  await visit(page, site.url);
  const sent = JSON.stringify(site.events());
  expect(sent).not.toContain("One");
  expect(sent).not.toContain("Two");
  expect(sent).toContain("Three");
  site.settings = { recording: { privacy: "open" }, widget: null };
  site.pages["/strict"] = `<p>Hidden here</p>${site.snippet({ privacy: "strict" })}`;
  await visit(page, `${site.url}/strict`);
  expect(JSON.stringify(site.events())).not.toContain("Hidden here");
});

test("nothing is recorded before the server has answered, and later it is", async ({ page, site }) => {
  let answers = 0;
  await page.route(/\/ingest\/[^/]+\?/, async (route) => {
    answers += 1;
    if (answers === 1) await route.abort();
    else await route.continue();
  });
  site.pages["/"] = `<p>Words</p>${site.snippet()}`;
  await page.goto(site.url);
  await until(() => answers === 1);
  await page.evaluate(() => (window.hindsight as { track(name: string): void }).track("early"));
  expect(site.uploads).toEqual([]);
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  await until(() => site.said("hindsight.track").length === 1);
  expect(answers).toBe(2);
});

for (const [what, settings] of [
  ["is paused", { recording: { off: "recording-disabled" }, widget: null }],
  ["has none of the visits recorded", { recording: { sample: 0 }, widget: null }],
  ["does not know the key", 401],
] as const) {
  test(`a page of a connection that ${what} sends nothing`, async ({ page, site }) => {
    site.settings = settings;
    site.pages["/"] = `<p>Words</p>${site.snippet()}`;
    await page.goto(site.url);
    await until(() => site.lookups.length === 1);
    await page.waitForFunction(() => window.hindsight && "flush" in window.hindsight);
    await flush(page);
    expect(site.uploads).toEqual([]);
  });
}

test("the dashboard can make a page wait for its visitor's consent", async ({ page, site }) => {
  site.settings = { recording: { start: "manual" }, widget: null };
  site.pages["/"] = `<p>Words</p>${site.snippet()}`;
  await page.goto(site.url);
  await until(() => site.lookups.length === 1);
  await page.waitForFunction(() => window.hindsight && "flush" in window.hindsight);
  await flush(page);
  expect(site.uploads).toEqual([]);
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  await page.evaluate(() => (window.hindsight as { start(): void }).start());
  await flush(page);
  expect(site.events().some((event) => event.type === 2)).toBe(true);
});

test("a selector is tried before it is sent", async ({ page }) => {
  await openSettings(page, "selectors", "Recording");
  const field = page.getByLabel("Mask the text of");
  await field.fill("p {");
  await page.getByRole("button", { name: "Save" }).click();
  expect(await field.evaluate((input: HTMLInputElement) => input.validationMessage)).toBe(
    "This is not a CSS selector.",
  );
  await field.fill(".fine, [data-a='b']");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.getByLabel("Mask the text of")).toHaveValue(".fine, [data-a='b']");
});

test("the widget's preview follows the form before it is saved", async ({ page }) => {
  await openSettings(page, "widget", "Widget");
  const script = page.frameLocator("[data-preview]").locator("script[src$='/widget.js']");
  await expect(script).toHaveAttribute("data-theme", "auto");
  await page.getByLabel("Title").fill("Ask <b>us</b>");
  await page.getByLabel("Theme").selectOption("dark");
  await page.getByLabel("Accent").fill("#00695c");
  await expect(script).toHaveAttribute("data-title", "Ask <b>us</b>");
  await expect(script).toHaveAttribute("data-theme", "dark");
  await expect(script).toHaveAttribute("data-accent", "#00695c");
  await expect(script).toHaveAttribute("data-start", "manual");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Title")).toHaveValue("Ask <b>us</b>");
});

test("a key is replaced and both work for a while", async ({ page, site, context }) => {
  const { key } = await openSettings(page, "rotated");
  await page.getByRole("button", { name: "Replace the key" }).click();
  await expect(page.getByText("The connection has a new write key.")).toBeVisible();
  const tag = await page.getByLabel("Script tag").first().innerText();
  expect(tag).not.toContain(key);
  site.pages["/old"] = `<p>Old</p>${snippet(key)}`;
  site.pages["/new"] = `<p>New</p>${tag}`;
  for (const path of ["/old", "/new"]) {
    const visitor = await context.newPage();
    await visit(visitor, site.url + path);
    expect(await exported(visitor)).toContain(path.slice(1));
  }
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "General" }).click();
  await page.getByRole("button", { name: "Stop all former keys now" }).click();
  await expect(page.getByText("Only the present key works now.")).toBeVisible();
});

test("a connection is paused, kept for a time, and deleted", async ({ page }) => {
  await openSettings(page, "ended");
  await page.getByRole("button", { name: "Pause recording" }).click();
  await expect(page.getByRole("heading", { name: "Paused" })).toBeVisible();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Retention" }).click();
  await page.getByRole("radio", { name: "For ever", exact: true }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "General" }).click();
  await page.getByRole("link", { name: "Delete the connection…" }).click();
  await page.getByRole("button", { name: "Delete connection" }).click();
  await expect(page.getByText("The connection is deleted.")).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "ended" })).toHaveCount(0);
});

test("forms work without script, and pages fit a phone", async ({ browser, page }) => {
  await openSettings(page, "plain");
  const base = new URL(page.url()).pathname;
  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
  });
  const plain = await context.newPage();
  await plain.goto(`${server.url}${base}`);
  await plain.getByLabel("Name").fill("plainer");
  await plain.getByRole("button", { name: "Save" }).click();
  await expect(plain).toHaveTitle("Settings · plainer · Hindsight");
  await context.close();
  await page.setViewportSize({ width: 390, height: 844 });
  for (const place of ["", "/recording", "/install", "/widget", "/doctor"]) {
    await page.goto(`${server.url}${base}${place}`);
    expect([place, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([place, 390]);
  }
});
