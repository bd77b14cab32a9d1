import { expect, test } from "@playwright/test";
import {
  element,
  event,
  mutation,
  newText,
  page,
  type RecordedEvent,
  type RecordedNode,
  snapshot,
  text,
} from "../support/recorded";
import { ReplayPage } from "./replay-page";

let replay: ReplayPage;

test.afterEach(() => replay.stop());

const words = () => replay.recorded.locator("#words");

/** A page with words that change. */
function changing(): { first: RecordedEvent[]; change: (at: number, words: string) => RecordedEvent } {
  const content = text("at first");
  const first = snapshot(0, page([element("p", { id: "words" }, content)]));
  return { first, change: (at, value) => newText(at, content, value) };
}

function pictureOf(at: number, value: string): RecordedEvent[] {
  return snapshot(at, page([element("p", { id: "words" }, value)]));
}

test("events that rrweb cannot play are left out and counted", async ({ page: browser }) => {
  const { first, change } = changing();
  const bad: RecordedEvent[] = [
    event(100, 3, null),
    event(110, 2, null),
    event(120, 4, { href: "x", width: "wide", height: 1 }),
    event(130, 3, { source: 0, adds: null, removes: [], texts: [], attributes: [] }),
    event(140, 3, { source: 1, positions: [] }),
    event(150, 3, { source: 2, type: 99, id: 1 }),
    event(160, 3, { source: 5, id: 1 }),
    event(170, 3, { source: 15, id: 1, styleIds: null }),
    { ...event(180, 3, {}), timestamp: "soon" as unknown as number },
  ];
  const unknown = [
    event(190, 7, {}),
    event(191, 42, {}),
    event(192, 3, { source: 77 }),
    event(193, 6, { plugin: "x" }),
  ];
  replay = await ReplayPage.open(browser, {
    streams: [[[...first, ...bad, ...unknown, change(500, "at last")]]],
  });
  await replay.seek(500);
  await expect(words()).toHaveText("at last");
  const notices = await replay.said("notice");
  expect(notices.map(({ kind, text }) => [kind, text])).toEqual([
    ["bad-event", "9 events could not be played and were left out."],
  ]);
});

test("a picture that makes rrweb throw is left out, and the next one is shown", async ({ page: browser }) => {
  const second = text("second");
  const throwing = page([element("p", { id: "words" }, "never")]);
  const withoutShadow = { ...element("input"), isShadowHost: true };
  (throwing.childNodes as RecordedNode[]).push(withoutShadow);
  const recorded = [
    ...snapshot(0, throwing),
    ...snapshot(1000, page([element("p", { id: "words" }, second)])),
    newText(2000, second, "third"),
  ];
  replay = await ReplayPage.open(browser, { streams: [[recorded]] });
  await expect(words()).toHaveText("second");
  await replay.tell({ type: "play" });
  await replay.finish();
  await expect(words()).toHaveText("third");
  expect(await replay.notices()).toEqual(["bad-event"]);
});

test("a picture that makes rrweb throw while it plays is left out", async ({ page: browser }) => {
  const { first, change } = changing();
  const throwing = page(["never"]);
  (throwing.childNodes as RecordedNode[]).push({ ...element("input"), isShadowHost: true });
  const recorded = [...first, ...snapshot(500, throwing), change(1000, "at last")];
  replay = await ReplayPage.open(browser, { streams: [[recorded]] }, { autoplay: true });
  await replay.finish();
  await expect(words()).toHaveText("at last");
  expect(await replay.notices()).toEqual(["bad-event"]);
});

test("broken nodes do not keep the rest of the page from being shown", async ({ page: browser }) => {
  const broken = [
    null,
    7,
    { id: 9001, type: 2, tagName: "<b>", childNodes: null },
    { id: 9002, type: 2, tagName: "p", attributes: "none", childNodes: [{}] },
    { id: 9003, type: 3 },
    { id: 9004, type: 4, textContent: "" },
    { id: 9005, type: 2, tagName: "div", isCustom: true, attributes: { a: { toString: 1 } }, childNodes: [] },
    { id: 9006, type: 77 },
  ] as RecordedNode[];
  const body = element("body", {}, element("p", { id: "words" }, "whole"));
  (body.childNodes as unknown[]).unshift(...broken);
  const document = { id: 9000, type: 0, childNodes: [element("html", {}, element("head"), body)] };
  replay = await ReplayPage.open(browser, {
    streams: [[[...snapshot(0, document), event(100, 5, { tag: "x" })]]],
  });
  await expect(words()).toHaveText("whole");
  expect(await replay.notices()).toEqual([]);
});

test("a page deeper than any honest one is shown as far as it goes", async ({ page: browser }) => {
  let deep = element("i", {}, "bottom");
  for (let depth = 0; depth < 1500; depth += 1) deep = { ...element("div"), childNodes: [deep] };
  const first = snapshot(0, page([element("p", { id: "words" }, "top"), deep]));
  replay = await ReplayPage.open(browser, { streams: [[first]] });
  await expect(words()).toHaveText("top");
  expect(await replay.notices()).toEqual([]);
});

test("what never arrived is said where it is missing, once", async ({ page: browser }) => {
  const { first, change } = changing();
  const parts = [first, [change(1000, "second")], undefined, [change(3000, "third")]];
  replay = await ReplayPage.open(browser, { streams: [parts] });
  for (const at_ms of [3000, 0, 3000]) await replay.seek(at_ms);
  await expect(words()).toHaveText("third");
  const notices = await replay.said("notice");
  expect(notices.map(({ kind, at_ms }) => [kind, at_ms])).toEqual([["gap", 3000]]);
});

test("a part that the server has lost is a gap", async ({ page: browser }) => {
  const { first, change } = changing();
  replay = await ReplayPage.bare(browser, {
    streams: [[first, [change(1000, "lost")], [change(2000, "there")]]],
  });
  replay.host.failing.set("0/1", 404);
  await replay.load();
  await replay.seek(2000);
  await expect(words()).toHaveText("there");
  expect(await replay.notices()).toEqual(["gap"]);
});

test("a stream that starts without a picture plays from its first one", async ({ page: browser }) => {
  const lost = text("");
  const parts = [undefined, [newText(0, lost, "of a page never seen")], pictureOf(4000, "seen")];
  replay = await ReplayPage.open(browser, { streams: [parts] });
  await expect(words()).toHaveText("seen");
  expect((await replay.state()).at_ms).toBe(4000);
  expect(await replay.notices()).toEqual(["no-snapshot"]);
  await replay.tell({ type: "seek", at_ms: 1000 });
  await expect.poll(async () => (await replay.state()).at_ms).toBe(4000);
});

test("what comes before the first picture without a change does not delay it", async ({ page: browser }) => {
  const parts = [[event(0, 0, {}), event(1500, 1, {}), ...pictureOf(1600, "shown"), event(3000, 1, {})]];
  replay = await ReplayPage.open(browser, { streams: [parts] });
  await expect(words()).toHaveText("shown");
  expect((await replay.state()).at_ms).toBe(0);
  expect(await replay.notices()).toEqual([]);
});

test("a stream without any picture is passed over", async ({ page: browser }) => {
  const lost = text("");
  const streams = [[[newText(0, lost, "a"), newText(2000, lost, "b")]], [pictureOf(5000, "shown")]];
  replay = await ReplayPage.open(browser, { streams }, { autoplay: true });
  await expect(words()).toHaveText("shown");
  expect(await replay.notices()).toEqual(["no-snapshot"]);
  await replay.finish();
});

test("a recording without any picture says so on the stage", async ({ page: browser }) => {
  replay = await ReplayPage.open(
    browser,
    { streams: [[[newText(0, text(""), "lost")]]] },
    { autoplay: true },
  );
  await expect(
    browser.frameLocator("iframe").getByText("Nothing of this session can be shown"),
  ).toBeVisible();
  expect(await replay.notices()).toContain("unplayable");
  expect(await replay.state()).toMatchObject({ playing: false, buffering: false });
});

test("a picture that turns out to be bad leaves words, not a blank stage", async ({ page: browser }) => {
  replay = await ReplayPage.open(browser, { streams: [[[event(0, 4, { href: "" }), event(1, 2, null)]]] });
  await expect(browser.frameLocator("iframe").locator(".words")).toBeVisible();
  expect((await replay.notices()).at(-1)).toBe("unplayable");
});

test("a session that does not exist says so on the stage", async ({ page: browser }) => {
  replay = await ReplayPage.bare(browser, { streams: [] });
  replay.host.failing.set("manifest", 404);
  await replay.load();
  await expect(browser.frameLocator("iframe").getByText("no longer exists")).toBeVisible();
  expect(await replay.notices()).toEqual(["unplayable"]);
});

test("a server that does not answer is asked again", async ({ page: browser }) => {
  replay = await ReplayPage.bare(browser, { streams: [[pictureOf(0, "shown")]] });
  replay.host.failing.set("manifest", 503);
  await replay.load();
  await expect.poll(() => replay.notices()).toEqual(["unreachable"]);
  replay.host.failing.clear();
  await expect(words()).toHaveText("shown");
});

test("a size without its picture has no effect", async ({ page: browser }) => {
  const { first, change } = changing();
  const alone = event(500, 4, { href: "https://shop.example/next", width: 300, height: 300 });
  replay = await ReplayPage.open(browser, { streams: [[[...first, alone, change(1000, "at last")]]] });
  await replay.seek(700);
  await expect(words()).toHaveText("at first");
  await replay.seek(1000);
  await expect(words()).toHaveText("at last");
  await replay.seek(600);
  await expect(words()).toHaveText("at first");
});

test("a clock that runs backwards does not change the order of events", async ({ page: browser }) => {
  const list = element("ol", { id: "words" });
  const item = (at: number, value: string, nextId: number | null = null) => {
    const node = element("li", {}, value);
    const [child] = node.childNodes as RecordedNode[];
    const adds = [
      { parentId: list.id, nextId, node: { ...node, childNodes: [] } },
      { parentId: node.id, nextId: null, node: child },
    ];
    return { id: node.id, event: mutation(at, { adds }) };
  };
  const one = item(1000, "one");
  const two = item(400, "two");
  const three = mutation(500, { removes: [{ parentId: list.id, id: one.id }] });
  const parts = [[...snapshot(0, page([list])), one.event], [two.event, three], [item(2000, "four").event]];
  replay = await ReplayPage.open(browser, { streams: [parts] });
  await replay.seek(1500);
  await expect(words().locator("li")).toHaveText(["two"]);
  await replay.seek(2000);
  await expect(words().locator("li")).toHaveText(["two", "four"]);
});

test("one event from the far future does not take the recording with it", async ({ page: browser }) => {
  const { first, change } = changing();
  const far = { ...change(0, "far"), timestamp: Number.MAX_SAFE_INTEGER };
  replay = await ReplayPage.open(browser, { streams: [[first, [change(900, "near")], [far]]] });
  await replay.seek(950);
  await expect(words()).toHaveText("near");
});
