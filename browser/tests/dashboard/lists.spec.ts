import { expect, type Page, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer();
});

test.afterAll(() => server.stop());

/** A connection with visits to /a, /b, /c and /d. */
async function openVisited(page: Page, name: string): Promise<void> {
  const target = await openConnection(page, server, name);
  for (const visit of ["a", "b", "c", "d"]) {
    await upload(target, { visit, events: counting(1, `https://shop.example/page-${visit}`) });
  }
  await page.reload();
}

function boxes(page: Page) {
  return page.locator("input[name=session]");
}

function addresses(page: Page) {
  return page.locator("tr.session .address");
}

test("sessions are chosen by click, with Shift and all at once, and tagged together", async ({ page }) => {
  await openVisited(page, "choose");
  const bar = page.locator("[data-chosen]");
  await expect(bar).toBeHidden();
  await boxes(page).nth(0).click();
  await boxes(page)
    .nth(2)
    .click({ modifiers: ["Shift"] });
  await expect(bar).toContainText("3 sessions");
  await page.getByLabel("Choose all on this page").check();
  await expect(bar).toContainText("4 sessions");
  await boxes(page).nth(3).uncheck();
  await bar.getByLabel("Tag").fill("Needs review");
  await bar.getByRole("button", { name: "Add tag" }).click();

  await expect(page.getByRole("status").filter({ hasText: "3 sessions tagged." })).toBeVisible();
  await expect(page).toHaveURL(/\/sessions$/);
  await page.getByRole("link", { name: "needs review" }).first().click();
  await expect(addresses(page)).toHaveCount(3);
});

test("keys walk, choose, help and let go", async ({ page }) => {
  await openVisited(page, "keys");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(boxes(page).nth(1)).toBeChecked();
  await page.keyboard.press("Escape");
  await expect(boxes(page).nth(1)).not.toBeChecked();
  await page.keyboard.press("?");
  await expect(page.getByRole("heading", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("f");
  await expect(page.getByLabel("Landing URL contains")).toBeFocused();
});

test("a filter is saved as a view, deleted, and brought back", async ({ page }) => {
  await openVisited(page, "views");
  await page.keyboard.press("/");
  await page.keyboard.type("page-c");
  await page.keyboard.press("Enter");
  await expect(addresses(page)).toHaveText(["shop.example/page-c"]);
  await expect(page.locator(".session-snippet mark")).toHaveText(["page-c"]);
  await page.getByText("Save view").click();
  await page.getByLabel("Name").fill("Only c");
  await page.keyboard.press("Enter");

  const views = page.getByRole("navigation", { name: "Saved views" });
  await expect(views.getByRole("link", { name: "Only c" })).toHaveAttribute("aria-current", "page");
  await page.getByText("Edit view").click();
  await page.getByRole("button", { name: "Delete this view" }).click();
  await expect(views).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(views.getByRole("link", { name: "Only c" })).toBeVisible();
});

test("what was played for some seconds is marked as watched", async ({ page }) => {
  await openVisited(page, "watched");
  const noted = page.waitForResponse((answer) => answer.url().endsWith("/watched"));
  await page.locator("a.play").first().click();
  expect((await noted).status()).toBe(204);
  await page.goBack();
  await page.reload();
  await expect(page.locator("tr.session .watched")).toHaveCount(1);
  await page.locator(".filter-more > summary").click();
  await page.getByLabel("Watched").selectOption("no");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await expect(addresses(page)).toHaveCount(3);
});
