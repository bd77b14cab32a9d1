/** The recorder and the real server: what one sends, the other keeps. */

import type { Manifest } from "../../contracts/replay";
import { expect, flush, said, test, visit } from "../support/recorder";
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
