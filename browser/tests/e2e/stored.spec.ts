/** Words of strangers in every field that takes words, read on every page and in every file that shows them. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, type Page, test } from "@playwright/test";
import { transform } from "esbuild";
import { sessionOf } from "../dashboard/visit";
import { type Canary, startCanary } from "../player/canary";
import { SCRIPT } from "../player/vectors";
import { click, custom, element, event, page as recordedPage, snapshot } from "../support/recorded";
import { type RunningServer, startServer } from "../support/server";

let server: RunningServer;
let canary: Canary;
let plugins: string;

/** Ways to be more than text: in HTML, in Markdown, in scripts, in tables. */
function payloads(): string[] {
  const remote = (name: string) => `${canary.url}/${name}`;
  return [
    `<script>${SCRIPT}</script>`,
    `<img src=x onerror="${SCRIPT}">`,
    `<img src="${remote("image")}">`,
    `"><svg onload="${SCRIPT}">`,
    `' autofocus onfocus='${SCRIPT}' x='`,
    `</title></textarea></script></style><iframe srcdoc="<script>${SCRIPT}</script>"></iframe>`,
    `--><style>@import "${remote("style")}"</style><link rel=stylesheet href="${remote("sheet")}">`,
    `<meta http-equiv=refresh content="0;url=${remote("refresh")}"><base href="${remote("base")}/">`,
    `[link](javascript:${SCRIPT}) [two][a]\n\n[a]: javascript:${SCRIPT}\n`,
    `![picture](${remote("picture")}) <javascript:${SCRIPT}>`,
    `[x](https://a.example/" onmouseover="${SCRIPT}") [y](data:text/html,<script>${SCRIPT}</script>)`,
    `\`);${SCRIPT};(\` '+(${SCRIPT})+' "+(${SCRIPT})+" \${${SCRIPT}} */ \u2028 ${SCRIPT}`,
    "{{ 7 * 7 }} {% include 'x' %}",
    '=HYPERLINK("https://evil.example")',
    "\u202e<b>reversed</b>\u0000",
  ];
}

const all = () => payloads().join("\n");
const short = () => `"><img src=x onerror=parent.__pwned=1>`;

/** A plugin that finds nothing but such words. */
async function writePlugin(folder: string): Promise<void> {
  const own = join(folder, "loud");
  await mkdir(own, { recursive: true });
  const name = `'''${short()}'''`;
  const about = `[plugin]\nid = "loud"\nname = ${name}\nversion = "1.0.0"\napi = "0.1"\ndescription = ${name}\n`;
  const analyzer = `[analyzer]\nevents = ["click"]\nkinds = [{ id = "seen", title = ${name}, severity = "high" }]\n`;
  await writeFile(join(own, "plugin.toml"), about + analyzer);
  const finding = { kind: "seen", at: 100, title: short(), detail: all(), selector: short() };
  const said = JSON.stringify({ findings: [finding], score: { points: 90, why: short() } });
  await writeFile(
    join(own, "plugin.js"),
    `export function analyze(session) { for (const _ of session); return ${said}; }`,
  );
}

test.beforeAll(async () => {
  canary = await startCanary();
  plugins = await mkdtemp(join(tmpdir(), "hindsight-plugins-"));
  await writePlugin(plugins);
  server = await startServer({
    HINDSIGHT_PLUGINS__FOLDER: plugins,
    HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1",
  });
});

test.afterAll(async () => {
  await server.stop();
  await canary.stop();
  await rm(plugins, { recursive: true, force: true });
});

/** A visit whose page, visitor, conversation, console and requests say it all. */
function visit() {
  const words = all();
  const attributes = { id: short(), "aria-label": words, "data-testid": short(), title: words };
  const button = element("button", attributes, words);
  const href = `https://shop.example/${encodeURI(short())}?${short()}#${short()}`;
  return [
    ...snapshot(0, recordedPage([button], [element("title", {}, words)]), href),
    click(100, button),
    event(150, 3, { source: 5, id: button.id, text: words, isChecked: false }),
    custom(200, "hindsight.navigate", { href: `${href}&two`, title: words, kind: "push" }),
    custom(300, "hindsight.identify", { id: short(), traits: { [short()]: words, plan: words } }),
    custom(400, "hindsight.prompt", { id: "p", conversation: short(), text: words }),
    custom(500, "hindsight.reply", {
      id: "r",
      to: "p",
      text: words,
      answered: false,
      sources: [words, `javascript:${SCRIPT}`],
    }),
    custom(600, "hindsight.track", { name: words, props: { [words]: words } }),
    custom(700, "hindsight.console", { level: "error", text: words, stack: words }),
    custom(800, "hindsight.error", { text: words, stack: words }),
    custom(900, "hindsight.request", { method: words, url: `javascript:${SCRIPT}`, status: 500, took: 5 }),
    custom(1000, words, { [words]: words }),
    event(2000, 6, {
      plugin: "rrweb/console@1",
      payload: { level: "error", payload: [JSON.stringify(words)], trace: [words] },
    }),
  ];
}

/** Stores it; answers the connection's address and a link that was shared. */
async function store(page: Page, name = ""): Promise<{ base: string; link: string }> {
  const key = await server.addConnection(short() + name);
  const path = `${server.url}/ingest/${key}/${sessionOf("stored")}/${sessionOf("stream")}/0?sent_at=${Date.now()}&end=1`;
  const headers = { "user-agent": `Mozilla/5.0 ${short()}` };
  const stored = await fetch(path, { method: "POST", body: JSON.stringify(visit()), headers });
  expect(stored.status, await stored.text()).toBe(200);
  await page.goto(`${server.url}/go/${key}/${sessionOf("stored")}`);
  const base = page.url().replace(/\/sessions\/.*/, "");
  const session = `${base}/sessions/${sessionOf("stored")}`;
  const post = async (url: string, form: Record<string, string>) => {
    const answer = await page.request.post(url, {
      form,
      headers: { "Sec-Fetch-Site": "same-origin" },
      maxRedirects: 0,
    });
    expect([201, 303], `${url}: ${await answer.text()}`).toContain(answer.status());
    return answer;
  };
  await post(`${session}/notes`, {
    at_ms: "100",
    text: all().replaceAll("\u0000", "").slice(0, 1900),
    author: short(),
  });
  await post(`${base}/sessions/chosen`, {
    do: "tag",
    session: sessionOf("stored"),
    tag: `"><img src=x onerror=x>`,
  });
  await post(`${base}/views`, { name: short(), query: `q=${encodeURIComponent("script")}` });
  await post(`${base}/settings/widget`, {
    ...{
      offered: "1",
      title: short(),
      greeting: short(),
      suggestions: short(),
      accent: "#00695c",
      theme: "dark",
    },
    ...{ position: "end", start: "chat", consent: "ask" },
  });
  const shared = await post(`${session}/share`, { story: "1", author: short() });
  await expect
    .poll(async () => (await page.request.get(`${session}/visit.spec.ts`)).status(), { timeout: 30_000 })
    .toBe(200);
  return { base, link: ((await shared.json()) as { url: string }).url };
}

/** Opens a page with all that is folded, and answers what got out. */
async function look(page: Page, url: string): Promise<string[]> {
  const answer = await page.goto(url);
  expect(answer?.status() || 200, url).toBe(200);
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  if (await page.locator("#scrubber").count())
    for (const key of ["e", "c", "i", "End", "Home"]) await page.keyboard.press(key);
  await page.waitForTimeout(400);
  const out: string[] = [];
  for (const frame of page.frames()) {
    if (await frame.evaluate("window.__pwned || document.title === 'pwned'"))
      out.push(`${url}: ran a script`);
  }
  const running = await page.evaluate(() => {
    const leads = [...document.querySelectorAll("[href], [src], [action], [formaction]")];
    const named = ["href", "src", "action", "formaction"].map((name) =>
      leads.map((each) => each.getAttribute(name) ?? ""),
    );
    const isOdd = (address: string) => /^\s*(?:javascript|vbscript|data:text)/i.test(address);
    const handlers = [...document.querySelectorAll("*")].filter((each) =>
      [...each.attributes].some(({ name }) => name.startsWith("on") || name === "srcdoc"),
    );
    return [...named.flat().filter(isOdd), ...handlers.map((each) => each.outerHTML.slice(0, 100))];
  });
  if (new URL(page.url()).origin !== new URL(url).origin) out.push(`${url}: went to ${page.url()}`);
  return [...out, ...running.map((what) => `${url}: ${what}`)];
}

test("whatever a stranger wrote is text, on every page and in every file", async ({ page }, testInfo) => {
  const { base, link } = await store(page);
  const out: string[] = [];
  page.on("request", (request) => {
    const address = request.url();
    if (!/^(?:data|blob|about|file):/.test(address) && !address.startsWith(server.url))
      out.push(`asked for ${address}`);
  });
  page.on("dialog", (dialog) => void dialog.dismiss().then(() => out.push("opened a dialog")));
  page.context().on("page", () => out.push("opened a window"));
  const session = `${base}/sessions/${sessionOf("stored")}`;
  const visitor = `${base}/visitors/${encodeURIComponent(short())}`;
  const pages = [
    ...[
      "/sessions",
      `/sessions?q=${encodeURIComponent(payloads()[5] ?? "")}`,
      "/activity",
      "/shares",
      "/reports",
      "/retention",
    ].map((path) => base + path),
    ...["", "/widget", "/recording", "/install", "/doctor", "/answers", "/delete"].map(
      (path) => `${base}/settings${path}`,
    ),
    ...["/plugins", "/plugins/loud", "/plugins/friction"].map((path) => base + path),
    ...[
      session,
      `${session}/conversation`,
      `${session}/delete`,
      visitor,
      link,
      `${server.url}/connections`,
      `${server.url}/storage`,
    ],
  ];
  let telling = 0;
  for (const url of pages) {
    out.push(...(await look(page, url)));
    if ((await page.content()).includes("__pwned")) telling += 1;
  }
  expect(telling).toBeGreaterThan(15);

  const file = testInfo.outputPath("replay.html");
  await writeFile(file, await (await page.request.get(`${session}/replay.html`)).body());
  out.push(...(await look(page, pathToFileURL(file).href)));
  expect(out).toEqual([]);
  expect(canary.asked).toEqual([]);
  console.log(
    `${payloads().length} hostile texts in some 50 fields; ${telling} of ${pages.length} pages show them: nothing ran, nothing was asked for`,
  );
});

test("a test that is made of a visit holds the visitor's words as texts only", async ({ page }) => {
  const { base } = await store(page, "another");
  const source = await (
    await page.request.get(`${base}/sessions/${sessionOf("stored")}/visit.spec.ts`)
  ).text();
  expect(source).toContain("__pwned");
  // It is a script, and without its texts nothing of the visitor's is left in it.
  const supported = { "template-literal": false };
  const { code } = await transform(source, { loader: "ts", supported, legalComments: "none" });
  const rest = code.replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
  expect(rest).toContain('page.goto(""');
  expect(rest).not.toMatch(/pwned|onerror|document|window|evil|script/i);
});
