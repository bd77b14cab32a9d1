import { expect, type Page, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, sessionOf, type Target, upload } from "./visit";

let server: RunningServer;
let target: Target;

test.beforeAll(async () => {
  server = await startServer();
  target = { url: server.url, key: await server.addConnection("notes") };
});

test.afterAll(() => server.stop());

/** Opens the replay of a visit of its own at a second, paused. */
async function open(page: Page, visit: string, query = "?t=10"): Promise<void> {
  await upload(target, { visit, events: counting(30) });
  await page.goto(`${server.url}/go/${target.key}/${sessionOf(visit)}`);
  await page.goto(page.url() + query);
  await ready(page);
}

async function ready(page: Page): Promise<void> {
  await expect(page.locator("#scrubber")).toHaveAttribute("aria-disabled", "false");
}

const panel = (page: Page) => page.getByRole("complementary", { name: "Notes" });

async function write(page: Page, text: string, author = "Ada"): Promise<void> {
  await page.keyboard.press("c");
  await panel(page)
    .getByLabel(/^Note at/)
    .fill(text);
  await panel(page).getByLabel("Your name").fill(author);
  await page.keyboard.press("Control+Enter");
  await expect(
    panel(page)
      .locator(".note")
      .filter({ hasText: text.slice(0, 20) }),
  ).toBeVisible();
}

test("a note is written by key, marked, and linked to", async ({ page }) => {
  await open(page, "noted");

  await write(page, "The total is wrong: https://example.org/t/1.");
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  const note = panel(page).locator(".note");
  await expect(note).toContainText(/0:1\d/);
  await expect(note).toContainText("Ada");
  await expect(note.getByRole("link")).toHaveAttribute("href", "https://example.org/t/1");
  await expect(note.getByRole("link")).toHaveAttribute("rel", /noopener/);
  await expect(page.getByRole("button", { name: "Notes: 1" })).toBeVisible();
  await expect(page.locator(".note-mark")).toHaveCount(1);

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await note.getByRole("button", { name: "Copy link" }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\?t=1\d&note=\d+$/);
  await page.goto(link);
  await expect(panel(page).locator(".note[data-shown]")).toContainText("The total is wrong");
});

test("one's own note is changed, deleted and taken back; another's is only read", async ({
  page,
  browser,
}) => {
  await open(page, "changed");
  await write(page, "First words");

  await panel(page).getByRole("button", { name: "Edit" }).click();
  await panel(page).getByLabel("Note", { exact: true }).fill("Better words");
  await panel(page).getByRole("button", { name: "Save" }).click();
  await expect(panel(page).locator(".note")).toContainText("Better words");
  await expect(panel(page).locator(".note")).toContainText("edited");

  const other = await browser.newPage();
  await other.goto(page.url());
  await ready(other);
  await other.getByRole("button", { name: "Notes: 1" }).click();
  await expect(panel(other).locator(".note")).toContainText("Better words");
  await expect(panel(other).getByRole("button", { name: "Delete" })).toHaveCount(0);
  await other.close();

  await panel(page).getByRole("button", { name: "Delete" }).click();
  await expect(panel(page)).toContainText("Note deleted.");
  await expect(page.locator(".note-mark")).toHaveCount(0);
  await page.keyboard.press("Enter");
  await expect(panel(page).locator(".note")).toContainText("Better words");
  await panel(page).getByRole("button", { name: "Delete" }).click();
  await expect(panel(page)).toContainText("Note deleted.");
  await page.reload();
  await expect(page.getByRole("button", { name: "Notes", exact: true })).toBeVisible();
});

test("what a note says is text", async ({ page }) => {
  await open(page, "hostile-note");
  await write(page, '<img src=x onerror="window.__pwned=1"> javascript:alert(1) https://a"onmouseover=1');

  await expect(panel(page).locator(".note img")).toHaveCount(0);
  expect(
    await panel(page)
      .locator(".note a")
      .evaluateAll((links) => links.map((a) => a.getAttribute("href"))),
  ).toEqual(["https://a"]);
  expect(await page.evaluate("window.__pwned")).toBeUndefined();
});

test("keys that are typed are not commands, and an empty note is not sent", async ({ page }) => {
  await open(page, "typed");
  await page.keyboard.press("c");
  await page.keyboard.type("c f s 1 2");
  await expect(panel(page).getByLabel(/^Note at/)).toHaveValue("c f s 1 2");
  await panel(page)
    .getByLabel(/^Note at/)
    .fill("   ");
  await panel(page).getByRole("button", { name: "Save" }).click();
  await expect(panel(page).getByRole("alert")).toContainText("it is empty");
  await page.keyboard.press("Escape");
  await expect(panel(page).getByLabel(/^Note at/)).toBeHidden();
});
