import { expect, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({ HINDSIGHT_RETENTION__KEEP_DAYS: "90" });
});

test.afterAll(() => server.stop());

test("the storage page is a link away and tells what each connection takes", async ({ page }) => {
  const target = await openConnection(page, server, "stored");
  await upload(target, { visit: "one", events: counting(3) });
  await page.locator(".server-menu summary").click();
  await page.getByRole("link", { name: "Storage" }).click();

  await expect(page).toHaveTitle("Storage · Hindsight");
  const cells = page.getByRole("row").filter({ hasText: "stored" }).getByRole("cell");
  await expect(cells.nth(0)).toHaveText("1");
  await expect(cells.nth(1)).toHaveText("7");
  await expect(cells.nth(2)).toHaveText(/^\d+ B$/);
  await expect(cells.nth(6)).toContainText("for 90 days, as the server does");
  await expect(page.getByRole("img", { name: /free of/ })).toBeVisible();
  await page.getByRole("link", { name: "stored", exact: true }).click();
  await expect(page).toHaveTitle("Sessions · stored · Hindsight");
});

test("how long a connection's sessions are kept is changed there", async ({ page }) => {
  await openConnection(page, server, "kept");
  await page.goto(`${server.url}/storage`);
  await page.getByRole("link", { name: "Change how long sessions of kept are kept" }).click();
  await page.getByRole("radio", { name: "For", exact: true }).check();
  await page.getByLabel("Days", { exact: true }).fill("14");
  await page.getByRole("button", { name: "Save" }).click();

  await expect(page.getByText("Saved. Sessions of kept are kept for 14 days.")).toBeVisible();
  await expect(page).toHaveURL(/\/storage$/);
  await expect(page.getByRole("row").filter({ hasText: "kept" }).getByRole("cell").last()).toContainText(
    "for 14 days",
  );
});

test("a phone shows each connection as a short list", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openConnection(page, server, "A connection whose name is longer than most");
  await page.goto(`${server.url}/storage`);

  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
