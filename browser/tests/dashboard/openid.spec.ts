/** Logging in through a real OpenID provider: who comes in, who does not, and what is not believed. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { expectAccessible } from "../support/axe";
import { type RunningServer, startServer } from "../support/server";

const PASSWORD = "tea kettle whistles";
const LABEL = "the test provider";
const PROGRAM = fileURLToPath(new URL("../support/openid-provider.mjs", import.meta.url));

interface Wanted {
  wrong?: string;
  rotate?: true;
  client?: Record<string, unknown>;
}

let program: ChildProcess;
let issuer: string;
let server: RunningServer;

// One provider, which is told how to be wrong.
test.describe.configure({ mode: "serial" });

async function want(wanted: Wanted): Promise<void> {
  await fetch(`${issuer}/test`, { method: "POST", body: JSON.stringify(wanted) });
}

function settings(more: Record<string, string> = {}): Record<string, string> {
  return {
    HINDSIGHT_ACCOUNTS__LOGIN: "required",
    HINDSIGHT_ADMIN_NAME: "local",
    HINDSIGHT_ADMIN_PASSWORD: PASSWORD,
    HINDSIGHT_ACCOUNTS__OIDC__ISSUER: issuer,
    HINDSIGHT_ACCOUNTS__OIDC__CLIENT_ID: "hindsight",
    HINDSIGHT_ACCOUNTS__OIDC__CLIENT_SECRET: "a secret: with + signs",
    HINDSIGHT_ACCOUNTS__OIDC__LABEL: LABEL,
    HINDSIGHT_ACCOUNTS__OIDC__SCOPES: "openid profile email groups",
    HINDSIGHT_ACCOUNTS__EXTERNAL__ALLOWED_GROUPS: "staff; ops",
    HINDSIGHT_ACCOUNTS__EXTERNAL__GROUP_ROLES: "ops: admin; staff: viewer",
    ...more,
  };
}

test.beforeAll(async () => {
  program = spawn(process.execPath, [PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
  if (!program.stdout) throw new Error("the provider has no output to read");
  const [line] = (await once(createInterface(program.stdout), "line")) as [string];
  issuer = line.replace("ready ", "");
  server = await startServer(settings());
  await want({
    client: {
      client_id: "hindsight",
      client_secret: "a secret: with + signs",
      redirect_uris: [`${server.url}/login/openid/back`],
      post_logout_redirect_uris: [`${server.url}/login?out=1`],
    },
  });
});

test.afterAll(async () => {
  program.kill();
  await server.stop();
});

/** Goes from our login page through the provider's. */
async function logIn(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: `Log in with ${LABEL}` }).click();
  await atProvider(page, name);
}

async function atProvider(page: Page, name: string): Promise<void> {
  await page.locator("input[name=login]").fill(name);
  await page.locator("input[name=password]").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

async function fresh(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/login`);
  return page;
}

test("somebody new comes in, with the role of their group, to the page that they asked for", async ({
  page,
}) => {
  await page.goto(`${server.url}/storage`);
  await expect(page).toHaveTitle("Log in · Hindsight");
  await expectAccessible(page);
  await logIn(page, "ada");
  await expect(page).toHaveURL(`${server.url}/storage`);
  await page.goto(`${server.url}/users`);
  await expect(page.getByRole("row", { name: /^ada/ })).toContainText("Administrator");
  await expect(page.getByRole("row", { name: /^ada/ })).toContainText(LABEL);
  await expectAccessible(page);
  await page.goto(`${server.url}/account`);
  await expect(page.getByText(`Logs in by${LABEL}`)).toBeVisible();
  await expect(page.getByLabel("Present password")).toHaveCount(0);
  await expectAccessible(page);
  await page.goto(`${server.url}/audit?what=login`);
  await expect(page.getByRole("table").getByText(issuer).first()).toBeVisible();
});

test("somebody known comes in as the same, and logs out here and there", async ({ page }) => {
  await page.goto(`${server.url}/login`);
  await logIn(page, "ada");
  await page.goto(`${server.url}/users`);
  await expect(page.getByRole("row", { name: /^ada/ })).toHaveCount(1);
  await page.locator(".server-menu summary").click();
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByText("You are logged out.")).toBeVisible();
  await page.getByRole("link", { name: `Log out of ${LABEL} as well` }).click();
  expect(page.url()).toContain(issuer);
  await page.getByRole("button", { name: "Yes, sign me out" }).click();
  await expect(page).toHaveURL(`${server.url}/login?out=1`);
});

test("who is in no group that is let in, has a name of somebody, or one that is none, stays outside", async ({
  browser,
}) => {
  for (const [name, says] of [
    ["eve", "You are in none of the groups that this server lets in."],
    ["other", "Somebody has an account under your name already."],
    ["server", "What you are called there cannot be a name here."],
  ] as const) {
    const context = await browser.newContext();
    const page = await fresh(context);
    await logIn(page, name);
    await expect(page.getByRole("heading", { name: "You are not let in" })).toBeVisible();
    await expect(page.getByText(says)).toBeVisible();
    await expectAccessible(page);
    await page.goto(`${server.url}/storage`);
    await expect(page).toHaveURL(/\/login/);
    await context.close();
  }
  expect(await server.cli("user", "list")).not.toMatch(/^eve\b/m);
});

for (const [wrong, says] of [
  ["state", "belongs to another login"],
  ["issuer of the answer", "names another issuer"],
  ["no issuer in the answer", "names no issuer"],
  ["nonce", "was made for another login"],
  ["issuer", "is of another issuer"],
  ["audience", "is for another client"],
  ["several audiences", "is for another client"],
  ["expired", "has expired"],
  ["future", "is not valid yet"],
  ["expiry as text", "cannot be read"],
  ["no signature", "is not signed in a way that is taken"],
  ["shared secret", "is not signed in a way that is taken"],
  ["foreign key", "is not signed by the provider"],
  ["unknown key", "is signed with a key that the provider does not show"],
  ["changed claims", "is not signed by the provider"],
] as const) {
  test(`nobody comes in where this is wrong: ${wrong}`, async ({ page }) => {
    await want({ wrong });
    await page.goto(`${server.url}/login`);
    await logIn(page, "bob");
    await expect(page.getByRole("heading", { name: "The login was broken off" })).toBeVisible();
    await expect(page.getByText(says)).toBeVisible();
    await page.goto(`${server.url}/storage`);
    await expect(page).toHaveURL(/\/login/);
    await want({});
  });
}

test("a code works once, and in the browser that asked for it", async ({ page, browser, context }) => {
  let back = "";
  let kept = "";
  page.on("request", async (request) => {
    if (!request.url().includes("/login/openid/back?")) return;
    back = request.url();
    kept = (await request.allHeaders()).cookie ?? "";
  });
  await page.goto(`${server.url}/login`);
  await logIn(page, "bob");
  await expect(page).toHaveURL(/\/(connections|$)/);
  expect(back).not.toBe("");
  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto(back);
  await expect(other.getByText("belongs to no login that was begun in this browser")).toBeVisible();
  await elsewhere.close();
  const pair = kept.split("; ").find((each) => each.startsWith("login"));
  expect(pair).toBeDefined();
  await context.clearCookies();
  const answer = await fetch(back, {
    headers: { cookie: pair ?? "", accept: "text/html" },
    redirect: "manual",
  });
  expect(answer.status).toBe(502);
  expect(await answer.text()).toContain("the code was used already");
  expect(answer.headers.getSetCookie().some((cookie) => cookie.startsWith("sid"))).toBe(false);
});

test("keys that are replaced are looked for", async ({ page }) => {
  await want({ rotate: true });
  await page.goto(`${server.url}/login`);
  await logIn(page, "bob");
  await page.goto(`${server.url}/account`);
  await expect(page.getByText("bob", { exact: true }).first()).toBeVisible();
});

test("an account with a password is connected once its user says so, and disconnected", async ({ page }) => {
  await page.goto(`${server.url}/account`);
  await page.getByLabel("Name").fill("local");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByRole("link", { name: "Connect…" }).click();
  await atProvider(page, "other");
  await expect(page.getByRole("heading", { name: `Log in as local through ${LABEL}?` })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Connect" }).click();
  await expect(page.getByText("The accounts are connected.")).toBeVisible();
  await page.locator(".server-menu summary").click();
  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await page.getByRole("link", { name: `Log in with ${LABEL}` }).click();
  await page.goto(`${server.url}/account`);
  await expect(page.getByText(`Password, ${LABEL}`)).toBeVisible();
  await page.getByRole("button", { name: "Disconnect" }).click();
  await expect(page).toHaveURL(/\/login/);
});

test("without passwords there is the button alone, and a provider that is down is said to be", async ({
  page,
}) => {
  const down = await startServer(
    settings({
      HINDSIGHT_ACCOUNTS__PASSWORD: "false",
      HINDSIGHT_ACCOUNTS__OIDC__ISSUER: "http://127.0.0.1:9",
    }),
  );
  await page.goto(`${down.url}/login`);
  await expect(page.getByLabel("Password")).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("link", { name: `Log in with ${LABEL}` }).click();
  await expect(page.getByRole("heading", { name: "The login failed" })).toBeVisible();
  await expect(page.getByText("The configuration of the OpenID provider could not be had")).toBeVisible();
  await expectAccessible(page);
  await down.stop();
});
