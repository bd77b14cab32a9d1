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
import type { HostedSession } from "../support/stage-host";
import { type Canary, startCanary } from "./canary";
import { ReplayPage } from "./replay-page";
import { addresses, clobbering, SCRIPT, scripts, styles } from "./vectors";

let canary: Canary;
let replay: ReplayPage;

test.beforeEach(async () => {
  canary = await startCanary();
});

test.afterEach(async () => {
  await replay.stop();
  await canary.stop();
});

/** Addresses of the attacker's server, and of ours: that would answer with what the viewer may see. */
const remote = (name: string) => `${canary.url}/${name}`;
const own = (name: string) => `/own/${name}`;
const buildable = () => [
  ...scripts(),
  ...[remote, own].flatMap((address) => [...addresses(address), ...styles(address)]),
];
const vectors = () => [...buildable(), ...clobbering()];
const visible = () => element("p", { id: "words" }, "the recorded page");

/** Everything there is, but for one layer or two. */
type Layers = Pick<HostedSession, "policy" | "sanitised" | "sandbox">;

/** What the stage itself asks for. */
const ASKED = /^(?:\/|\/stage|\/stage\.js|\/manifest\.json|\/parts\/\d+\/\d+)$/;

/** Plays it through, and back and forth, and answers what got out. */
async function play(browser: Page, events: RecordedEvent[], layers: Layers = {}): Promise<string[]> {
  const out: string[] = [];
  browser.context().on("page", () => out.push("opened a window"));
  browser.on("dialog", (dialog) => void dialog.dismiss().then(() => out.push("opened a dialog")));
  const end = event(1000, 5, { tag: "end", payload: null });
  replay = await ReplayPage.bare(browser, { streams: [[[...events, end]]], ...layers });
  const note = (address: string) => {
    const { origin, pathname, protocol } = new URL(address);
    const isOurs =
      origin === replay.host.url ? ASKED.test(pathname) : /^(?:data|blob|about):$/.test(protocol);
    if (!isOurs) out.push(`asked for ${address.slice(0, 100)}`);
  };
  // What the policy stops is a request as well, which nobody hears of.
  if (layers.sanitised === false) browser.on("response", (response) => note(response.url()));
  else browser.on("request", (request) => note(request.url()));
  await replay.load({ autoplay: true, speed: 2 });
  browser.on("framenavigated", (frame) => {
    // What is refused ends on a page of the browser's own, in the frame that it was meant for.
    const isInside = frame.parentFrame()?.parentFrame() && /^(?:about|chrome-error):/.test(frame.url());
    if (!isInside) out.push(`went to ${frame.url().slice(0, 100)}`);
  });
  await replay.finish();
  for (const at_ms of [0, 900, 100, 1000]) await replay.seek(at_ms);
  await expect(replay.recorded.locator("#words")).toHaveText("the recorded page");
  await pressEverywhere(browser);
  // What is fetched is fetched soon after the page is built.
  await browser.waitForTimeout(300);
  for (const frame of browser.frames()) {
    // A frame that is still on its way somewhere runs nothing, and answers nothing.
    const late = new Promise<string>((resolve) => setTimeout(resolve, 1000, ""));
    const asked = frame.evaluate("window.__pwned || document.title === 'pwned'").catch(() => false);
    if (await Promise.race([asked, late])) out.push(`ran a script in ${frame.url()}`);
  }
  return [...out, ...canary.asked.map((path) => `the canary was asked for ${path}`)];
}

/** Clicks all over the recorded page, and presses keys that would open what has the focus. */
async function pressEverywhere(browser: Page): Promise<void> {
  const { width, height } = browser.viewportSize() ?? { width: 800, height: 600 };
  for (let place = 0; place < 36; place += 1) {
    await browser.mouse.click(
      ((place % 6) + 0.5) * (width / 6),
      (Math.floor(place / 6) + 0.5) * (height / 6),
    );
  }
  for (const key of ["Tab", "Enter", "Tab", "Space"]) await browser.keyboard.press(key);
}

async function expectHarmless(browser: Page, events: RecordedEvent[], layers: Layers = {}): Promise<void> {
  expect(await play(browser, events, layers)).toEqual([]);
  await expect(replay.recorded.locator("#words")).toBeVisible();
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
  const count = vectors().length + addresses(remote).length;
  console.log(`${count} hostile nodes in a picture, and ${attributeVectors().length} that mutations change`);
  expect(count).toBeGreaterThan(200);
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

/** A recording with all that hostile nodes and mutations can do. */
function everything(nodes = vectors): RecordedEvent[] {
  const root = element("div");
  const changed = attributeVectors();
  const attributes = changed.map(([{ id }, values]) => ({ id, attributes: values }));
  const added = nodes().filter(({ tagName }) => tagName !== "html" && tagName !== "body");
  return [
    ...snapshot(0, page([visible(), root, ...nodes()], addresses(remote))),
    adding(300, root, [...added, ...changed.map(([node]) => node)]),
    mutation(400, { attributes }),
  ];
}

/**
 * What no policy stops in Chromium, so that it is only for the sanitiser: hints
 * to connect, and to fetch something of the own site ahead of time.
 */
const HINTS = /\/own\/link-prefetch$|was asked for a connection$/i;

const LAYERS: [what: string, layers: Layers][] = [
  ["without the policy of the stage", { policy: false }],
  ["without the sandbox of the frame", { sandbox: false }],
  ["unsanitised", { sanitised: false }],
  ["with the policy alone", { sandbox: false, sanitised: false }],
  ["sanitised and nothing else", { policy: false, sandbox: false }],
];

for (const [what, layers] of LAYERS) {
  test(`${what}, still nothing runs and nothing is fetched`, async ({ page: browser }) => {
    // rrweb cannot build everything that is not sanitised.
    const events = everything(layers.sanitised === false ? buildable : vectors);
    const out = await play(browser, events, layers);
    expect(layers.sanitised === false ? out.filter((what) => !HINTS.test(what)) : out).toEqual([]);
  });
}

test("with the sandbox alone no script runs, and the canary hears what is fetched", async ({
  page: browser,
}) => {
  const events = snapshot(0, page([visible(), ...scripts(), ...styles(remote), ...addresses(remote)]));
  const out = await play(browser, events, { policy: false, sanitised: false });
  expect(out.filter((what) => what.startsWith("ran a script"))).toEqual([]);
  for (const name of ["style", "escaped", "set", "variable", "joined", "joined3", "joined6", "img"]) {
    expect(canary.asked, "the vector works").toContain(`/${name}`);
  }
});

test("an image that is not there leaves its place", async ({ page: browser }) => {
  const image = element("img", { id: "missing", src: remote("photo.jpg"), width: "120", height: "80" });
  await expectHarmless(browser, snapshot(0, page([visible(), image])));
  const box = await replay.recorded
    .locator("#missing")
    .evaluate((img: HTMLImageElement) => [img.naturalWidth, img.naturalHeight]);
  expect(box).toEqual([120, 80]);
});
