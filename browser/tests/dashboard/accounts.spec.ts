import { createHmac } from "node:crypto";
import { expect, type Page, test } from "@playwright/test";
import { expectAccessible } from "../support/axe";
import { type RunningServer, startServer } from "../support/server";

const PASSWORD = "tea kettle whistles";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({
    HINDSIGHT_ACCOUNTS__LOGIN: "required",
    HINDSIGHT_ADMIN_NAME: "ada",
    HINDSIGHT_ADMIN_PASSWORD: PASSWORD,
  });
});

test.afterAll(() => server.stop());

/** The code that an app shows for a key in Base32 (RFC 6238), `later` steps from now. */
function code(key: string, later = 0): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replaceAll(" ", "")]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac("sha1", bytes).update(step).digest();
  const at = (hash[19] ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function logIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

test("a page asks for the login and comes back after it", async ({ page }) => {
  await page.goto(`${server.url}/storage`);
  await expect(page).toHaveTitle("Log in · Hindsight");
  await expectAccessible(page);
  await logIn(page, "ada", "not the password");
  await expect(page.getByRole("alert")).toHaveText("The name or the password is not right.");
  await expect(page.getByLabel("Name")).toHaveValue("ada");
  await expectAccessible(page);
  await logIn(page, "ada");
  await expect(page).toHaveURL(`${server.url}/storage`);
  await expect(page.getByText("ada", { exact: true })).toBeVisible();
});

test("a user is invited, chooses a password, turns codes on and logs in with one", async ({
  page,
  browser,
}) => {
  await page.goto(`${server.url}/users`);
  await logIn(page, "ada");
  await expectAccessible(page);
  await page.getByLabel("Name or mail address").fill("bob@shop.example");
  await page.getByRole("radio", { name: /^Editor/ }).check();
  await page.getByRole("button", { name: "Add and make the link" }).click();
  const link = await page.getByLabel("Link", { exact: true }).innerText();
  await expectAccessible(page);

  const other = await browser.newContext();
  const bob = await other.newPage();
  await bob.goto(link);
  await expectAccessible(bob);
  await bob.getByLabel(/^Password/).fill(PASSWORD);
  await bob.getByLabel("The same again").fill(PASSWORD);
  await bob.getByRole("button", { name: "Choose it and log in" }).click();
  await expect(bob.getByText("bob@shop.example")).toBeVisible();

  await bob.goto(`${server.url}/account`);
  await expectAccessible(bob);
  await bob.getByRole("link", { name: "Set up" }).click();
  await expect(bob.getByRole("img", { name: "The key as a QR code" })).toBeVisible();
  await expectAccessible(bob);
  const key = await bob.locator(".account-key").innerText();
  await bob.getByRole("textbox", { name: "Code" }).fill(code(key));
  await bob.getByLabel("Password").fill(PASSWORD);
  await bob.getByRole("button", { name: "Turn it on" }).click();
  const recovery = (await bob.getByLabel("Recovery codes", { exact: true }).innerText()).split("\n");
  expect(recovery).toHaveLength(10);
  await expectAccessible(bob);

  await bob.getByText("bob@shop.example", { exact: true }).click();
  await bob.getByRole("button", { name: "Log out" }).click();
  await expect(bob.getByText("You are logged out.")).toBeVisible();
  await logIn(bob, "bob@shop.example");
  await expect(bob).toHaveTitle("Enter the code · Hindsight");
  await expectAccessible(bob);
  await bob.getByLabel("Code").fill(code(key, 1));
  await bob.getByRole("button", { name: "Log in" }).click();
  await expect(bob.getByText("bob@shop.example")).toBeVisible();

  // An administrator shuts them out: the next page they ask for is the login.
  await page.goto(`${server.url}/users`);
  await page.getByRole("link", { name: "bob@shop.example" }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Shut them out" }).click();
  await expect(page.getByText("They are shut out and logged out everywhere.")).toBeVisible();
  await bob.reload();
  await expect(bob).toHaveTitle("Log in · Hindsight");
  await other.close();
});

test("the menu opens by keyboard and closes with Escape", async ({ page }) => {
  await page.goto(`${server.url}/account`);
  await logIn(page, "ada");
  await page.locator(".server-menu summary").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: "Users" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("link", { name: "Users" })).toBeHidden();
});

test("a login works without script, and phones scroll down only", async ({ browser }) => {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  await page.goto(`${server.url}/account`);
  await logIn(page, "ada");
  for (const path of ["/account", "/users", "/account/second-factor", "/connections"]) {
    await page.goto(`${server.url}${path}`);
    await expect(page.locator(".server-menu")).toBeVisible();
    const wide = await page.locator("html").evaluate((html) => html.scrollWidth);
    expect(wide, path).toBeLessThanOrEqual(390);
  }
  await page.locator(".server-menu summary").click();
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByText("You are logged out.")).toBeVisible();
  await context.close();
});
