import { readFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { expectAccessible } from "../support/axe";
import { custom } from "../support/recorded";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({
    HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1",
    HINDSIGHT_PRIVACY__PUBLIC: "true",
  });
});

test.afterAll(() => server.stop());

const PERSON = "ada@example.org";

async function visitOf(page: Page, connection: string): Promise<void> {
  const target = await openConnection(page, server, connection);
  const events = [
    ...counting(5),
    custom(500, "hindsight.identify", { id: PERSON }),
    custom(1000, "hindsight.prompt", { id: "a", text: "Where is my order?" }),
  ];
  await upload(target, { visit: "one", events });
}

/** Pictures to look at, where a folder for them is named. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.TEST_PICTURES;
  if (folder === undefined) return;
  await page.setViewportSize({ width: 1280, height: 900 });
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: `${folder}/${name}-${scheme}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: `${folder}/${name}-390.png`, fullPage: true });
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

async function fitsNarrow(page: Page): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.setViewportSize({ width: 1280, height: 900 });
}

test("a person is looked up, handed out and erased in all connections, and the log says so", async ({
  page,
}) => {
  await visitOf(page, "shop");
  await visitOf(page, "blog");
  await page.goto(`${server.url}/erase`);
  await expectAccessible(page);
  await page.getByRole("searchbox").fill(PERSON);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("row", { name: /^All 2/ })).toBeVisible();
  await expectAccessible(page);
  await fitsNarrow(page);
  await picture(page, "erase");

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export all" }).click(),
  ]);
  expect((await readFile(await download.path())).subarray(0, 2).toString()).toBe("PK");

  await page.getByRole("button", { name: "Erase 2 sessions" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Erasure receipt 2");
  await expect(page.locator("#receipt")).not.toHaveAttribute("data-open", { timeout: 20_000 });
  await expect(page.getByRole("button", { name: "Print" })).toBeVisible();
  await expectAccessible(page);
  await fitsNarrow(page);
  await picture(page, "receipt");

  await page.getByRole("link", { name: "Receipts" }).click();
  await expect(page.getByRole("row")).toHaveCount(3);
  await expectAccessible(page);
  await picture(page, "receipts");

  await page.getByRole("link", { name: "Audit log" }).click();
  await expect(page.getByText("The chain verifies")).toBeVisible();
  await expect(page.getByRole("row", { name: /Erased a person/ })).toBeVisible();
  await expectAccessible(page);
  await fitsNarrow(page);
  await picture(page, "audit");
  await page.getByLabel("Done to").fill(PERSON);
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByRole("row")).toHaveCount(3);
  await expect(page.getByText(PERSON)).toHaveCount(0);
  await page.locator("td a.link").first().click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("receipt");
});

test("the privacy page is read by those who log in, and by anybody", async ({ page }) => {
  await page.goto(`${server.url}/privacy`);
  await expect(page.getByRole("heading", { name: "Who can watch" })).toBeVisible();
  await expect(page.getByLabel("Text for a privacy notice")).toContainText("[name and address]");
  await expect(page.getByRole("status")).toHaveCount(0);
  await expectAccessible(page);
  await fitsNarrow(page);
  await picture(page, "privacy");
  await page.goto(`${server.url}/privacy/public`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("What is recorded here");
  await expect(page.getByRole("navigation")).toHaveCount(0);
  await expectAccessible(page);
  await fitsNarrow(page);
  await picture(page, "privacy-public");
});
