// Takes the documentation's pictures, from the real pages of a server.
//
//   node demo/pictures.mjs --url http://127.0.0.1:PORT [NAME...]
//
// The server is a `hindsight demo` that was started a minute ago, so that plugins have
// looked at its visits. Each page becomes `docs/pictures/NAME.webp`.

import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";

const FOLDER = new URL("../../docs/pictures/", import.meta.url);
const SIZE = { width: 1280, height: 800 };

/** Of 100: text is sharp, and a picture has some 30 KB. */
const QUALITY = 55;

/** Where each is, in a connection unless it begins with a slash, and what is done there first. */
const PICTURES = {
  findings: { at: "sessions?findings=any&sort=score", on: openFound },
  report: { at: "reports", on: openReport },
  plugins: { at: "plugins" },
  recording: { at: "settings/recording" },
  leaks: { at: "leaks", on: lookForLeaks },
  people: { at: "settings/people" },
  moving: { at: "settings/moving" },
  doctor: { at: "settings/doctor" },
  storage: { at: "/storage" },
  operations: { at: "/operations", on: atBackups },
  persons: { at: "/privacy" },
};

const { values: args, positionals: wanted } = parseArgs({
  options: { url: { type: "string" } },
  allowPositionals: true,
});
if (!args.url) throw new Error("usage: node demo/pictures.mjs --url http://ADDRESS:PORT [NAME...]");
const server = new URL(args.url).origin;

const chrome = await chromium.launch({
  executablePath: process.env.TEST_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const context = await chrome.newContext({ viewport: SIZE, colorScheme: "light" });
const page = await context.newPage();
const session = await context.newCDPSession(page);
await mkdir(FOLDER, { recursive: true });
await page.goto(server);
const connection = new URL(page.url()).pathname.split("/").slice(0, 3).join("/");
for (const name of wanted.length > 0 ? wanted : Object.keys(PICTURES)) await take(name, PICTURES[name]);
await chrome.close();

async function take(name, { at, on }) {
  await page.goto(server + (at.startsWith("/") ? at : `${connection}/${at}`));
  await on?.();
  await page.evaluate(() => document.fonts.ready);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  const bytes = Buffer.from(data, "base64");
  await writeFile(new URL(`${name}.webp`, FOLDER), bytes);
  console.log(`${name}: ${(bytes.length / 1024).toFixed(0)} KB`);
}

/** The session with the most findings, a little into its visit. */
async function openFound() {
  await page.getByRole("link", { name: /^4 findings/ }).click();
  await page.locator("#scrubber[aria-disabled='false']").waitFor();
  await page.waitForTimeout(3000);
}

/** The newest report, made if there is none. */
async function openReport() {
  const reports = page.locator("main th a");
  if ((await reports.count()) === 0) {
    await page.getByRole("button", { name: "Make a report now" }).click();
    await reports.first().waitFor();
  }
  await reports.first().click();
}

async function lookForLeaks() {
  await page.getByRole("button", { name: /look/i }).first().click();
  await page.waitForTimeout(5000);
}

async function atBackups() {
  const button = page.getByRole("button", { name: "Back up now" });
  if (await button.isVisible()) await button.scrollIntoViewIfNeeded();
}
