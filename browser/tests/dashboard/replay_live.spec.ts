import { expect, type Page, test } from "@playwright/test";
import { custom } from "../support/recorded";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, sessionOf, type Target, upload } from "./visit";

let server: RunningServer;
let target: Target;
let listUrl: string;

test.beforeAll(async ({ browser }) => {
  server = await startServer({ HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1" });
  const page = await browser.newPage();
  target = await openConnection(page, server, "live");
  listUrl = page.url();
  await page.close();
});

test.afterAll(() => server.stop());

async function open(page: Page, visit: string, query = ""): Promise<void> {
  await page.goto(`${listUrl}/${sessionOf(visit)}${query}`);
}

function onStage(page: Page, text: RegExp) {
  const shown = page.frameLocator("#stage-frame").frameLocator("iframe").locator("p");
  return expect(shown).toHaveText(text, { timeout: 15_000 });
}

test("a live replay starts near what happens now, and leads back to it", async ({ page }) => {
  await upload(target, { visit: "live", events: counting(30) });
  await open(page, "live");
  await onStage(page, /^second (2[4-9]|30)$/);
  const live = page.locator("#live-edge");
  await expect(live).toHaveText(/^Live, \d+ s behind$/);
  await page.keyboard.press("Home");
  await expect(live).toHaveText("Back to live");
  await live.click();
  await onStage(page, /^second (2[4-9]|30)$/);
  await expect(live).toHaveText(/^Live, /);
});

test("what happens in a live visit is listed as it comes, until the visit is over", async ({ page }) => {
  const events = counting(40);
  const at = (ms: number) =>
    events.findIndex(({ timestamp }) => timestamp >= (events[0]?.timestamp ?? 0) + ms);
  const visit = "listed";
  await upload(target, { visit, events: events.slice(0, at(20_000)) });
  await open(page, visit, "?panel=events");
  await page.mouse.move(0, 0);
  const list = page.getByRole("list", { name: "Events" });
  await expect(list).toContainText("Opened /cart");
  const prompt = custom(21_000, "hindsight.prompt", { id: "p", text: "Is it in stock?" });
  await upload(target, { visit, seq: 1, events: [...events.slice(at(20_000), at(21_000)), prompt] });
  await expect(list).toContainText("Asked “Is it in stock?”", { timeout: 20_000 });
  await page.keyboard.press("2");
  await expect(page.locator("#story-conversation")).toContainText("Waiting for an answer");
  await upload(target, { visit, seq: 2, events: events.slice(at(21_000)), end: true });
  await expect(page.locator("#live-edge")).toBeHidden({ timeout: 20_000 });
  await expect(page.locator("#toast-text")).toContainText("The visit is over");
  await expect(page.locator("#story-conversation")).toContainText("Never answered", { timeout: 20_000 });
});

test("sessions follow one another in the list that the viewer came from", async ({ page }) => {
  for (const visit of ["first", "other", "second"]) {
    const href = visit === "other" ? "https://shop.example/blog" : "https://shop.example/basket";
    await upload(target, { visit, events: counting(8, href), end: true });
  }
  await page.goto(`${listUrl}?url=basket`);
  await page.locator(`tr[data-session="${sessionOf("second")}"] a.play`).click();
  await onStage(page, /^second/);
  await expect(page.locator("#newer-session")).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("k");
  await expect(page.getByText("This is the first session of the list")).toBeVisible();
  await expect(page.locator("#older-session")).toHaveAttribute("title", /basket/);
  await page.keyboard.press("j");
  await expect(page).toHaveURL(new RegExp(`${sessionOf("first")}\\?from=url%3Dbasket`));
  await page.getByRole("link", { name: "Previous session", exact: true }).click();
  await expect(page).toHaveURL(new RegExp(sessionOf("second")));
  await page.getByRole("link", { name: "Back to sessions" }).click();
  await expect(page).toHaveURL(`${listUrl}?url=basket`);
});

test("the next session plays by itself for who wants that", async ({ page }) => {
  for (const visit of ["one", "two"]) {
    await upload(target, { visit, events: counting(3, "https://shop.example/series"), end: true });
  }
  const status = async () =>
    ((await (await fetch(`${listUrl}/${sessionOf("two")}/manifest.json`)).json()) as { status: string })
      .status;
  await expect.poll(status, { timeout: 15_000 }).toBe("completed");
  await open(page, "two", "?from=url%3Dseries");
  const autoplay = page.getByRole("switch", { name: "Play the next session by itself" });
  await expect(autoplay).toBeVisible({ timeout: 20_000 });
  await expect(autoplay).toHaveAttribute("aria-checked", "false");
  await expect(page.getByRole("link", { name: "Next session" }).last()).toBeVisible();
  await autoplay.click();
  await expect(page.getByText("The next session plays in")).toBeVisible();
  await page.keyboard.press("u");
  await expect(page.getByText("The next session plays in")).toBeHidden();
  await autoplay.click();
  await autoplay.click();
  await expect(page).toHaveURL(new RegExp(sessionOf("one")), { timeout: 15_000 });
});
