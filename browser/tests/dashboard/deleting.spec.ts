import { expect, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, identified, openConnection, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer();
});

test.afterAll(() => server.stop());

test("a session is pinned without leaving its replay, and the list marks it", async ({ page }) => {
  const target = await openConnection(page, server, "pins");
  await upload(target, { visit: "one", events: counting(30) });
  await page.reload();
  const listUrl = page.url();
  await page.getByRole("link", { name: "Play https://shop.example/cart" }).click();
  const replayUrl = page.url();
  const pin = page.getByRole("button", { name: "Pin" });
  await expect(pin).toHaveAttribute("aria-pressed", "false");
  await pin.click();

  await expect(pin).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("#toast")).toContainText("Pinned");
  await expect(page.locator("[data-pinned]")).toContainText("Yes");
  expect(page.url().startsWith(replayUrl)).toBe(true);
  await page.goto(listUrl);
  await expect(page.locator("tr.session .pinned")).toHaveText("Pinned");
  await page.goto(replayUrl);
  await pin.click();
  await expect(pin).toHaveAttribute("aria-pressed", "false");
  await page.goto(listUrl);
  await expect(page.locator("tr.session")).toHaveCount(1);
  await expect(page.locator("tr.session .pinned")).toHaveCount(0);
});

for (const javaScriptEnabled of [true, false]) {
  test(`a session is deleted after a question, ${javaScriptEnabled ? "with" : "without"} script`, async ({
    browser,
  }) => {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    const target = await openConnection(page, server, `deletes ${javaScriptEnabled}`);
    await upload(target, { visit: "goes", events: counting(3, "https://shop.example/goes") });
    await upload(target, { visit: "stays", events: counting(3, "https://shop.example/stays") });
    await page.reload();
    const listUrl = page.url();
    await page.getByRole("link", { name: "Play https://shop.example/goes" }).click();
    const openQuestion = async () => {
      if (javaScriptEnabled) await page.getByRole("tab", { name: "Info" }).click();
      await page.getByRole("link", { name: "Delete this session…" }).click();
    };
    await openQuestion();
    await expect(page.getByRole("heading", { name: "Delete this session?" })).toBeVisible();
    await expect(page.getByText("This cannot be undone")).toBeVisible();
    await page.getByRole("link", { name: "Cancel" }).click();
    await openQuestion();
    await page.getByRole("button", { name: "Delete session" }).click();

    await expect(page.getByText("Session deleted.")).toBeVisible();
    await expect(page.locator("tr.session .address")).toHaveText(["shop.example/stays"]);
    expect(page.url()).toBe(javaScriptEnabled ? listUrl : `${listUrl}?deleted=1`);
    await context.close();
  });
}

test("without script a session is pinned by a form", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const target = await openConnection(page, server, "plain pins");
  await upload(target, { visit: "one", events: counting(3) });
  await page.reload();
  await page.getByRole("link", { name: "Play https://shop.example/cart" }).click();
  await page.getByRole("button", { name: "Pin" }).click();

  await expect(page.getByRole("button", { name: "Pin" })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("link", { name: "Back to sessions" }).click();
  await expect(page.locator("tr.session .pinned")).toHaveText("Pinned");
  await context.close();
});

test("all sessions of a visitor are deleted together", async ({ page }) => {
  const target = await openConnection(page, server, "together");
  for (const visit of ["a", "b"]) {
    await upload(target, { visit, events: identified("ada", counting(1, `https://shop.example/${visit}`)) });
  }
  await upload(target, { visit: "c", events: counting(1, "https://shop.example/c") });
  await page.reload();
  await page.getByRole("link", { name: "Play https://shop.example/a" }).click();
  await page.getByRole("tab", { name: "Info" }).click();
  await page.getByRole("link", { name: "ada" }).click();
  await page.getByRole("link", { name: "Open them as a list" }).click();
  await expect(page.locator("tr.session")).toHaveCount(2);
  await page.getByRole("link", { name: "Delete these sessions…" }).click();
  await page.getByRole("button", { name: "Delete 2 sessions" }).click();

  await expect(page.getByText("2 sessions deleted.")).toBeVisible();
  await expect(page.locator("tr.session .address")).toHaveText(["shop.example/c"]);
});

test("the questions have names for all that can be pressed, and break no policy", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  const target = await openConnection(page, server, "names");
  await upload(target, { visit: "one", events: counting(3) });
  await page.reload();
  const listUrl = page.url();
  const replay = await page.getByRole("link", { name: /^Play / }).getAttribute("href");
  const retention = listUrl.replace(/sessions$/, "retention");

  for (const url of [
    `${listUrl}?from=2020-01-01`,
    `${server.url}${replay}/delete`,
    `${listUrl}/delete?from=2020-01-01`,
    `${server.url}/storage`,
    retention,
    `${retention}?keep=days&days=1`,
  ]) {
    await page.goto(url);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    const pressables = page.locator("a, button, summary, input:not([type=hidden])").filter({ visible: true });
    for (const pressable of await pressables.all()) {
      await expect(pressable).toHaveAccessibleName(/\S/);
    }
  }
  expect(complaints).toEqual([]);
});
