import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, type Page, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer();
});

test.afterAll(() => server.stop());

/** A recording that is over. */
function visit(name: string, lines = false) {
  const events = counting(3);
  const text = lines ? events.map((event) => JSON.stringify(event)).join("\n") : JSON.stringify(events);
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(text) };
}

async function openPage(page: Page, connection: string): Promise<void> {
  await openConnection(page, server, connection);
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await page.getByRole("link", { name: "Import and export" }).click();
  await expect(page.getByRole("heading", { name: "Import recordings" })).toBeVisible();
}

test("files are imported one after the other, and each says what became of it", async ({ page }) => {
  await openPage(page, "chosen");
  await expect(page.getByText("Nothing was recorded yet, so there is nothing to take along.")).toBeVisible();
  const packed = visit("packed.jsonl.gz", true);
  const letter = { name: "letter.json", mimeType: "text/plain", buffer: Buffer.from("Dear Ann") };
  await page
    .getByLabel("Files")
    .setInputFiles([visit("plain.json"), { ...packed, buffer: gzipSync(packed.buffer) }, letter]);
  await page.getByRole("button", { name: "Import" }).click();

  await expect(page.getByText("2 imported, 1 not imported.")).toBeVisible();
  const rows = page.locator("#import-rows li");
  await expect(rows.filter({ hasText: "plain.json" })).toContainText("7 events");
  await expect(rows.filter({ hasText: "letter.json" })).toContainText("not a recording");
  await page.goto(page.url());
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download 2 sessions" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^hindsight-chosen-\d{4}-\d\d-\d\d\.tar$/);
  const archive = await readFile(await file.path());
  expect(archive.subarray(257, 262).toString()).toBe("ustar");
});

test("files are dropped on the page, and watched from there", async ({ page }) => {
  await openPage(page, "dropped");
  const text = visit("dropped.json").buffer.toString();
  const transfer = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "dropped.json"));
    return transfer;
  }, text);
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  await expect(page.locator("#import")).toHaveClass(/is-over/);
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await expect(page.getByText("1 imported.")).toBeVisible();
  await page.getByRole("link", { name: "Watch" }).click();
  await expect(page).toHaveURL(/\/sessions\/[0-9a-f]{32}/);
});

test("without script all files of the form are imported at once", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await openPage(page, "scriptless");
  await page
    .getByLabel("Files")
    .setInputFiles([visit("one.json"), { ...visit("two.json"), buffer: Buffer.from("{}") }]);
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByText("1 imported, 1 not imported.")).toBeVisible();
  await context.close();
});

test("an import is stopped, and what waited does not come in", async ({ page }) => {
  await openPage(page, "stopped");
  // The server answers when somebody says so.
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route("**/settings/moving", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await asked;
    await route.abort();
  });
  await page.getByLabel("Files").setInputFiles([visit("first.json"), visit("second.json")]);
  await page.getByRole("button", { name: "Import" }).click();
  await expect(page.getByText("first.json, and 1 more")).toBeVisible();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByText("0 imported, 1 not imported.")).toBeVisible();
  await expect(page.locator("#import-rows li")).toHaveText([/first\.json was stopped/]);
  answer();
});

test("a phone shows it without scrolling aside", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page, "narrow");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
