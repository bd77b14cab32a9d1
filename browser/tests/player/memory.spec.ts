import { type CDPSession, expect, type Page, test } from "@playwright/test";
import { element, event, newText, page, type RecordedEvent, snapshot, text } from "../support/recorded";
import type { HostedSegment } from "../support/stage-host";
import { ReplayPage } from "./replay-page";

let replay: ReplayPage;

test.afterEach(() => replay.stop());

/** How long a segment plays, and how much is in it. */
const SEGMENT_MS = 4000;
const ROWS = 300;
const CHANGES = 4000;
const WORDS = "what somebody read on a page that goes on and on ".repeat(10);

/** A long recording's segment: a picture of the page, and thousands of changes to it. */
function segment(number: number): RecordedEvent[] {
  const from = number * SEGMENT_MS;
  const rows = Array.from({ length: ROWS }, () => text(WORDS));
  const heading = element("p", { id: "number" }, String(number));
  const table = element("ul", {}, ...rows.map((row) => element("li", {}, row)));
  const changes = Array.from({ length: CHANGES }, (_, index) => {
    const at = from + 1 + Math.floor((index / CHANGES) * (SEGMENT_MS - 2));
    return newText(at, rows[index % ROWS] ?? text(""), `${index} ${number} ${WORDS}`);
  });
  return [...snapshot(from, page([heading, table])), ...changes];
}

function longRecording(count: number): HostedSegment[] {
  const json_bytes = JSON.stringify(segment(0)).length;
  return Array.from({ length: count }, (_, seq) => ({
    seq,
    index: 0,
    content: () => segment(seq),
    starts_ms: seq * SEGMENT_MS,
    ends_ms: (seq + 1) * SEGMENT_MS - 1,
    interactions: 1,
    active: [[seq * SEGMENT_MS, (seq + 1) * SEGMENT_MS - 1, 1] as [number, number, number]],
    snapshot: true,
    json_bytes,
  }));
}

async function heapAt(browser: Page, cdp: CDPSession, number: number): Promise<number> {
  const isThere = async () => (await replay.state()).at_ms > number * SEGMENT_MS;
  await expect.poll(isThere, { timeout: 120_000, intervals: [100] }).toBe(true);
  await browser.evaluate("said.length = 0");
  await cdp.send("HeapProfiler.collectGarbage");
  return (await cdp.send("Runtime.getHeapUsage")).usedSize;
}

test("what is held does not grow with the length of the recording", async ({ page: browser }) => {
  test.setTimeout(240_000);
  const segments = longRecording(66);
  const total = segments.reduce((sum, { json_bytes = 0 }) => sum + json_bytes, 0);
  expect(total).toBeGreaterThan(130e6);
  const ends = [event(0, 5, { tag: "start" }), event(66 * SEGMENT_MS, 5, { tag: "end" })];
  replay = await ReplayPage.open(
    browser,
    { streams: [[ends]], segments: [segments] },
    { autoplay: true, speed: 8 },
  );
  const cdp = await browser.context().newCDPSession(browser);
  const early = await heapAt(browser, cdp, 10);
  const late = await heapAt(browser, cdp, 60);
  // Between the two, what is held behind the head has been let go of several times.
  expect(late - early).toBeLessThan(total / 8);
  await expect(browser.frameLocator("iframe").locator(".screen")).toHaveCount(1);
  await expect(replay.recorded.locator("#number")).toHaveText(/^6\d$/);
  expect(await replay.notices()).toEqual([]);
});
