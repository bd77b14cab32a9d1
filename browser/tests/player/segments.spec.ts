import { expect, test } from "@playwright/test";
import { event, newText, type RecordedEvent, type RecordedNode } from "../support/recorded";
import { counting, picturesOf, segmentsOf } from "../support/segments";
import type { HostedSegment } from "../support/stage-host";
import { ReplayPage } from "./replay-page";

let replay: ReplayPage;

test.afterEach(() => replay.stop());

const count = () => replay.recorded.locator("#count");
const asked = (kind: string) => replay.host.asked.filter((url) => url.startsWith(kind));

/** What heavy parts weigh in these tests: two of them are more than may be loaded ahead. */
const HEAVY_BYTES = 5 * 1024 * 1024;

/** One segment for each batch, each said to be heavy. */
function heavy(batches: RecordedEvent[][]): HostedSegment[] {
  return batches.map((content, seq) => ({ seq, index: 0, content, json_bytes: HEAVY_BYTES }));
}

async function expectSteadyHead(): Promise<void> {
  const heads = (await replay.said("state")).map(({ at_ms }) => at_ms);
  expect(heads).toEqual(heads.toSorted((one, other) => one - other));
}

test("the first frame needs the first segment alone", async ({ page }) => {
  const batches = counting(20);
  const [, picture] = batches[0] ?? [];
  const { id } = JSON.parse(/\{[^{}]*"textContent":"0"\}/.exec(JSON.stringify(picture))?.[0] ?? "");
  // What follows at that very moment is in the next segment.
  batches[0]?.splice(2, 0, newText(0, { id, type: 3 }, "at once"));
  replay = await ReplayPage.bare(page, { streams: [batches], segments: [segmentsOf(batches, 50)] });
  replay.host.failing.set("segments/0/1", 503);
  await replay.load();
  await expect(count()).toHaveText("0");
  expect(await replay.state()).toMatchObject({ at_ms: 0, buffering: false });
  replay.host.failing.clear();
  await expect(count()).toHaveText("at once");
  await replay.seek(300);
  await expect(count()).toHaveText("300");
});

test("segments that begin in the same batch are played in order", async ({ page }) => {
  const batches = [counting(3).flat(), [event(4000, 5, { tag: "end", payload: null })]];
  const segments = segmentsOf(batches, 7);
  expect(segments.map(({ seq, index }) => [seq, index])).toEqual([
    [0, 0],
    [0, 2],
    [0, 9],
    [0, 16],
    [0, 23],
    [0, 30],
  ]);
  replay = await ReplayPage.open(page, { streams: [batches], segments: [segments] });
  for (const at_ms of [1500, 2900, 800, 0]) {
    await replay.seek(at_ms);
    await expect(count()).toHaveText(String(at_ms));
  }
  await replay.tell({ type: "play" });
  await replay.finish();
  await expect(count()).toHaveText("2900");
  expect(await replay.notices()).toEqual([]);
});

test("every picture of a segment can be shown, forward and back", async ({ page }) => {
  const batches = picturesOf(20);
  replay = await ReplayPage.open(page, { streams: [batches], segments: [segmentsOf(batches, 24)] });
  for (const at_ms of [3700, 3200, 2000, 14_500, 9500, 9400, 6100, 19_500, 0]) {
    await replay.seek(at_ms);
    await expect(count()).toHaveText(String(Math.floor(at_ms / 500) * 500));
  }
  await replay.tell({ type: "speed", speed: 8 });
  await replay.seek(6200);
  await replay.tell({ type: "play" });
  await replay.finish();
  await expect(count()).toHaveText("19500");
});

test("what never arrived is said in the segment in which the recording goes on", async ({ page }) => {
  const batches = [...counting(5), undefined, ...counting(9).slice(6)];
  replay = await ReplayPage.open(page, { streams: [batches], segments: [segmentsOf(batches, 60)] });
  await replay.seek(8000);
  expect(await replay.notices()).toEqual(["gap"]);
});

test("no more is loaded ahead than fits, at any speed", async ({ page }) => {
  const batches = counting(60);
  const session = { streams: [batches], segments: [heavy(batches)] };
  replay = await ReplayPage.open(page, session, { speed: 4 });
  await expect.poll(() => asked("segments")).toContain("segments/0/1");
  await replay.seek(10_500);
  await expect.poll(() => asked("segments")).toContain("segments/0/11");
  // What is asked for too much is asked for soon.
  await page.waitForTimeout(300);
  expect(asked("segments")).toHaveLength(12);
  await replay.tell({ type: "play" });
  await expect.poll(async () => (await replay.state()).at_ms).toBeGreaterThan(15_000);
  const second = Math.floor((await replay.state()).at_ms / 1000);
  expect(asked("segments").length).toBeLessThan(second + 5);
});

test("what was left behind is let go of, and the picture stays as it is", async ({ page }) => {
  const batches = picturesOf(20);
  const document = batches[0]?.find(({ type }) => type === 2)?.data?.node as RecordedNode;
  batches[0]?.push(
    event(600, 3, { source: 1, positions: [{ x: 120, y: 80, id: document.id, timeOffset: 0 }] }),
  );
  const session = { streams: [batches], segments: [heavy(batches)] };
  replay = await ReplayPage.open(page, session, { autoplay: true, speed: 4 });
  await expect.poll(async () => (await replay.state()).at_ms, { timeout: 10_000 }).toBeGreaterThan(12_000);
  await replay.tell({ type: "pause" });
  const { at_ms } = await replay.state();
  await expect(count()).toHaveText(String(Math.floor(at_ms / 500) * 500));
  const stage = page.frameLocator("iframe");
  await expect(stage.locator(".screen")).toHaveCount(1);
  await expect(stage.locator(".replayer-mouse")).toHaveCSS("left", "120px");
  await expectSteadyHead();
  replay.host.asked.length = 0;
  await replay.seek(at_ms - 1000);
  expect(asked("segments/0/0")).toEqual([]);
  await replay.seek(0);
  await expect(count()).toHaveText("0");
  expect(asked("segments/0/0")).toEqual(["segments/0/0"]);
  await replay.tell({ type: "play" });
  await replay.finish();
  await expect(count()).toHaveText("19500");
  expect(await replay.notices()).toEqual([]);
});

test("a session that is finished while it is watched plays on from its segments", async ({ page }) => {
  const batches = counting(40);
  replay = await ReplayPage.open(page, { status: "active", streams: [batches] }, { autoplay: true });
  const { session } = replay.host;
  await expect.poll(async () => (await replay.state()).at_ms).toBeGreaterThan(500);
  session.segments = [segmentsOf(batches, 60)];
  await expect.poll(() => asked("segments"), { timeout: 10_000 }).not.toEqual([]);
  const { at_ms } = await replay.state();
  await expect.poll(async () => (await replay.state()).at_ms).toBeGreaterThan(at_ms + 1000);
  const states = await replay.said("state");
  expect(
    states.slice(states.findIndex(({ buffering }) => !buffering)).some(({ buffering }) => buffering),
  ).toBe(false);
  await expectSteadyHead();
  await expect(page.frameLocator("iframe").locator(".screen")).toHaveCount(1);
  session.status = "completed";
  await replay.tell({ type: "seek", at_ms: 38_000 });
  await replay.finish();
  await expect(count()).toHaveText("39900");
  expect(await replay.notices()).toEqual([]);
});

test("a picture that is looked at stays when its session is finished", async ({ page }) => {
  const batches = counting(40);
  replay = await ReplayPage.open(page, { status: "active", streams: [batches] }, { at_ms: 5000 });
  await expect(count()).toHaveText("5000");
  await count().evaluate((built) => built.setAttribute("data-seen", ""));
  replay.host.session.segments = [segmentsOf(batches, 60)];
  await expect(count()).not.toHaveAttribute("data-seen", { timeout: 10_000 });
  await expect(count()).toHaveText("5000");
  expect(await replay.state()).toMatchObject({ at_ms: 5000, playing: false, buffering: false });
  await replay.tell({ type: "speed", speed: 16 });
  await replay.tell({ type: "play" });
  await expect.poll(async () => (await replay.state()).at_ms).toBeGreaterThan(30_000);
  expect(await replay.notices()).toEqual([]);
});

test("a session that is finished after it was completed plays on from its segments", async ({ page }) => {
  const batches = counting(40);
  replay = await ReplayPage.open(page, { streams: [batches] }, { autoplay: true });
  await expect.poll(async () => (await replay.state()).at_ms).toBeGreaterThan(500);
  expect(asked("0/").length).toBeLessThan(30);
  replay.host.session.segments = [segmentsOf(batches, 60)];
  await expect.poll(() => asked("segments"), { timeout: 10_000 }).not.toEqual([]);
  await expect.poll(async () => (await replay.state()).at_ms).toBeGreaterThan(3000);
  await expectSteadyHead();
  expect((await replay.said("loaded")).length).toBeGreaterThan(1);
  await replay.tell({ type: "seek", at_ms: 38_000 });
  await replay.finish();
  await expect(count()).toHaveText("39900");
  expect(await replay.notices()).toEqual([]);
});

test("a seek to what is stored elsewhere by now shows that place", async ({ page }) => {
  const batches = counting(60);
  replay = await ReplayPage.open(page, { streams: [batches] });
  await expect(count()).toHaveText("0");
  replay.host.session.segments = [segmentsOf(batches, 100)];
  await replay.seek(55_500);
  await expect(count()).toHaveText("55500");
  await replay.seek(1500);
  await expect(count()).toHaveText("1500");
  expect(await replay.notices()).toEqual([]);
  await expect(page.frameLocator("iframe").locator(".screen")).toHaveCount(1);
});

test("opening a page whose parts are stored elsewhere by now goes on there", async ({ page }) => {
  const streams = [counting(2), counting(2)];
  replay = await ReplayPage.open(page, { streams, pause_ms: 30_000 });
  await expect(count()).toHaveText("0");
  replay.host.session.segments = streams.map((batches) => segmentsOf(batches, 5));
  await replay.seek(33_000);
  await expect(count()).toHaveText("1100");
  expect(await replay.notices()).toEqual([]);
});

test("for a part that is gone the manifest is asked for once", async ({ page }) => {
  const batches = counting(30);
  replay = await ReplayPage.bare(page, { streams: [batches], segments: [segmentsOf(batches, 50)] });
  replay.host.failing.set("segments/0/2", 404);
  await replay.load();
  for (const at_ms of [20_000, 0, 20_000]) await replay.seek(at_ms);
  await expect(count()).toHaveText("20000");
  expect(await replay.notices()).toEqual(["gap"]);
  expect(asked("manifest")).toHaveLength(2);
});
