import { expect, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({ HINDSIGHT_RETENTION__KEEP_DAYS: "90" });
});

test.afterAll(() => server.stop());

test("the operations page is a link away and its figures stay true", async ({ page }) => {
  const target = await openConnection(page, server, "watched");
  await page.locator(".server-menu summary").click();
  await page.getByRole("link", { name: "Operations" }).click();

  await expect(page).toHaveTitle("Operations · Hindsight");
  const stored = page.locator(".figures div").filter({ hasText: "Stored" }).locator("dd");
  await expect(stored).toHaveText("0");
  await upload(target, { visit: "one", events: counting(3) });
  await expect(stored).toHaveText("1", { timeout: 15_000 });
  await expect(page.getByRole("img", { name: /^1 upload and .* in the last hour/ })).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "/ingest/{*address}" }).first()).toBeVisible();
});

test("each setting says where it comes from, and stays open while figures change", async ({ page }) => {
  await page.goto(`${server.url}/operations`);
  await page.getByText("Settings in effect").click();
  const row = page.getByRole("row").filter({ hasText: "retention.keep_days" });
  await expect(row.getByRole("cell")).toHaveText(["90", "HINDSIGHT_RETENTION__KEEP_DAYS"]);
  const version = await page.locator("#followed").getAttribute("data-version");
  await expect(page.locator("#followed")).not.toHaveAttribute("data-version", version ?? "", {
    timeout: 15_000,
  });
  await expect(row).toBeVisible();
});

test("a phone shows it without scrolling aside", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${server.url}/operations`);
  await page.getByText("Settings in effect").click();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
