import { expect, flush, said, test, until, visit } from "../support/recorder";

const MINUTE = 60_000;

test("pages of one visit join one session, each with a stream of its own", async ({ page, site }) => {
  site.pages["/"] = `<a href="/next">Next</a>${site.snippet()}`;
  site.pages["/next"] = `<p>Arrived</p>${site.snippet()}`;
  await visit(page, site.url);
  await page.click("a");
  await page.waitForURL("**/next");
  await until(() => site.events().filter((event) => event.type === 2).length === 2);

  expect(new Set(site.uploads.map((upload) => upload.session)).size).toBe(1);
  expect(new Set(site.uploads.map((upload) => upload.stream)).size).toBe(2);
});

test("the click that leaves the page is recorded, and the stream is marked as ended", async ({
  page,
  site,
}) => {
  site.pages["/"] = `<a id="leave" href="/next">Leave</a>${site.snippet()}`;
  site.pages["/next"] = "<p>Not recorded</p>";
  await visit(page, site.url);
  await page.click("#leave");
  await page.waitForURL("**/next");

  await until(() => site.uploads.some((upload) => upload.end));
  const last = site.uploads.find((upload) => upload.end);
  expect(last?.gzip).toBe(false);
  expect(last?.events.some((event) => event.data.source === 2 && event.data.type === 2)).toBe(true);
  expect(site.preflights).toBe(0);
});

test("a page that is left with nothing to say still says that it ended", async ({ page, site }) => {
  site.pages["/"] = site.snippet();
  await visit(page, site.url);
  await page.goto("about:blank");
  await until(() => site.uploads.some((upload) => upload.end));
  expect(site.uploads.at(-1)?.events.map((event) => event.data.tag)).toEqual(["hindsight.end"]);
});

test("what does not fit into the last request is cut at its end", async ({ page, site }) => {
  site.pages["/"] = `<p></p>${site.snippet()}`;
  await visit(page, site.url);
  site.answer = () => new Promise(() => {});
  await page.evaluate(() => {
    const hindsight = window.hindsight as { track(name: string): void };
    for (let n = 0; n < 9; n += 1) hindsight.track(`${n} ${"x".repeat(7000)}`);
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  });
  await until(() => site.uploads.some((upload) => upload.end));
  const last = site.uploads.find((upload) => upload.end);
  expect(last?.body.length).toBeLessThanOrEqual(50 * 1024);
  expect(last?.events.map((event) => event.data.payload.name[0])).toEqual([
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
  ]);
});

test("tabs share the session", async ({ page, site, context }) => {
  site.pages["/"] = site.snippet();
  await visit(page, site.url);
  const other = await context.newPage();
  await visit(other, site.url);
  expect(new Set(site.uploads.map((upload) => upload.session)).size).toBe(1);
  expect(new Set(site.uploads.map((upload) => upload.stream)).size).toBe(2);
});

test("a page that comes back from the browser's cache goes on with a snapshot", async ({ page, site }) => {
  site.pages["/"] = `<p>Words</p>${site.snippet()}`;
  await visit(page, site.url);
  await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    (document.querySelector("p") as HTMLElement).textContent = "Changed while away";
  });
  await until(() => site.uploads.some((upload) => upload.end));
  await page.evaluate(() => void dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await flush(page);

  const snapshots = site.events().filter((event) => event.type === 2);
  expect(snapshots).toHaveLength(2);
  expect(JSON.stringify(snapshots[1])).toContain("Changed while away");
  expect(new Set(site.uploads.map((upload) => upload.stream)).size).toBe(1);
});

test("a hidden page is not recorded; what the page says is", async ({ page, site }) => {
  site.pages["/"] = `<p>Words</p>${site.snippet()}`;
  await visit(page, site.url);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
    (document.querySelector("p") as HTMLElement).textContent = "Changed unseen";
    (window.hindsight as { reply(text: string): void }).reply("The answer, meanwhile");
  });
  await flush(page);
  expect(site.said("hindsight.reply")).toHaveLength(1);
  expect(JSON.stringify(site.events())).not.toContain("Changed unseen");

  await page.evaluate(() => {
    Reflect.deleteProperty(document, "hidden");
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await flush(page);
  expect(JSON.stringify(site.events().filter((event) => event.type === 2)[1])).toContain("Changed unseen");
});

test.describe("over time", () => {
  test.beforeEach(async ({ page, site }) => {
    await page.clock.install();
    site.pages["/"] = `<p>0</p><button>Go</button>${site.snippet()}`;
  });

  /** Lets the page change by itself at a later time. */
  async function changeAfter(page: import("@playwright/test").Page, ms: number, text: string): Promise<void> {
    await page.clock.fastForward(ms);
    await page.evaluate((text) => {
      (document.querySelector("p") as HTMLElement).textContent = text;
    }, text);
  }

  test("what a page does by itself is not recorded after five idle minutes", async ({ page, site }) => {
    await visit(page, site.url);
    await changeAfter(page, 4 * MINUTE, "while somebody may watch");
    await changeAfter(page, 2 * MINUTE, "for nobody");
    await changeAfter(page, MINUTE, "for nobody, either");
    await flush(page);
    const before = JSON.stringify(site.events());
    expect(before).toContain("while somebody may watch");
    expect(before).not.toContain("for nobody");

    await page.click("button");
    await flush(page);
    const snapshots = site.events().filter((event) => event.type === 2);
    expect(JSON.stringify(snapshots[1])).toContain("for nobody, either");
    expect(site.events().some((event) => event.data.source === 2 && event.data.type === 2)).toBe(true);
    expect(new Set(site.uploads.map((upload) => upload.session)).size).toBe(1);
  });

  test("a visitor who comes back after half an hour starts a new session", async ({ page, site }) => {
    await visit(page, site.url);
    await page.clock.fastForward(31 * MINUTE);
    await page.click("button");
    await flush(page);
    const [first, second] = [...new Set(site.uploads.map((upload) => upload.session))];
    expect(first).not.toBe(second);
    const later = site.uploads.filter((upload) => upload.session === second);
    expect(later[0]?.seq).toBe(0);
    expect(later[0]?.stream).not.toBe(site.uploads[0]?.stream);
    expect(later[0]?.events.slice(0, 2).map((event) => event.type)).toEqual([4, 2]);
    expect(site.uploads.some((upload) => upload.session === first && upload.end)).toBe(true);
    expect(await said(page, (hindsight) => hindsight.sessionUrl())).toContain(second);
  });

  test("a page that changes is recorded as a whole every five minutes", async ({ page, site }) => {
    await visit(page, site.url);
    for (const text of ["1", "2", "3"]) {
      await page.mouse.move(Number(text), 5);
      await changeAfter(page, 2 * MINUTE, text);
    }
    await flush(page);
    expect(site.events().filter((event) => event.type === 2)).toHaveLength(2);
  });
});

test("a change of thousands of nodes becomes a snapshot, and a flood ends the recording", async ({
  page,
  site,
}) => {
  site.pages["/"] = `<main></main>${site.snippet()}`;
  await visit(page, site.url);
  const fill = (count: number) =>
    page.evaluate((count) => {
      const main = document.querySelector("main") as HTMLElement;
      main.replaceChildren(...Array.from({ length: count }, () => document.createElement("i")));
    }, count);
  await fill(6_000);
  await flush(page);
  expect(site.events().filter((event) => event.type === 2)).toHaveLength(2);
  expect(site.events().some((event) => event.data.source === 0 && event.data.adds.length > 5_000)).toBe(
    false,
  );

  await fill(21_000);
  await until(() => site.uploads.some((upload) => upload.end));
  expect(site.said("hindsight.stop")).toMatchObject([{ reason: "changes" }]);
  const uploads = site.uploads.length;
  await page.mouse.click(5, 5);
  await flush(page);
  expect(site.uploads).toHaveLength(uploads);
});

test("a clock that is set back does not turn the recording around", async ({ page, site }) => {
  site.pages["/"] = site.snippet();
  await visit(page, site.url);
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() - 3_600_000;
    (window.hindsight as { track(name: string): void }).track("an hour earlier");
  });
  await flush(page);
  const times = site.events().map((event) => event.timestamp);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
