import { expect, test } from "@playwright/test";
import { element, mutation, newText, page, type RecordedNode, snapshot, text } from "../support/recorded";
import type { HostedSegment } from "../support/stage-host";
import { startCanary } from "./canary";
import { ReplayPage } from "./replay-page";

let replay: ReplayPage;

test.afterEach(() => replay.stop());

const words = () => replay.recorded.locator("#words");
const asked = () => replay.host.asked.filter((url) => url.startsWith("styles/"));

const hashOf = (digit: string) => digit.repeat(32);
const reference = (digit: string) => `hindsight-style:${hashOf(digit)}`;
const GREEN = "rgb(0, 128, 0)";
const PLAIN = "rgb(0, 0, 0)";

/** A page with words and these elements in its head. */
function styled(head: RecordedNode[]): RecordedNode {
  return page([element("p", { id: "words" }, "words")], head);
}

function sheet(cssText: string): RecordedNode {
  return element("link", { rel: "stylesheet", href: "https://shop.example/a.css", _cssText: cssText });
}

/** Opens a recording that is one segment. */
async function open(
  browser: Parameters<typeof ReplayPage.bare>[0],
  content: HostedSegment["content"],
  styles: Record<string, unknown>,
  named = Object.keys(styles),
): Promise<void> {
  const events = typeof content === "function" ? content() : content;
  const segments = [[{ seq: 0, index: 0, content, styles: named }]];
  replay = await ReplayPage.open(browser, { streams: [[events]], segments, styles });
  await expect(words()).toHaveText("words");
}

test("a stylesheet that was taken out of a picture is put back", async ({ page: browser }) => {
  const styles = { [hashOf("a")]: "p { color: green }", [hashOf("b")]: "p { font-weight: 900 }" };
  const inline = element("style", { _cssText: reference("b") }, text(""));
  await open(browser, snapshot(0, styled([sheet(reference("a")), inline])), styles);
  await expect(words()).toHaveCSS("color", GREEN);
  await expect(words()).toHaveCSS("font-weight", "900");
  expect(await replay.notices()).toEqual([]);
});

test("stylesheets that mutations bring are put back", async ({ page: browser }) => {
  const later = element("link", { rel: "stylesheet", href: "https://shop.example/late.css" });
  const holder = element("div");
  const events = [
    ...snapshot(0, page([element("p", { id: "words" }, "words"), holder], [later])),
    mutation(300, { adds: [{ parentId: holder.id, nextId: null, node: sheet(reference("a")) }] }),
    mutation(600, { attributes: [{ id: later.id, attributes: { _cssText: reference("b") } }] }),
  ];
  const styles = { [hashOf("a")]: "p { font-weight: 900 }", [hashOf("b")]: "p { color: green }" };
  await open(browser, events, styles);
  await expect(words()).toHaveCSS("color", PLAIN);
  await replay.tell({ type: "play" });
  await replay.finish();
  await expect(words()).toHaveCSS("color", GREEN);
  await expect(words()).toHaveCSS("font-weight", "900");
});

test("a stylesheet is asked for once, however many parts refer to it", async ({ page: browser }) => {
  const picture = (at: number) => snapshot(at, styled([sheet(reference("a"))]));
  const batches = [0, 1000, 2000, 3000].map((at) => [...picture(at), newText(at + 900, text(""), "")]);
  const segments = batches.map((content, seq) => ({ seq, index: 0, content, styles: [hashOf("a")] }));
  const styles = { [hashOf("a")]: "p { color: green }" };
  replay = await ReplayPage.open(browser, { streams: [batches], segments: [segments], styles });
  for (const at_ms of [3500, 0, 2500, 1500]) {
    await replay.seek(at_ms);
    await expect(words()).toHaveCSS("color", GREEN);
  }
  expect(asked()).toEqual([`styles/${hashOf("a")}`]);
});

test("only the stylesheets that the manifest names are asked for", async ({ page: browser }) => {
  const styles = { [hashOf("a")]: "p { color: green }", [hashOf("b")]: "p { color: red }" };
  const head = [sheet(reference("a")), sheet(reference("b")), sheet("hindsight-style:../manifest.json")];
  await open(browser, snapshot(0, styled(head)), styles, [hashOf("a"), "../manifest.json", hashOf("A")]);
  await expect(words()).toHaveCSS("color", GREEN);
  expect(asked()).toEqual([`styles/${hashOf("a")}`]);
  expect(replay.host.asked.filter((url) => url === "manifest")).toHaveLength(1);
});

test("a stylesheet in a batch stands for itself", async ({ page: browser }) => {
  replay = await ReplayPage.open(browser, {
    streams: [[snapshot(0, styled([sheet(reference("a"))]))]],
    styles: { [hashOf("a")]: "p { color: red }" },
  });
  await expect(words()).toHaveCSS("color", PLAIN);
  expect(asked()).toEqual([]);
});

test("a stylesheet that is no longer there is said once, and the page is played without it", async ({
  page: browser,
}) => {
  const picture = (at: number) => snapshot(at, styled([sheet(reference("a")), sheet(reference("b"))]));
  const styles = { [hashOf("b")]: ["not", "a", "stylesheet"] };
  const named = [hashOf("a"), hashOf("b")];
  await open(browser, [...picture(0), ...picture(500), ...picture(1000)], styles, named);
  await expect(words()).toHaveCSS("color", PLAIN);
  await replay.tell({ type: "play" });
  await replay.finish();
  const notices = await replay.said("notice");
  expect(notices.map(({ kind, text }) => [kind, text])).toEqual([
    ["gap", "A stylesheet of this page is no longer there."],
  ]);
});

test("a stylesheet that was put back fetches nothing", async ({ page: browser }) => {
  const canary = await startCanary();
  const css = `@import url(${canary.url}/a); p { color: green; background: url(${canary.url}/b) }`;
  await open(browser, snapshot(0, styled([sheet(reference("a"))])), { [hashOf("a")]: css });
  await expect(words()).toHaveCSS("color", GREEN);
  // What is fetched is fetched soon after the page is built.
  await browser.waitForTimeout(300);
  expect(canary.asked).toEqual([]);
  await canary.stop();
});
