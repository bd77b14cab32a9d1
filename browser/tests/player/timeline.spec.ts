import { expect, test } from "@playwright/test";
import { click, custom, element, event, mutation, newText, page, snapshot, text } from "../support/recorded";
import { counting } from "../support/segments";
import { ReplayPage } from "./replay-page";

let replay: ReplayPage;

test.afterEach(() => replay.stop());

const count = () => replay.recorded.locator("#count");

test("the first frame does not wait for the whole recording", async ({ page }) => {
  replay = await ReplayPage.bare(page, { streams: [counting(120)] });
  replay.host.latency_ms = 100;
  await replay.load();
  await expect(count()).toHaveText("0");
  expect(replay.host.asked.length).toBeLessThan(40);
  expect(await replay.state()).toMatchObject({ at_ms: 0, playing: false, buffering: false, finished: false });
});

test("the stage says how long the recording is and where the visitor was active", async ({
  page: browser,
}) => {
  const button = element("button");
  const first = [...snapshot(0, page([button])), click(9_900, button)];
  replay = await ReplayPage.open(browser, { streams: [[first], counting(2)], pause_ms: 500 });
  await expect.poll(() => replay.said("loaded")).toHaveLength(1);
  const [loaded] = await replay.said("loaded");
  expect(loaded).toMatchObject({
    duration_ms: 12_300,
    streams: [
      { offset_ms: 0, duration_ms: 9_900 },
      { offset_ms: 10_400, duration_ms: 1_900 },
    ],
  });
  expect(Math.max(...(loaded?.activity ?? []))).toBe(1);
  expect(loaded?.activity.at(-1)).toBe(0);
});

test("the head moves with the clock, at any speed, and stops at the end", async ({ page }) => {
  replay = await ReplayPage.open(page, { streams: [counting(3)] }, { autoplay: true, speed: 2 });
  await replay.finish();
  await expect(count()).toHaveText("2900");
  expect(await replay.state()).toMatchObject({ at_ms: 2900, playing: false, finished: true });
  const heads = (await replay.said("state")).map(({ at_ms }) => at_ms);
  expect(heads.length).toBeGreaterThan(8);
  expect(heads).toEqual(heads.toSorted((one, other) => one - other));
});

test("speed changes the pace while playing", async ({ page }) => {
  replay = await ReplayPage.open(page, { streams: [counting(60)] }, { autoplay: true, speed: 0.5 });
  await expect.poll(async () => (await replay.state()).at_ms).toBeGreaterThan(200);
  const started = Date.now();
  await replay.tell({ type: "speed", speed: 32 });
  await replay.finish();
  expect(Date.now() - started).toBeLessThan(10_000);
});

test("playing again after the end starts over", async ({ page }) => {
  replay = await ReplayPage.open(page, { streams: [counting(1)] }, { autoplay: true });
  await replay.finish();
  await replay.tell({ type: "play" });
  await expect.poll(async () => (await replay.state()).finished).toBe(false);
  expect((await replay.state()).at_ms).toBeLessThan(900);
  await replay.finish();
});

test("playing on after a pause does not build the page anew", async ({ page }) => {
  replay = await ReplayPage.open(page, { streams: [counting(30)] }, { autoplay: true, speed: 4 });
  await expect.poll(async () => (await replay.state()).at_ms).toBeGreaterThan(0);
  await count().evaluate((built) => built.setAttribute("data-seen", ""));
  for (let times = 0; times < 10; times += 1) {
    await replay.tell({ type: "pause" });
    await replay.tell({ type: "play" });
    await page.waitForTimeout(50);
  }
  expect((await replay.state()).playing).toBe(true);
  await expect(count()).toHaveAttribute("data-seen", "");
});

test("a seek shows the page as it was, forward and back", async ({ page }) => {
  replay = await ReplayPage.open(page, { streams: [counting(20)] });
  for (const at_ms of [5000, 12_350, 3200, 0, 19_900, 100, 99]) {
    await replay.seek(at_ms);
    await expect(count()).toHaveText(String(Math.floor(at_ms / 100) * 100));
  }
});

test("a seek loads from the nearest snapshot, not from the start", async ({ page: browser }) => {
  const parts = counting(40);
  const later = element("p", { id: "count" }, "later");
  parts[30]?.push(...snapshot(30_950, page([later])));
  replay = await ReplayPage.open(browser, { streams: [parts] });
  await expect(count()).toHaveText("0");
  replay.host.asked.length = 0;
  await replay.seek(35_000);
  await expect(count()).toHaveText("later");
  expect(replay.host.asked).not.toContain("0/28");
  await replay.seek(1500);
  await expect(count()).toHaveText("1500");
});

test("it starts where it is asked to", async ({ page }) => {
  replay = await ReplayPage.open(page, { streams: [counting(20)] }, { at_ms: 15_000 });
  await expect(count()).toHaveText("15000");
  expect((await replay.state()).at_ms).toBe(15_000);
});

test("the stage says that it waits for events, and goes on when they are there", async ({ page }) => {
  replay = await ReplayPage.bare(page, { streams: [counting(3)] });
  replay.host.failing.set("0/1", 503);
  await replay.load({ autoplay: true, speed: 4 });
  await expect.poll(async () => (await replay.state()).at_ms).toBe(1000);
  expect(await replay.state()).toMatchObject({ playing: true, buffering: true });
  expect(await replay.notices()).toContain("unreachable");
  replay.host.failing.clear();
  await replay.finish();
});

test("streams play one after the other", async ({ page }) => {
  const streams = [counting(1, "https://a.example/"), counting(2, "https://b.example/")];
  replay = await ReplayPage.open(page, { streams, pause_ms: 300 }, { autoplay: true });
  await replay.finish();
  await expect(count()).toHaveText("1900");
  const addresses = (await replay.said("state")).map(({ page_url }) => page_url);
  expect([...new Set(addresses)]).toEqual(["", "https://a.example/", "https://b.example/"]);
  await replay.seek(450);
  await expect(count()).toHaveText("400");
  await replay.seek(1000);
  await expect(count()).toHaveText("900");
  await replay.seek(1700);
  await expect(count()).toHaveText("500");
  await expect(page.frameLocator("iframe").locator(".screen")).toHaveCount(1);
});

test("the page's address follows navigations within the page, in both directions", async ({ page }) => {
  const parts = counting(3);
  parts[1]?.push(custom(1950, "hindsight.navigate", { href: "https://shop.example/cart" }));
  parts[1]?.push(custom(1950, "hindsight.prompt", { text: "?" }), custom(1950, "hindsight.else", null));
  replay = await ReplayPage.open(page, { streams: [parts] });
  await replay.seek(2500);
  expect((await replay.state()).page_url).toBe("https://shop.example/cart");
  await replay.seek(1000);
  expect((await replay.state()).page_url).toBe("https://shop.example/");
});

test("idle time is known, and skipped when asked for", async ({ page: browser }) => {
  const button = element("button");
  const clock = text("0");
  const ticks = Array.from({ length: 60 }, (_, second) =>
    newText(second * 1000 + 500, clock, String(second)),
  );
  const acted = [click(1000, button), click(40_000, button)];
  const events = [...ticks, ...acted].toSorted((one, other) => one.timestamp - other.timestamp);
  const start = snapshot(0, page([button, element("p", { id: "count" }, clock)]));
  replay = await ReplayPage.open(browser, { streams: [[[...start, ...events]]] }, { skip_idle: true });
  await expect
    .poll(async () => (await replay.said("idle")).at(-1)?.spans)
    .toEqual([
      [2000, 40_000],
      [41_000, 59_500],
    ]);
  const started = Date.now();
  await replay.tell({ type: "play" });
  await replay.finish();
  expect(Date.now() - started).toBeLessThan(9000);
  const states = await replay.said("state");
  expect(states.some(({ skipping, at_ms }) => skipping && at_ms >= 39_500 && at_ms < 40_000)).toBe(true);
  expect(states.some(({ at_ms }) => at_ms > 3000 && at_ms < 39_400)).toBe(false);
});

test("idle parts that are not loaded yet are skipped too", async ({ page: browser }) => {
  const button = element("button");
  const still = (second: number) => [
    mutation(second * 1000, { attributes: [{ id: button.id, attributes: {} }] }),
  ];
  const parts = Array.from({ length: 100 }, (_, second) => still(second));
  parts[0]?.unshift(...snapshot(0, page([button])));
  parts[99]?.push(click(99_500, button));
  replay = await ReplayPage.open(browser, { streams: [parts] }, { autoplay: true, skip_idle: true });
  await replay.finish();
  expect((await replay.state()).at_ms).toBe(99_500);
});

test("an active session plays on when more arrives", async ({ page }) => {
  const parts = counting(3);
  const last = parts.pop();
  replay = await ReplayPage.open(page, { status: "active", streams: [parts] }, { autoplay: true, speed: 4 });
  await expect.poll(async () => (await replay.state()).at_ms).toBe(1900);
  expect(await replay.state()).toMatchObject({ playing: true, buffering: true, finished: false });
  parts.push(last ?? []);
  await expect(count()).toHaveText("2900", { timeout: 10_000 });
  expect((await replay.said("loaded")).at(-1)?.duration_ms).toBe(2900);
  replay.host.session.status = "completed";
  await replay.finish();
});

test("the page stands where the visitor had scrolled to", async ({ page: browser }) => {
  const tall = element("div", { style: "height: 5000px; width: 100px" });
  const document = page([tall]);
  const scroll = (at: number, y: number) => event(at, 3, { source: 3, id: document.id, x: 0, y });
  const parts = [[...snapshot(0, document), scroll(1000, 700)], [scroll(2000, 1500)], [scroll(3000, 0)]];
  replay = await ReplayPage.open(browser, { streams: [parts] }, { at_ms: 1500 });
  const top = () => replay.recorded.locator("html").evaluate((html) => html.scrollTop);
  await expect.poll(top).toBe(700);
  for (const [at_ms, y] of [
    [2500, 1500],
    [500, 0],
    [1000, 700],
  ] as const) {
    await replay.seek(at_ms);
    await expect.poll(top).toBe(y);
  }
});

test("the recorded page is scaled to fit and centred", async ({ page: browser }) => {
  await browser.setViewportSize({ width: 1000, height: 300 });
  const resize = event(500, 3, { source: 4, width: 400, height: 600 });
  replay = await ReplayPage.open(browser, { streams: [[[...snapshot(0, page(["wide"])), resize]]] });
  const box = () => browser.frameLocator("iframe").locator(".replayer-wrapper").boundingBox();
  await expect.poll(box).toEqual({ x: 300, y: 0, width: 400, height: 300 });
  await replay.seek(500);
  await expect.poll(box).toEqual({ x: 400, y: 0, width: 200, height: 300 });
  await browser.setViewportSize({ width: 500, height: 600 });
  await expect.poll(box).toEqual({ x: 50, y: 0, width: 400, height: 600 });
});

test("messages of another shape or origin are not obeyed", async ({ page }) => {
  replay = await ReplayPage.open(page, { streams: [counting(5)] });
  await expect(count()).toHaveText("0");
  for (const message of [null, "play", { type: "seek", at_ms: "9" }, { type: "seek", at_ms: null }, {}]) {
    await replay.tell(message);
  }
  const elsewhere = "https://elsewhere.example/manifest.json";
  await replay.tell({
    type: "load",
    manifest_url: elsewhere,
    at_ms: 0,
    autoplay: true,
    speed: 1,
    skip_idle: false,
  });
  await replay.seek(1000);
  await expect(count()).toHaveText("1000");
  expect((await replay.state()).playing).toBe(false);
});
