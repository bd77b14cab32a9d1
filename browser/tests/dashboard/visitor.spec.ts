import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { expectAccessible } from "../support/axe";
import { custom } from "../support/recorded";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({ HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1" });
});

test.afterAll(() => server.stop());

const NAME = "ada/lovelace+1 & co";

test("a visitor is reached from a prompt, taken along, and erased", async ({ page }) => {
  const target = await openConnection(page, server, "visitors");
  const events = [
    ...counting(5),
    custom(500, "hindsight.identify", { id: NAME, traits: { plan: "pro" } }),
    custom(1000, "hindsight.prompt", { id: "a", text: "Where is my order?" }),
  ];
  await upload(target, { visit: "one", events });
  await upload(target, { visit: "two", events: counting(3, "https://shop.example/other") });
  await page.getByRole("link", { name: "Activity" }).click();
  await page.getByRole("link", { name: NAME }).first().click();

  await expect(page).toHaveTitle(`${NAME} · visitors · Hindsight`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(NAME);
  await expect(page.locator("[data-entry]")).toHaveCount(1);
  await expect(page.getByRole("complementary")).toContainText("planpro");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export all" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("visitor-ada-lovelace-1---co.zip");
  const bytes = await readFile(await download.path());
  expect(bytes.subarray(0, 2).toString()).toBe("PK");

  await page.getByRole("link", { name: "Erase…" }).click();
  await expect(page.getByRole("heading", { name: `What is stored of ${NAME}` })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Erase 1 session" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Erasure receipt 1");
  await expect(page.locator("#receipt")).not.toHaveAttribute("data-open", { timeout: 20_000 });
  await expect(page.getByText("not yet")).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Activity" }).click();
  await expect(page.locator("[data-entry]")).toHaveCount(1);
  await expect(page.getByText("Where is my order?")).toHaveCount(0);
});
