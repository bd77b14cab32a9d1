/** A session as one file, opened from the disk by a browser that has no network. */

import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { expect, type Page, type TestInfo, test } from "@playwright/test";
import { counting, sessionOf, upload } from "../dashboard/visit";
import { type Canary, startCanary } from "../player/canary";
import { addresses, SCRIPT, scripts, styles } from "../player/vectors";
import { custom, element, event, mutation, page as recordedPage, snapshot } from "../support/recorded";
import { type RunningServer, startServer } from "../support/server";

let server: RunningServer;
let canary: Canary;

test.beforeAll(async () => {
  [server, canary] = [await startServer({}, "demo"), await startCanary()];
});

test.afterAll(async () => {
  await server.stop();
  await canary.stop();
});

/** Keeps the file of a session, and opens it where nothing can be reached. */
async function openFile(
  page: Page,
  replayUrl: string,
  testInfo: TestInfo,
): Promise<{ asked: string[]; size: number }> {
  const answer = await page.request.get(`${replayUrl}/replay.html`);
  expect(answer.headers()["content-disposition"]).toMatch(/^attachment; filename="[\w.-]+\.html"$/);
  const file = testInfo.outputPath("replay.html");
  await writeFile(file, await answer.body());
  // What the page before still asks for is not the file's.
  await page.goto("about:blank");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.context().setOffline(true);
  await page.goto(pathToFileURL(file).href);
  await expect(page.locator("#scrubber")).toHaveAttribute("aria-disabled", "false");
  return {
    asked: asked.filter((url) => !url.startsWith("data:") && !url.startsWith("blob:")),
    size: (await answer.body()).length,
  };
}

const recorded = (page: Page) => page.frameLocator(".screen:not([hidden]) iframe");

test("every visit of the demo plays from its file", async ({ page }, testInfo) => {
  await page.goto(server.url);
  const replays = await page
    .locator("a.play")
    .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
  expect(replays.length).toBeGreaterThanOrEqual(5);
  const ends: string[] = [];
  for (const replay of replays.slice(0, 5)) {
    await page.context().setOffline(false);
    // What the visitor did is read soon after the demo has started.
    const text = async () => (await page.request.get(`${replay}/replay.html`)).text();
    await expect.poll(text, { timeout: 30_000 }).toContain('"kind":"page-view"');
    const { asked, size } = await openFile(page, replay, testInfo);
    expect(asked).toHaveLength(1);
    expect(size).toBeLessThan(700_000);
    await page.keyboard.press("End");
    await expect(recorded(page).locator("body")).toBeVisible();
    await page.keyboard.press("e");
    await expect(page.locator("#story-list .event").first()).toBeVisible();
    await page.locator("#story-list .event-page-view").first().click();
    await page.keyboard.press("End");
    await page.waitForTimeout(300);
    ends.push(await recorded(page).locator("body").innerText());
  }
  expect(ends.filter((words) => words.includes("Thank you")).length).toBeGreaterThanOrEqual(1);
});

test("it plays, seeks, changes its speed and knows its facts", async ({ page }, testInfo) => {
  const target = { url: server.url, key: await server.addConnection("offline") };
  await upload(target, { visit: "counted", events: counting(30) });
  await page.goto(`${server.url}/go/${target.key}/${sessionOf("counted")}`);
  await openFile(page, page.url(), testInfo);

  await expect(recorded(page).locator("p")).toHaveText(/^second [1-9]$/);
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await expect(recorded(page).locator("p")).toHaveText(/^second 1\d$/);
  await page.getByRole("button", { name: "4×" }).click();
  await page.keyboard.press("Space");
  await expect(recorded(page).locator("p")).toHaveText(/^second 2\d$/);
  await page.getByRole("switch", { name: "Skip idle" }).click();
  await expect(page.getByRole("switch", { name: "Skip idle" })).toHaveAttribute("aria-checked", "false");
  await page.keyboard.press("i");
  await expect(page.getByRole("complementary", { name: "Session details" })).toContainText(
    "shop.example/cart",
  );
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
});

test("a hostile recording runs nothing and asks for nothing", async ({ page }, testInfo) => {
  const remote = (name: string) => `${canary.url}/${name}`;
  const target = { url: server.url, key: await server.addConnection("<img src=x onerror=alert(1)>") };
  const root = element("div");
  const words = element("p", { id: "words" }, "the recorded page");
  const body = [words, root, ...scripts(), ...addresses(remote), ...styles(remote)];
  const href = `javascript:${SCRIPT}//"></script><script>${SCRIPT}</script><!--`;
  const events = [
    ...snapshot(0, recordedPage(body, addresses(remote)), href),
    mutation(300, {
      attributes: [{ id: root.id, attributes: { onclick: SCRIPT, style: `background:url(${remote("m")})` } }],
    }),
    custom(400, `</script><script>${SCRIPT}</script>`, { href: `javascript:${SCRIPT}` }),
    custom(500, "hindsight.prompt", {
      id: "1",
      conversation: "1",
      text: `</script><script>${SCRIPT}</script><!--<script>`,
    }),
    event(2000, 5, { tag: "end", payload: null }),
  ];
  await upload(target, { visit: "hostile", events });
  await page.goto(`${server.url}/go/${target.key}/${sessionOf("hostile")}`);
  const replay = page.url();
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  canary.asked.length = 0;
  const { asked } = await openFile(page, replay, testInfo);
  // The policy has to hold where there is a network.
  await page.context().setOffline(false);
  await page.reload();
  await expect(recorded(page).locator("#words")).toHaveText("the recorded page");
  await page.waitForTimeout(3000);
  for (const at of ["Home", "End", "Home"]) await page.keyboard.press(at);
  // A seek may put another frame in the place of the one before.
  await page.waitForTimeout(1000);
  for (const frame of page.frames()) {
    expect(await frame.evaluate("window.__pwned"), frame.url()).toBeUndefined();
  }
  expect(await page.title()).not.toBe("pwned");
  expect(page.url()).toMatch(/^file:/);
  expect(canary.asked).toEqual([]);
  expect(dialogs).toEqual([]);
  // What the policy stops is told here as well; nothing of it reached anybody.
  expect(asked.filter((url) => !url.startsWith(canary.url))).toHaveLength(1);
});
