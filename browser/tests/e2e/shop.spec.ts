/** The main job, end to end: a visit to the demo shop is recorded, listed and replayed. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { Manifest } from "../../contracts/replay";
import { type RunningServer, startServer } from "../support/server";
import { type Reading, read } from "./reading";
import { openAt, recordingRuns, settledManifest } from "./replayed";

/** Typed into protected fields; must be in no byte that is kept. */
const SECRETS = {
  password: "kiln-password-8514",
  code: "730518",
  card: "5555555555554444",
  expiry: "11/29",
};

/** What the assistant says, whatever the server is set up to ask. */
const ANSWER =
  '{"type":"text","text":"**Three** to five days."}\n{"type":"done","answered":true,"sources":[]}\n';

/** How long nothing happens around a moment, so that its replay is read at rest. */
const REST_MS = 2500;

/** Something to compare the replay with. */
interface Moment {
  name: string;
  /** The visitor's clock. */
  at: number;
  reading: Reading;
}

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({}, "demo");
});

test.afterAll(() => server.stop());

test("a visit is recorded, listed and replayed as it was", async ({ page }) => {
  test.setTimeout(180_000);
  await page.route("**/ask", (route) => route.fulfill({ body: ANSWER }));
  page.setDefaultTimeout(15_000);
  const moments: Moment[] = [];
  const replayUrl = await visitShop(page, async (name) => {
    await recordingRuns(page);
    moments.push({ name, at: Date.now(), reading: await read(page.locator("html")) });
    await page.waitForTimeout(REST_MS);
  });
  await page.goto("about:blank");

  await page.goto(replayUrl);
  const sessionUrl = page.url().split("?")[0] ?? "";
  const manifest = await settledManifest(page, sessionUrl);
  expect(manifest.streams.length).toBeGreaterThanOrEqual(4);
  expect(manifest.streams.flatMap(({ missing }) => missing)).toEqual([]);

  await test.step("it is listed", () => expectListed(page, sessionUrl, manifest));
  for (const moment of moments) {
    await test.step(`it replays: ${moment.name}`, () => expectReplayed(page, sessionUrl, manifest, moment));
  }
  await test.step("secrets are in no byte that is kept", () => expectNoSecrets(page, manifest));
});

/** Looks around, asks the chat, signs in, buys; returns the link that the page hands out. */
async function visitShop(page: Page, moment: (name: string) => Promise<void>): Promise<string> {
  await page.goto(`${server.url}/demo/`);
  await moment("the first page");
  const replayUrl = await page.evaluate(() => window.hindsight?.sessionUrl?.() ?? "");

  await page.getByRole("link", { name: "See the pieces" }).click();
  await page.getByRole("link", { name: "Vases" }).click();
  await moment("a route of the catalogue");
  await page.getByRole("link", { name: /Bud vase/ }).click();
  await page.getByRole("button", { name: "Add to cart" }).click();
  await moment("a product in the cart");

  await page.getByRole("button", { name: "Chat with us" }).click();
  await page.keyboard.type("How long does delivery take?", { delay: 15 });
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Helpful", exact: true })).toBeVisible();
  await moment("the chat");

  await page.getByRole("button", { name: "Chat with us" }).click();

  await page.goto(`${server.url}/demo/account.html`);
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password", { exact: true }).pressSequentially(SECRETS.password);
  await page.getByRole("button", { name: "Show password" }).click();
  await page.getByLabel("One-time code").pressSequentially(SECRETS.code);
  await moment("the sign-in form");

  await page.goto(`${server.url}/demo/checkout.html`);
  await fillCheckout(page);
  await moment("the filled form");
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.waitForURL("**/thanks.html");
  await moment("the thanks");
  return replayUrl;
}

async function fillCheckout(page: Page): Promise<void> {
  const field = (label: string | RegExp) => page.getByLabel(label);
  await field("Full name").pressSequentially("Ada Lovelace");
  await field("E-mail").fill("ada@example.com");
  await page.getByRole("checkbox", { name: /kiln/ }).check();
  await field("Street").fill("12 St James's Square");
  await field("Postcode").fill("SW1Y");
  await field("Town or city").fill("London");
  await field("Country").selectOption("Ireland");
  await page.getByRole("radio", { name: /Express/ }).check();
  await field("Gift note").pressSequentially("With love,\nAda");
  await field("Card number").pressSequentially(SECRETS.card);
  await field("Expiry").pressSequentially(SECRETS.expiry);
  await field("Security code").pressSequentially("737");
}

async function expectListed(page: Page, sessionUrl: string, manifest: Manifest): Promise<void> {
  await page.goto(sessionUrl.slice(0, sessionUrl.lastIndexOf("/")));
  const row = page.locator(`[data-session="${manifest.session}"]`);
  const host = new URL(server.url).host;
  await expect(row.locator(".session-page")).toContainText(`${host}/demo/`);
  const events = manifest.streams.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.events, 0);
  await expect(row.locator(".session-events")).toContainText(events.toLocaleString("en-US"));
  await expect(row).toContainText("Chrome");
  await row.getByRole("link", { name: /^Play/ }).click();
  await expect(page).toHaveURL(new RegExp(`${manifest.session}`));
}

/** Opens the replay at the moment and compares what is seen. */
async function expectReplayed(page: Page, url: string, manifest: Manifest, moment: Moment): Promise<void> {
  const recorded = await openAt(page, url, manifest, moment.at);
  await expect
    .poll(() => read(recorded.locator("html")), { message: moment.name, timeout: 15_000, intervals: [100] })
    .toEqual(moment.reading);
}

/** Searches the database's files, and all that is compressed in them. */
async function expectNoSecrets(page: Page, manifest: Manifest): Promise<void> {
  const kept: { name: string; bytes: string }[] = [];
  for (const file of await readdir(server.dataDir, { withFileTypes: true })) {
    // The assistant's documents and compiled plugins are folders: no visitor writes there. The
    // ballast only takes up room.
    if (!file.isFile() || file.name === "ballast") continue;
    kept.push({ name: file.name, bytes: await readFile(join(server.dataDir, file.name), "latin1") });
  }
  for (const { url } of manifest.streams.flatMap(({ parts }) => parts)) {
    kept.push({ name: url, bytes: await (await page.request.get(server.url + url)).text() });
  }
  const sizes = kept.map(({ name, bytes }) => `${name}: ${bytes.length}`);
  expect(
    kept.reduce((sum, { bytes }) => sum + bytes.length, 0),
    sizes.join(", "),
  ).toBeLessThan(50_000_000);
  expect(kept.some(({ bytes }) => bytes.includes("Ada Lovelace"))).toBe(true);
  for (const [name, secret] of Object.entries(SECRETS)) {
    const spaced = secret.replace(/(\d{4})(?=\d)/g, "$1 ");
    for (const form of new Set([secret, spaced])) {
      const found = kept.filter(({ bytes }) => bytes.includes(form)).map((file) => file.name);
      expect(found, `${name} as ${form}`).toEqual([]);
    }
  }
  const found = kept.filter(({ bytes }) => /"(text|value)":"737"/.test(bytes)).map((file) => file.name);
  expect(found, "the security code").toEqual([]);
}
