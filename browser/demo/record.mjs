// Records the demo shop's example visits with a real browser and a real server.
//
//   node demo/record.mjs --url http://127.0.0.1:PORT [NAME...]
//
// The server is a running `hindsight demo`. Each visit becomes
// `demo/visits/NAME.json.gz`: a JSON array of `{seq, stream, user_agent, events}`,
// the batches as they were uploaded.

import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { chromium } from "@playwright/test";
import { PhoneVisitor, Visitor } from "./visitor.mjs";
import { VISITS } from "./visits.mjs";

/** Where the shop claims to be in the files, whatever machine it was recorded on. */
const ORIGIN = "https://pipkin.example";
const FOLDER = new URL("visits/", import.meta.url);
const SEED = 7;

const { values: args, positionals: wanted } = parseArgs({
  options: { url: { type: "string" } },
  allowPositionals: true,
});
if (!args.url) throw new Error("usage: node demo/record.mjs --url http://ADDRESS:PORT [NAME...]");
const server = new URL(args.url).origin;

const chrome = await chromium.launch({
  executablePath: process.env.TEST_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
await mkdir(FOLDER, { recursive: true });
for (const name of wanted.length > 0 ? wanted : Object.keys(VISITS)) await record(name, VISITS[name]);
await chrome.close();

async function record(name, { browser, path, visit }) {
  const context = await chrome.newContext(browser);
  const page = await context.newPage();
  const visitor = new (browser.hasTouch ? PhoneVisitor : Visitor)(page, SEED);
  await page.goto(`${server}/demo/${path}`);
  await page.waitForFunction(() => window.hindsight?.sessionUrl?.());
  const replay = await page.evaluate(() => window.hindsight.sessionUrl());
  const userAgent = (await page.evaluate(() => navigator.userAgent)).replace("HeadlessChrome", "Chrome");
  await visit(visitor);
  await visitor.leave();
  await context.close();
  await save(name, anonymous(JSON.stringify(await batchesOf(replay, userAgent)), keyIn(replay)));
}

/** All batches of a session, in the order of the visit. */
async function batchesOf(replay, user_agent) {
  const { url } = await fetch(replay);
  const manifest = await json(`${url.split("?")[0]}/manifest.json`);
  const missing = manifest.streams.flatMap((stream) => stream.missing);
  if (missing.length > 0) throw new Error(`${url} lacks batches: ${JSON.stringify(missing)}`);
  const batches = [];
  for (const { id, parts } of manifest.streams) {
    for (const part of parts) {
      const events = await json(new URL(part.url, url));
      batches.push({ seq: part.seq, stream: id, user_agent, events });
    }
  }
  return batches;
}

async function json(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.json();
}

/** The same text without the machine it comes from and without the connection's key. */
function anonymous(text, key) {
  return text.replaceAll(server, ORIGIN).replaceAll(key, "pipkin");
}

/** The write key in an address such as `/go/KEY/SESSION`. */
function keyIn(replay) {
  return new URL(replay).pathname.split("/")[2];
}

async function save(name, text) {
  const bytes = gzipSync(text, { level: 9 });
  await writeFile(new URL(`${name}.json.gz`, FOLDER), bytes);
  const batches = JSON.parse(text);
  const events = batches.flatMap((batch) => batch.events);
  const seconds = (events.at(-1).timestamp - events[0].timestamp) / 1000;
  const size = `${(bytes.length / 1024).toFixed(1)} KB`;
  console.log(
    `${name}: ${seconds.toFixed(0)} s, ${batches.length} batches, ${events.length} events, ${size}`,
  );
}
