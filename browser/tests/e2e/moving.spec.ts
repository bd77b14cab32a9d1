/** Pages that PostHog's and Sentry's own clients record here, changed in nothing but the host. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, type Page, test } from "@playwright/test";
import { build } from "esbuild";
import { type RunningServer, startServer } from "../support/server";
import { openAt, settledManifest } from "./replayed";

interface Exported {
  type: number;
  timestamp: number;
  data: { tag?: string; payload?: { id?: string; traits?: unknown } };
}

const HERE = fileURLToPath(new URL(".", import.meta.url));

let server: RunningServer;
let site: Server;
let origin: string;
let key: string;
/** What the page runs. */
let script = "";

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  server = await startServer();
  key = (await server.cli("connection", "list")).split("\t")[0] ?? "";
  site = createServer((request, response) => {
    const isScript = request.url === "/app.js";
    response.setHeader("content-type", isScript ? "text/javascript; charset=utf-8" : "text/html");
    response.end(
      isScript
        ? script
        : `<!doctype html><title>Shop</title><h1>Winter sale</h1><button>Add to cart</button><input name="mail">
           <p>${"Free delivery. ".repeat(40)}</p><script src="/app.js"></script>`,
    );
  }).listen(0, "127.0.0.1");
  await new Promise((ready) => site.once("listening", ready));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});

test.afterAll(async () => {
  site.closeAllConnections();
  site.close();
  await server.stop();
});

async function bundled(code: string): Promise<string> {
  const stdin = { contents: code, resolveDir: HERE, loader: "js" as const };
  const built = await build({ stdin, bundle: true, format: "iife", write: false, logLevel: "error" });
  return built.outputFiles[0]?.text ?? "";
}

/** Takes the first upload to addresses like this, and loses its answer on the way back. */
async function loseFirstAnswer(page: Page, address: RegExp): Promise<() => number> {
  let uploads = 0;
  await page.route(address, async (route) => {
    uploads += 1;
    if (uploads > 1) return route.continue();
    await route.fetch();
    await route.abort("connectionreset");
  });
  return () => uploads;
}

async function visit(page: Page): Promise<void> {
  await page.getByRole("button").click();
  await page.locator("input").fill("someone@example.com");
  await page.evaluate(() => {
    const added = document.createElement("p");
    added.textContent = `Added to your cart. ${"Thank you. ".repeat(300)}`;
    document.body.append(added);
  });
}

async function exported(session: string): Promise<Exported[]> {
  return JSON.parse(await server.cli("export", session));
}

/** The replay shows what the page showed; nothing is there twice. */
async function expectWhole(page: Page, session: string): Promise<Exported[]> {
  const url = `${server.url}/connections/1/sessions/${session}`;
  const manifest = await settledManifest(page, url);
  expect(manifest.streams.flatMap(({ missing }) => missing)).toEqual([]);
  const events = await exported(session);
  const written = events.map((event) => JSON.stringify(event));
  expect(new Set(written).size).toBe(written.length);
  expect(written.join()).not.toContain("someone@example.com");
  const [, nextPage] = events.filter(({ type }) => type === 4);
  const times = events.map(({ timestamp }) => timestamp);
  const last = nextPage ? nextPage.timestamp - 1 : Math.max(...times);
  const recorded = await openAt(page, url, manifest, last);
  await expect(recorded.locator("body")).toContainText("Winter sale");
  await expect(recorded.locator("body")).toContainText("Added to your cart.");
  return events;
}

function identities(events: Exported[]): unknown[] {
  const said = events.filter(({ data }) => data.tag === "hindsight.identify");
  return said.map(({ data }) => [data.payload?.id, data.payload?.traits]);
}

test("posthog-js records here when its host is changed", async ({ page }) => {
  test.setTimeout(90_000);
  script = await bundled(`
    import posthog from "posthog-js";
    import "posthog-js/dist/posthog-recorder.js";
    posthog.init(${JSON.stringify(key)}, {
      api_host: ${JSON.stringify(server.url)}, opt_out_useragent_filter: true,
    });
    window.posthog = posthog;`);
  const failed: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`);
  });
  const uploads = await loseFirstAnswer(page, /\/s\//);
  await page.goto(origin);
  await page.waitForTimeout(1500);
  await page.evaluate("window.posthog.identify('ann', { plan: 'pro' })");
  await visit(page);
  await expect.poll(uploads, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
  const session = await page.evaluate<string>("window.posthog.get_session_id()");
  await page.goto(`${origin}/next`);
  await page.waitForTimeout(4000);
  await page.goto("about:blank");
  await page.unrouteAll({ behavior: "wait" });

  expect(failed).toEqual([]);
  const events = await expectWhole(page, session);
  expect(identities(events)).toEqual([["ann", { plan: "pro" }]]);
  expect(events.filter(({ type }) => type === 2)).toHaveLength(2);
});

test("Sentry's replays are recorded here when the DSN is changed", async ({ page }) => {
  test.setTimeout(90_000);
  const dsn = server.url.replace("://", `://${key}@`);
  script = await bundled(`
    import * as Sentry from "@sentry/browser";
    Sentry.init({
      dsn: ${JSON.stringify(`${dsn}/1`)}, replaysSessionSampleRate: 1,
      integrations: [Sentry.replayIntegration({ maskAllText: false, blockAllMedia: false })],
    });
    Sentry.setUser({ id: "bob", email: "bob@shop.example" });
    window.Sentry = Sentry;`);
  const uploads = await loseFirstAnswer(page, /\/envelope\//);
  await page.goto(origin);
  await page.waitForTimeout(1500);
  await visit(page);
  await expect.poll(uploads, { timeout: 40_000 }).toBeGreaterThanOrEqual(2);
  const session = await page.evaluate<string>("window.Sentry.getReplay().getReplayId()");
  await page.evaluate("console.warn('stock is low')");
  await page.evaluate("window.Sentry.captureException(new Error('boom'))");
  await page.evaluate("window.Sentry.getReplay().flush()");
  await page.goto("about:blank");
  await page.unrouteAll({ behavior: "wait" });

  const events = await expectWhole(page, session);
  expect(identities(events)).toEqual([["bob", { email: "bob@shop.example" }]]);
  expect(JSON.stringify(events)).toContain("stock is low");
});

test("a client that may not send learns why, and when to come again", async ({ page }) => {
  const refused = await page.request.post(`${server.url}/s/`, {
    headers: { "content-type": "text/plain" },
    data: JSON.stringify([{ event: "$snapshot", properties: { token: "hk_nobody" } }]),
  });
  expect([refused.status(), (await refused.json()).type]).toEqual([401, "/problems/unknown-key"]);
  const script = await page.request.get(`${server.url}/static/lazy-recorder.js`);
  expect((await script.json()).detail).toContain("posthog-js/dist/posthog-recorder");
});
