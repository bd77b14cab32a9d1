/** What `hindsight export` writes is played by rrweb's own player, without anything of ours. */

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";

const RRWEB = join(dirname(createRequire(import.meta.url).resolve("rrweb")), "rrweb.umd.min.cjs");

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({}, "demo");
});

test.afterAll(() => server.stop());

test("an exported visit over several pages plays in the stock player", async ({ page }) => {
  await page.goto(server.url);
  const ids = await page
    .locator("[data-session]")
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-session") ?? ""));
  expect(ids.length).toBeGreaterThanOrEqual(5);
  const lastWords: string[] = [];
  for (const id of ids) {
    const events: { timestamp: number }[] = JSON.parse(await exported(id));
    const times = events.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    lastWords.push(await playedToTheEnd(events));
  }
  expect(lastWords.filter((words) => words.includes("Thank you")).length).toBeGreaterThanOrEqual(2);

  /** The demo's visits are still stored anew when it starts; the command then says to try again. */
  async function exported(id: string): Promise<string> {
    let json = "";
    await expect(async () => {
      json = await server.cli("export", id);
    }).toPass({ timeout: 20_000 });
    return json;
  }

  async function playedToTheEnd(events: object[]): Promise<string> {
    await page.goto("about:blank");
    await page.addScriptTag({ path: RRWEB });
    await page.evaluate((recorded) => {
      const { rrweb } = window as unknown as { rrweb: typeof import("rrweb") };
      const replayer = new rrweb.Replayer(recorded as never[], { showWarning: false });
      replayer.pause(replayer.getMetaData().totalTime);
    }, events);
    return page.frameLocator("iframe").locator("body").innerText();
  }
});
