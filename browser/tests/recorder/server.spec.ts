/** The recorder and the real server: what one sends, the other keeps. */

import type { Page } from "@playwright/test";
import type { Manifest } from "../../contracts/replay";
import { expect, flush, said, test, until, visit } from "../support/recorder";
import { type RunningServer, startServer } from "../support/server";
import type { SentEvent } from "../support/site";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer();
});

test.afterAll(() => server.stop());

const snippet = (key: string) =>
  `<script async src="${server.url}/hindsight.js" data-connection="${key}"></script>`;

/** The session in the address that the page hands out. */
const sessionIn = (url: string) => new URL(url).pathname.split("/").at(-1) ?? "";

async function exported(session: string): Promise<SentEvent[]> {
  return JSON.parse(await server.cli("export", session));
}

test("a visit over two pages is stored whole", async ({ page, site }) => {
  const key = await server.addConnection("two pages");
  site.pages["/"] = `<a id="next" href="/next">Next</a>${snippet(key)}`;
  site.pages["/next"] = `<p>The second page</p><input id="name">${snippet(key)}`;
  const refused: number[] = [];
  page.on("response", (response) => {
    if (response.url().includes("/ingest/") && !response.ok()) refused.push(response.status());
  });

  await visit(page, site.url);
  await page.click("#next");
  await page.waitForURL("**/next");
  await page.fill("#name", "Ada");
  await flush(page);
  const replay = await said(page, (hindsight) => hindsight.sessionUrl());
  await page.goto("about:blank");

  const session = sessionIn(replay);
  await expect
    .poll(async () => (await exported(session)).filter((event) => event.data.tag === "hindsight.end").length)
    .toBe(1);
  const events = await exported(session);
  expect(events.filter((event) => event.type === 2)).toHaveLength(2);
  expect(events.some((event) => event.data.source === 2 && event.data.type === 2)).toBe(true);
  expect(events.some((event) => event.data.text === "Ada")).toBe(true);
  expect(refused).toEqual([]);
});

test("the address that the page hands out leads to the replay", async ({ page, site }) => {
  const key = await server.addConnection("address");
  site.pages["/"] = `<p>Words</p>${snippet(key)}`;
  await visit(page, site.url);
  const url = await said(page, (hindsight) => hindsight.sessionUrl({ now: true }));

  await page.goto(url);
  expect(new URL(page.url()).pathname).toMatch(new RegExp(`^/connections/[^/]+/sessions/${sessionIn(url)}$`));
  const response = await page.request.get(`${page.url().split("?")[0]}/manifest.json`);
  const manifest = (await response.json()) as Manifest;
  expect(manifest.streams).toHaveLength(1);
  expect(manifest.streams[0]?.missing).toEqual([]);
  expect(manifest.streams[0]?.parts[0]?.snapshot).toBe(true);
});

/** The paths and statuses of the page's uploads, as they are answered. */
function answers(page: Page): { method: string; path: string; status: number }[] {
  const seen: { method: string; path: string; status: number }[] = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    const method = response.request().method();
    if (pathname.startsWith("/ingest/")) seen.push({ method, path: pathname, status: response.status() });
  });
  return seen;
}

const rules: [string, string[], number][] = [
  ["a connection that is paused", ["--pause"], 200],
  ["a connection that other origins record to", ["--origins", "https://shop.example"], 403],
  ["a visitor who sends Sec-GPC", ["--honour-gpc", "on"], 200],
];
for (const [who, rule, told] of rules) {
  test(`${who} is not recorded, and asked once only`, async ({ page, site }) => {
    const key = await server.addConnection(who);
    await server.cli("connection", "set", who, ...rule);
    site.pages["/"] = `<p>Words</p>${snippet(key)}`;
    await page.setExtraHTTPHeaders({ "Sec-GPC": "1" });
    const all = answers(page);
    await visit(page, site.url);
    await page.click("p");
    await flush(page);
    // What may be recorded is asked, and nothing is sent.
    expect(all.map(({ method, status }) => [method, status])).toEqual([["GET", told]]);
  });
}

test("a session that is full goes on in another one", async ({ page, site }) => {
  const small = await startServer({ HINDSIGHT_SESSIONS__MAX_BATCHES: "2" });
  try {
    const key = await small.addConnection("small sessions");
    site.pages["/"] =
      `<p>Words</p><script async src="${small.url}/hindsight.js" data-connection="${key}"></script>`;
    const uploads = answers(page);
    await visit(page, site.url);
    await until(async () => {
      await page.click("p");
      await flush(page);
      const stored = uploads.filter(({ method, status }) => method === "POST" && status === 200);
      return new Set(stored.map(({ path }) => path.split("/")[3])).size === 2;
    });
    expect(uploads.filter(({ status }) => status === 409)).toHaveLength(1);
  } finally {
    await small.stop();
  }
});
