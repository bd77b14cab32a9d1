import { expect, type Page, test } from "@playwright/test";
import {
  element,
  event,
  mutation,
  page,
  type RecordedEvent,
  type RecordedNode,
  snapshot,
} from "../support/recorded";
import { type Canary, startCanary } from "./canary";
import { ReplayPage } from "./replay-page";
import { addresses, SCRIPT, scripts, styles } from "./vectors";

let canary: Canary;
let replay: ReplayPage;

test.beforeEach(async () => {
  canary = await startCanary();
});

test.afterEach(async () => {
  await replay.stop();
  await canary.stop();
});

const remote = (name: string) => `${canary.url}/${name}`;
const vectors = () => [...scripts(), ...addresses(remote), ...styles(remote)];
const visible = () => element("p", { id: "words" }, "the recorded page");

/** Plays it through, and back and forth, and expects that nothing got out. */
async function expectHarmless(browser: Page, events: RecordedEvent[], policy = true): Promise<void> {
  const end = event(1000, 5, { tag: "end", payload: null });
  const load = { autoplay: true, speed: 2 };
  replay = await ReplayPage.open(browser, { streams: [[[...events, end]]], policy }, load);
  await replay.finish();
  for (const at_ms of [0, 900, 100, 1000]) await replay.seek(at_ms);
  await expect(replay.recorded.locator("#words")).toHaveText("the recorded page");
  await expect(replay.recorded.locator("#words")).toBeVisible();
  // What is fetched is fetched soon after the page is built.
  await browser.waitForTimeout(300);
  expect(canary.asked).toEqual([]);
  for (const frame of browser.frames()) {
    expect(await frame.evaluate("window.__pwned"), frame.url()).toBeUndefined();
    expect(await frame.title()).not.toBe("pwned");
  }
  expect(await replay.notices()).toEqual([]);
}

/** Adds nodes with all their children to the body, as rrweb records it: each on its own, parents first. */
function adding(at: number, parent: RecordedNode, nodes: RecordedNode[]): RecordedEvent {
  const adds: object[] = [];
  const add = (parentId: number, node: RecordedNode) => {
    adds.push({ parentId, nextId: null, node: { ...node, childNodes: [] } });
    for (const child of (node.childNodes ?? []) as RecordedNode[]) add(node.id, child);
  };
  for (const node of nodes) add(parent.id, node);
  return mutation(at, { adds });
}

test("a picture with every vector runs nothing and asks for nothing", async ({ page: browser }) => {
  expect(vectors().length).toBeGreaterThan(80);
  await expectHarmless(browser, snapshot(0, page([visible(), ...vectors()], addresses(remote))));
});

test("mutations that add every vector run nothing and ask for nothing", async ({ page: browser }) => {
  const root = element("div");
  const first = snapshot(0, page([visible(), root]));
  const added = vectors().filter(({ tagName }) => tagName !== "html" && tagName !== "body");
  await expectHarmless(browser, [...first, adding(300, root, added)]);
});

/** Elements that mutations make hostile, one attribute at a time. */
function attributeVectors(): [node: RecordedNode, attributes: Record<string, unknown>][] {
  const of = (tag: string, attributes: Record<string, unknown>): [RecordedNode, Record<string, unknown>] => [
    element(tag),
    attributes,
  ];
  return [
    of("p", { onclick: SCRIPT, onpointerenter: SCRIPT, ontransitionend: SCRIPT }),
    of("img", { onerror: SCRIPT, src: remote("img") }),
    of("img", { srcset: remote("srcset") }),
    of("img", { src: "data:,", ONERROR: SCRIPT }),
    of("iframe", { src: `javascript:${SCRIPT}` }),
    of("iframe", { src: remote("iframe") }),
    of("iframe", { srcdoc: `<script>${SCRIPT}</script>` }),
    of("iframe", { sandbox: "allow-scripts", src: `data:text/html,<script>${SCRIPT}</script>` }),
    of("object", { data: remote("object") }),
    of("embed", { src: remote("embed") }),
    of("link", { rel: "stylesheet", href: remote("stylesheet") }),
    of("link", { rel: "prefetch", href: remote("prefetch") }),
    of("link", { rel: "preconnect", href: remote("preconnect") }),
    of("meta", { "http-equiv": "refresh", content: `0;url=${remote("refresh")}` }),
    of("meta", { name: "referrer", content: "unsafe-url" }),
    of("base", { href: remote("base/") }),
    of("video", { poster: remote("poster"), src: remote("video") }),
    of("audio", { src: remote("audio"), autoplay: "" }),
    of("a", { href: `java\r\nscript:${SCRIPT}`, ping: remote("ping") }),
    of("form", { action: remote("form") }),
    of("input", { autofocus: "", onfocus: SCRIPT, type: "image", src: remote("input") }),
    of("td", { background: remote("background") }),
  ];
}

test("mutations that change attributes run nothing and ask for nothing", async ({ page: browser }) => {
  const changed = attributeVectors();
  const first = snapshot(0, page([visible(), ...changed.map(([node]) => node)]));
  const attributes = changed.map(([{ id }, values]) => ({ id, attributes: values }));
  const styled = { id: changed[0]?.[0].id, attributes: { style: { background: `url(${remote("style")})` } } };
  await expectHarmless(browser, [...first, mutation(300, { attributes: [...attributes, styled] })]);
});

test("styles and fonts that come later ask for nothing", async ({ page: browser }) => {
  const sheet = element("style", {}, "p { color: black }");
  const document = page([visible()], [sheet]);
  const rule = `p { background: url(${remote("rule")}) }`;
  await expectHarmless(browser, [
    ...snapshot(0, document),
    event(200, 3, { source: 8, id: sheet.id, adds: [{ rule, index: 0 }] }),
    event(250, 3, {
      source: 15,
      id: document.id,
      styleIds: [1],
      styles: [{ styleId: 1, rules: [{ rule }] }],
    }),
    event(300, 3, { source: 10, family: "canary", fontSource: `url(${remote("font")})`, buffer: false }),
    event(350, 3, {
      source: 13,
      id: sheet.id,
      index: [0],
      set: { property: "cursor", value: `url(${remote("x")})` },
    }),
  ]);
});

test("without the policy of the stage, still no script runs and no address is fetched", async ({
  page: browser,
}) => {
  const root = element("div");
  const hostile = () => [...scripts(), ...addresses(remote)];
  const first = snapshot(0, page([visible(), root, ...hostile()], addresses(remote)));
  const changed = attributeVectors();
  const attributes = changed.map(([{ id }, values]) => ({ id, attributes: values }));
  const events = [
    ...first,
    adding(300, root, [...hostile(), ...changed.map(([node]) => node)]),
    mutation(400, { attributes }),
  ];
  await expectHarmless(browser, events, false);
});

test("the canary hears what is not held back", async ({ page: browser }) => {
  const first = snapshot(0, page([visible(), ...styles(remote)]));
  replay = await ReplayPage.open(browser, { streams: [[first]], policy: false });
  await expect.poll(() => canary.asked).toContain("/style");
});

test("an image that is not there leaves its place", async ({ page: browser }) => {
  const image = element("img", { id: "missing", src: remote("photo.jpg"), width: "120", height: "80" });
  await expectHarmless(browser, snapshot(0, page([visible(), image])));
  const box = await replay.recorded
    .locator("#missing")
    .evaluate((img: HTMLImageElement) => [img.naturalWidth, img.naturalHeight]);
  expect(box).toEqual([120, 80]);
});
