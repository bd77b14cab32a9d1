/** What each page costs to load for the first time: bytes as they come over the wire. */

import { type Browser, expect, type Request, test } from "@playwright/test";
import { furnish, goTo, type House, PLACES, type Place } from "./house";

/** No page takes more, recorded data apart. */
const BOUND = 100 * 1024;

/** But for those that play: rrweb's player alone takes 76 KB of it. */
const BOUND_WITH_PLAYER = 170 * 1024;

/** Pieces of recordings, and what is read out of them. */
const RECORDED = /\/(segments|batches|styles)\/|\/(manifest|events|story|notes|shares)\.json/;

interface Weight {
  html: number;
  css: number;
  js: number;
  font: number;
  other: number;
  recorded: number;
}

let house: House;

test.beforeAll(async () => {
  house = await furnish();
});

test.afterAll(() => house.server.stop());

test("no page takes more than 100 KB to load, and none that plays more than 170 KB", async ({ browser }) => {
  test.setTimeout(300_000);
  const table: string[] = [];
  const tooHeavy: string[] = [];
  for (const place of PLACES) {
    const weight = await weigh(browser, place);
    const { html, css, js, font, other, recorded } = weight;
    const sum = html + css + js + font + other;
    const bound = place.plays ? BOUND_WITH_PLAYER : BOUND;
    if (sum > bound) tooHeavy.push(`${place.name}: ${kilobytes(sum)} KB`);
    expect(html, `${place.name} was measured`).toBeGreaterThan(0);
    expect(css, `${place.name} has its style`).toBeGreaterThan(0);
    const row = [html, css, js, font, other, sum, recorded].map(kilobytes);
    table.push(`| ${[place.name, ...row].join(" | ")} |`);
  }
  console.log("| Page | HTML | CSS | Scripts | Font | Other | Sum | Recorded |");
  console.log("|---|--:|--:|--:|--:|--:|--:|--:|");
  console.log(table.join("\n"));
  expect(tooHeavy).toEqual([]);
});

/** Loads a page with nothing in the cache, and adds up what came, heads of answers included. */
async function weigh(browser: Browser, place: Place): Promise<Weight> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const finished: Request[] = [];
  page.on("requestfinished", (request) => finished.push(request));
  await goTo(page, house, place);
  await page.waitForLoadState("load");
  const weight: Weight = { html: 0, css: 0, js: 0, font: 0, other: 0, recorded: 0 };
  for (const request of finished) {
    const { responseBodySize, responseHeadersSize } = await request.sizes();
    weight[kindOf(request)] += responseBodySize + responseHeadersSize;
  }
  await context.close();
  return weight;
}

function kindOf(request: Request): keyof Weight {
  if (RECORDED.test(request.url())) return "recorded";
  const kinds: Record<string, keyof Weight> = {
    document: "html",
    stylesheet: "css",
    script: "js",
    font: "font",
  };
  return kinds[request.resourceType()] ?? "other";
}

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
