import { expect, type Page, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, sessionOf, type Target, upload } from "./visit";

let server: RunningServer;
let target: Target;

test.beforeAll(async () => {
  server = await startServer();
  target = { url: server.url, key: await server.addConnection("shares") };
});

test.afterAll(() => server.stop());

async function open(page: Page, visit: string): Promise<void> {
  await upload(target, { visit, events: counting(30) });
  await page.goto(`${server.url}/go/${target.key}/${sessionOf(visit)}`);
  await page.goto(`${page.url()}?t=12`);
  await expect(page.locator("#scrubber")).toHaveAttribute("aria-disabled", "false");
}

const dialog = (page: Page) => page.getByRole("dialog", { name: "Share this session" });

/** Makes a link in the dialog, which stays open. */
async function make(page: Page, choose: () => Promise<void> = async () => {}): Promise<string> {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await choose();
  await dialog(page).getByRole("button", { name: "Make a link" }).click();
  await expect(dialog(page).getByLabel("The link", { exact: true })).not.toHaveValue("");
  return dialog(page).getByLabel("The link", { exact: true }).inputValue();
}

/** Opens a link as somebody who has nothing but it. */
async function openAsGuest(page: Page, link: string): Promise<{ guest: Page; asked: string[] }> {
  const context = await page.context().browser()?.newContext();
  if (!context) throw new Error("there is no browser");
  const guest = await context.newPage();
  const asked: string[] = [];
  guest.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await guest.goto(link);
  return { guest, asked };
}

test("a guest watches the session from the moment on, and sees nothing of the dashboard", async ({
  page,
}) => {
  await open(page, "shared");
  await page.keyboard.press("Space");
  const link = await make(page, () =>
    dialog(page)
      .getByLabel(/^Start at 0:1\d/)
      .check(),
  );
  await expect(dialog(page)).toContainText("not opened yet");

  const { guest, asked } = await openAsGuest(page, link);
  await expect(guest.locator("#scrubber")).toHaveAttribute("aria-disabled", "false");
  const shown = guest.frameLocator("#stage-frame").frameLocator(".screen:not([hidden]) iframe").locator("p");
  await expect(shown).toHaveText(/^second (1[2-9]|2\d)$/);
  // It leads nowhere else than further down on this page.
  await expect(guest.getByRole("link")).toHaveText(["Skip to the controls"]);
  const token = new URL(link).pathname;
  expect(asked.filter((path) => !path.startsWith(token) && !path.startsWith("/assets/"))).toEqual(
    asked.filter((path) => path === "/favicon.svg"),
  );
  await guest.keyboard.press("Space");
  await expect(guest.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  await guest.keyboard.press("i");
  await expect(guest.getByRole("complementary", { name: "Session details" })).toContainText(
    "shop.example/cart",
  );
  await guest.keyboard.press("e");
  await expect(guest.getByRole("complementary", { name: "What the visitor did" })).toBeVisible();
  await expect(guest.getByRole("complementary", { name: "Session details" })).toBeHidden();

  await page.reload();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(dialog(page)).toContainText("opened once");
  await dialog(page)
    .getByRole("button", { name: /^End the link/ })
    .click();
  await expect(dialog(page)).toContainText("The link works no more.");
  await guest.reload();
  await expect(guest.getByRole("heading", { name: "This link does not work any more" })).toBeVisible();
  await dialog(page).getByRole("button", { name: "Undo" }).click();
  await expect(async () => {
    await guest.reload();
    await expect(guest.locator("#scrubber")).toBeVisible({ timeout: 1000 });
  }).toPass();
  await guest.context().close();
});

test("a password opens the link, and a wrong one does not", async ({ page }) => {
  await open(page, "locked");
  const link = await make(page, () =>
    dialog(page)
      .getByLabel(/^Password/)
      .fill("sword fish"),
  );

  const { guest } = await openAsGuest(page, link);
  await guest.getByLabel("Password").fill("swordfish");
  await guest.getByRole("button", { name: "Watch the session" }).click();
  await expect(guest.getByRole("alert")).toContainText("This is not the password");
  await guest.getByLabel("Password").fill("sword fish");
  await guest.getByRole("button", { name: "Watch the session" }).click();
  await expect(guest.locator("#scrubber")).toHaveAttribute("aria-disabled", "false");
  await guest.context().close();
});

test("links are listed, ended and taken back on a page of their own", async ({ page }) => {
  await open(page, "listed");
  await make(page, () => dialog(page).getByLabel("Your name").fill("Ada"));
  await dialog(page).getByRole("link", { name: "All links of this connection" }).click();

  const row = page.getByRole("row").filter({ hasText: "Ada" });
  await expect(row).toContainText("shop.example/cart");
  await expect(row).toContainText("in 7 days");
  await row.getByRole("button", { name: /^End/ }).click();
  await expect(page.getByRole("status")).toContainText("The link works no more.");
  await expect(row).toContainText("Ended");
  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status")).toContainText("The link works again.");
  await expect(row).toContainText("in 7 days");
});
