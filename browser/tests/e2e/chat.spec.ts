/** A chat is replayed as the visitor saw it: opened, answered bit by bit, pointed at, closed. */

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, type Locator, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { read } from "./reading";
import { openAt, recordingRuns, settledManifest } from "./replayed";

/** How long nothing happens around a moment, so that its replay is read at rest. */
const REST_MS = 2500;

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({}, "demo");
});

test.afterAll(() => server.stop());

/** What a visitor sees of the chat, in the page and in its replay. */
async function look(html: Locator) {
  const seen = await html.evaluate((root) => {
    const shadow = root.querySelector("hindsight-widget")?.shadowRoot;
    const isShown = (selector: string) => Boolean(shadow?.querySelector(selector)?.checkVisibility());
    const at = (selector: string) => shadow?.querySelector(selector);
    const style = (selector: string) => {
      const element = at(selector);
      if (!element) return undefined;
      const { backgroundColor, borderColor, color, fontSize, padding, borderRadius } =
        getComputedStyle(element);
      const { width, height, left, top } = element.getBoundingClientRect();
      return {
        backgroundColor,
        borderColor,
        color,
        fontSize,
        padding,
        borderRadius,
        box: [left, top, width, height].map(Math.round),
      };
    };
    return {
      panel: isShown(".panel"),
      mark: isShown(".mark"),
      waiting: isShown(".waiting"),
      menu: isShown(".menu"),
      scroll: Math.round(at(".log")?.scrollTop ?? 0),
      styles: [
        ".launcher",
        ".panel",
        ".visitor .text",
        ".actions .icon",
        "textarea",
        ".composer",
        ".send",
      ].map(style),
      expanded: at(".launcher")?.getAttribute("aria-expanded"),
    };
  });
  return { ...seen, reading: await read(html) };
}

test("a chat is replayed as it was seen", async ({ page }) => {
  test.setTimeout(240_000);
  page.setDefaultTimeout(15_000);
  const assistant = await startAssistant();
  await page.route("**/ask", (route) => route.continue({ url: assistant.url }));
  const moments: { name: string; at: number; seen: Awaited<ReturnType<typeof look>> }[] = [];
  const moment = async (name: string) => {
    await page.waitForTimeout(700);
    moments.push({ name, at: Date.now(), seen: await look(page.locator("html")) });
    await page.waitForTimeout(REST_MS);
  };
  await page.goto(`${server.url}/demo/`);
  await recordingRuns(page);
  const replayUrl = await page.evaluate(() => window.hindsight?.sessionUrl?.() ?? "");
  const launcher = page.getByRole("button", { name: "Chat with us" });

  await moment("closed");
  await launcher.click();
  await moment("open");
  await page.getByLabel("Your question").pressSequentially("How long", { delay: 20 });
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("does it take?", { delay: 20 });
  await moment("typed");
  await page.keyboard.press("Enter");
  await moment("waiting");
  await assistant.say({ type: "text", text: "It takes **three" });
  await moment("half an answer");
  await assistant.say({ type: "text", text: "** days:\n\n- standard\n- express\n\n" });
  await assistant.say({ type: "text", text: "More words.\n\n".repeat(30) });
  await moment("more of it, scrolled");
  await assistant.say({
    type: "done",
    answered: true,
    sources: [{ title: "Delivery", url: "/demo/checkout.html" }],
  });
  await page.getByRole("button", { name: "Helpful", exact: true }).click();
  await page.getByRole("button", { name: "Copy" }).hover();
  await moment("pointing at a button");
  await page.getByRole("button", { name: "More" }).click();
  await moment("the menu");
  await page.keyboard.press("Escape");
  await launcher.click();
  await moment("closed again");
  await page.evaluate(() => window.hindsight?.widget?.ask("And express?"));
  await launcher.click();
  await assistant.say({ type: "text", text: "One day." });
  await assistant.say({ type: "done", answered: true, sources: [] });
  await moment("an answer that nobody has seen");
  await assistant.stop();
  await page.goto("about:blank");

  await page.goto(replayUrl);
  const sessionUrl = page.url().split("?")[0] ?? "";
  const manifest = await settledManifest(page, sessionUrl);
  for (const { name, at, seen } of moments) {
    await test.step(name, async () => {
      const recorded = await openAt(page, sessionUrl, manifest, at);
      await expect
        .poll(() => look(recorded.locator("html")), { message: name, timeout: 15_000, intervals: [100] })
        .toEqual(seen);
    });
  }
  const states = moments.map(({ seen }) => [seen.panel, seen.waiting, seen.menu, seen.mark]);
  expect(states).toEqual([
    [false, false, false, false],
    [true, false, false, false],
    [true, false, false, false],
    [true, true, false, false],
    [true, false, false, false],
    [true, false, false, false],
    [true, false, false, false],
    [true, false, true, false],
    [false, false, false, false],
    [false, false, false, true],
  ]);
  expect(moments[5]?.seen.scroll).toBeGreaterThan(100);
  const background = (index: number) => moments[index]?.seen.styles[3]?.backgroundColor;
  expect(background(6)).not.toBe(background(7));
});

/** An assistant that says what it is told to. */
async function startAssistant() {
  let asked: ServerResponse | undefined;
  const listening = createServer((_, response) => {
    asked = response;
    response.writeHead(200, { "Content-Type": "application/x-ndjson" }).flushHeaders();
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`,
    async say(piece: { type: string; [field: string]: unknown }) {
      await expect.poll(() => asked !== undefined).toBe(true);
      asked?.write(`${JSON.stringify(piece)}\n`);
      if (piece.type !== "done") return;
      asked?.end();
      asked = undefined;
    },
    async stop() {
      listening.closeAllConnections();
      await new Promise((resolve) => listening.close(resolve));
    },
  };
}
