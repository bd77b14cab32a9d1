/**
 * How well friction tells struggling from what only looks like it: visits whose deeds are known, recorded in
 * a real browser, finished and analysed by the real server.
 */

import { type Browser, expect, type Page, test } from "@playwright/test";
import type { Hindsight } from "../../recorder/api";
import { type RunningServer, startServer } from "../support/server";
import { DEEDS, type Deed, type Kind } from "./deeds";
import { type Pages, startPages } from "./pages";

/** So many visitors are there at a time: more would have to wait for each other. */
const AT_ONCE = Number(process.env.DETECTION_AT_ONCE ?? 5);

/** What may be found less well, and what may not. */
const HELD: Kind[] = ["rage click", "dead click", "form errors"];
const LEAST = 0.9;

let server: RunningServer;
let pages: Pages;

test.beforeAll(async () => {
  if (!process.env.DETECTION) return;
  server = await startServer({
    HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1",
    // For a page whose farewell is lost.
    HINDSIGHT_SESSIONS__IDLE_AFTER_SECONDS: "20",
  });
  const key = await server.addConnection("detection");
  pages = await startPages(
    `<script async src="${server.url}/hindsight.js" data-connection="${key}"></script>`,
  );
});

test.afterAll(async () => {
  pages?.stop();
  await server?.stop();
});

/** Makes a visit; returns where its replay is. */
async function visit(browser: Browser, deed: Deed): Promise<string> {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  await page.goto(pages.url + deed.path);
  // It is "" until the server has said that the page may be recorded.
  const known = await page.waitForFunction(
    () => window.hindsight && "flush" in window.hindsight && (window.hindsight as Hindsight).sessionUrl(),
  );
  const url = (await known.jsonValue()) as string;
  await page.waitForTimeout(500);
  await deed.act(page);
  await leave(page);
  await context.close();
  return url;
}

/** The recorder sends the rest, and that the visitor leaves. */
async function leave(page: Page): Promise<void> {
  await page.waitForTimeout(400);
  await page.evaluate(() => (window.hindsight as Hindsight).flush());
  for (const open of page.context().pages()) await open.goto("about:blank");
  await page.waitForTimeout(200);
}

/** The kinds that were found in a session, once it was looked at. */
async function findings(url: string): Promise<string[]> {
  let html = "";
  await expect
    .poll(
      async () => {
        html = await (await fetch(url)).text();
        return html.includes('class="finding"') || html.includes("Plugins found nothing");
      },
      { timeout: 120_000, intervals: [500, 1000, 2000] },
    )
    .toBe(true);
  const kinds = html.matchAll(/finding-kind">\s*<span[^>]*>[^<]*<\/span> ([^<]+) <span/g);
  return [...kinds].map((match) => (match[1] as string).toLowerCase().replace("-", " "));
}

interface Result {
  deed: Deed;
  found: Set<string>;
}

test("what was done is found, and nothing else", async ({ browser }) => {
  test.skip(!process.env.DETECTION, "takes some minutes: DETECTION=1 npx playwright test tests/detection");
  test.setTimeout(30 * 60_000);
  const only = process.env.DETECTION_ONLY;
  const deeds = DEEDS.filter((deed) => !only || [deed.found, deed.tempts].includes(only as Kind));
  const waiting = [...deeds];
  const made: { deed: Deed; url: string }[] = [];
  const visitor = async () => {
    for (let deed = waiting.shift(); deed !== undefined; deed = waiting.shift()) {
      made.push({ deed, url: await visit(browser, deed) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visitor));
  const results: Result[] = [];
  for (const { deed, url } of made) results.push({ deed, found: new Set(await findings(url)) });

  const rows = tally(results);
  for (const { deed, found } of results) {
    const unwanted = [...found].filter((kind) => kind !== deed.found && !deed.also?.includes(kind as Kind));
    const missed = deed.found !== undefined && !found.has(deed.found) ? [deed.found] : [];
    if (unwanted.length + missed.length > 0) {
      console.log(`${deed.path} ${deed.name}: missed [${missed}], found [${unwanted}]`);
    }
  }
  console.table(rows);
  for (const kind of HELD.filter((kind) => rows[kind])) {
    expect.soft(rows[kind]?.precision, `${kind}: precision`).toBeGreaterThanOrEqual(LEAST);
    expect.soft(rows[kind]?.recall, `${kind}: recall`).toBeGreaterThanOrEqual(LEAST);
  }
});

interface Row {
  deeds: number;
  "no deeds": number;
  precision: number;
  recall: number;
}

/** Precision and recall of each kind; a finding in a visit that it is not true of counts against the kind. */
function tally(results: Result[]): Record<string, Row> {
  const kinds = [...new Set(results.flatMap(({ deed }) => [deed.found, deed.tempts]))].filter((kind) => kind);
  const row = (kind: Kind): Row => {
    const count = (is: (result: Result) => boolean) => results.filter(is).length;
    const deeds = count(({ deed }) => deed.found === kind);
    const right = count(({ deed, found }) => deed.found === kind && found.has(kind));
    const wrong = count(
      ({ deed, found }) => deed.found !== kind && found.has(kind) && !deed.also?.includes(kind),
    );
    const share = (part: number, of: number) => (of === 0 ? 1 : Math.round((part / of) * 1000) / 1000);
    return {
      deeds,
      "no deeds": count(({ deed }) => deed.tempts === kind),
      precision: share(right, right + wrong),
      recall: share(right, deeds),
    };
  };
  return Object.fromEntries(kinds.map((kind) => [kind, row(kind as Kind)]));
}
