/** The notice of ours, for pages that do not ask by themselves; and visitors who want to be forgotten. */

import type { Page } from "@playwright/test";
import { expectAccessible } from "../support/axe";
import { expect, flush, said, test, until } from "../support/recorder";
import { type RunningServer, startServer } from "../support/server";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer();
});

test.afterAll(() => server.stop());

const snippet = (key: string, more = "") =>
  `<script async src="${server.url}/hindsight.js" data-connection="${key}" ${more}></script>`;

const notice = (page: Page) => page.locator("hindsight-notice [role=dialog]");

/** What was ever written to the device, and which paths were asked for. */
async function watch(page: Page): Promise<{ asked: string[]; written: () => Promise<string[]> }> {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().startsWith(server.url)) asked.push(new URL(request.url()).pathname);
  });
  await page.addInitScript(() => {
    const written: string[] = [];
    Object.assign(window, { written });
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (name, value) {
      written.push(name);
      setItem.call(this, name, value);
    };
  });
  const written = () => page.evaluate(() => (window as unknown as { written: string[] }).written);
  return { asked, written };
}

const batches = (asked: string[]) => asked.filter((path) => /\/0$/.test(path)).length;

/** The number of a connection. */
async function numberOf(name: string): Promise<number> {
  const lines = (await server.cli("connection", "list")).split("\n");
  return lines.findIndex((line) => line.split("\t").includes(name)) + 1;
}

/** How many sessions the server has of a connection. */
async function sessions(page: Page, id: number): Promise<number> {
  const answer = await page.request.get(`${server.url}/connections/${id}/sessions`);
  return (await answer.text()).match(/<tr class="session"/g)?.length ?? 0;
}

test("nothing is written or sent before the notice has its yes, and no more after a no", async ({
  page,
  site,
}) => {
  const key = await server.addConnection("asked");
  site.pages["/"] =
    `<main><h1>Shop</h1><a href="/next">Next</a></main>${snippet(key, 'data-consent="ask" data-privacy-url="/privacy"')}`;
  site.pages["/next"] = site.pages["/"];
  const { asked, written } = await watch(page);
  await page.goto(site.url);
  await expect(notice(page)).toBeVisible();
  expect(await written()).toEqual([]);
  expect(asked.filter((path) => path.startsWith("/ingest"))).toEqual([]);
  expect(asked.some((path) => path.includes("recorder"))).toBe(false);
  await expect(notice(page).getByRole("link", { name: "Privacy" })).toHaveAttribute(
    "href",
    `${site.url}/privacy`,
  );
  await expectAccessible(page, { within: ["hindsight-notice"] });

  // The page keeps the focus; the first Tab leads into the notice, and both answers look the same.
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  const [no, yes] = [
    notice(page).getByRole("button", { name: "No" }),
    notice(page).getByRole("button", { name: "Yes" }),
  ];
  await expect(no).toBeFocused();
  const looks = (button: typeof no) =>
    button.evaluate((element) => {
      const { backgroundColor, color, fontWeight, borderColor } = getComputedStyle(element);
      return [backgroundColor, color, fontWeight, borderColor, element.getBoundingClientRect().height];
    });
  await page.mouse.move(0, 0);
  expect(await looks(no)).toEqual(await looks(yes));

  await yes.press("Enter");
  await expect(notice(page)).toHaveCount(0);
  await expect.poll(() => batches(asked)).toBeGreaterThan(0);
  await page.goto(`${site.url}/next`);
  await expect.poll(() => batches(asked)).toBeGreaterThan(1);
  await expect(notice(page)).toHaveCount(0);

  // It can be opened again, says what holds, and takes the yes back.
  await said(page, (hindsight) => hindsight.notice());
  await expect(notice(page)).toBeFocused();
  await expect(yes).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("Escape");
  await expect(notice(page)).toHaveCount(0);
  await said(page, (hindsight) => hindsight.notice());
  await no.click();
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([`hindsight.${key}.consent`]);
  asked.length = 0;
  await page.goto(site.url);
  await page.waitForFunction(() => typeof window.hindsight?.consent === "function");
  await flush(page);
  expect(asked).toEqual(["/hindsight.js"]);
  await expect(notice(page)).toHaveCount(0);
});

test("a connection that asks has the notice on pages that say nothing, in their language and words", async ({
  page,
  site,
}) => {
  const key = await server.addConnection("asking");
  await page.request.post(`${server.url}/connections/${await numberOf("asking")}/settings/recording`, {
    form: { privacy: "", start: "", consent: "ask" },
    headers: { origin: server.url, "sec-fetch-site": "same-origin" },
  });
  const html = (lang: string, more = "") =>
    `<!doctype html><html lang="${lang}"><title>Shop</title><body><main>Words</main>${snippet(key, more)}`;
  site.pages["/"] = html("de-AT");
  site.pages["/ar"] = html("ar");
  site.pages["/own"] = html(
    "fi",
    'data-notice-text="Saako tallentaa?" data-notice-yes="Joo" data-notice-no="Ei"',
  );
  const { asked, written } = await watch(page);
  await page.goto(site.url);
  await expect(notice(page)).toContainText("Dürfen wir aufzeichnen");
  expect(await written()).toEqual([]);
  expect(batches(asked)).toBe(0);
  await page.goto(`${site.url}/ar`);
  await expect(notice(page)).toHaveAttribute("dir", "rtl");
  await page.goto(`${site.url}/own`);
  await expect(notice(page).getByRole("button", { name: "Joo" })).toBeVisible();
  // An answer in one tab is one in all.
  const other = await page.context().newPage();
  await other.goto(`${site.url}/own`);
  await notice(other).getByRole("button", { name: "Joo" }).click();
  await expect(notice(page)).toHaveCount(0);
  await expect.poll(() => batches(asked)).toBeGreaterThan(0);
  await other.close();
});

test("a browser that does not want to be followed is not asked", async ({ page, site }) => {
  const key = await server.addConnection("unasked");
  site.pages["/"] = `<main>Words</main>${snippet(key, 'data-consent="ask"')}`;
  await page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
  await page.goto(site.url);
  await page.waitForFunction(() => "__hindsightBeside" in window);
  await page.waitForTimeout(200);
  await expect(notice(page)).toHaveCount(0);
  // Whoever wants to may say yes all the same.
  await said(page, (hindsight) => hindsight.notice());
  await expect(notice(page)).toBeVisible();
});

test("a strict policy and a style of the page leave the notice as it is", async ({ page, site }) => {
  const key = await server.addConnection("strict");
  site.headers["Content-Security-Policy"] =
    `default-src 'none'; script-src ${server.url}; connect-src ${server.url}`;
  site.pages["/"] = `<main>Words</main>${snippet(key, 'data-consent="ask"')}`;
  await page.setViewportSize({ width: 390, height: 700 });
  await page.goto(site.url);
  const box = await notice(page).boundingBox();
  expect(box?.x).toBe(8);
  expect(box?.width).toBe(374);
  await notice(page).getByRole("button", { name: "Yes" }).click();
  await page.waitForFunction(() => window.hindsight?.sessionUrl() !== "");
});

test("who wants to be forgotten is, with a receipt, and is not recorded again", async ({ page, site }) => {
  const key = await server.addConnection("forgetful");
  const id = await numberOf("forgetful");
  site.pages["/"] = `<main>Words</main>${snippet(key)}`;
  await page.goto(site.url);
  await page.waitForFunction(() => window.hindsight && "flush" in window.hindsight);
  await flush(page);
  await until(async () => (await sessions(page, id)) === 1);
  const kept = await page.evaluate((name) => localStorage.getItem(name) ?? "", `hindsight.${key}`);
  const { own, id: session } = JSON.parse(kept) as { own: string; id: string };
  const url = await said(page, (hindsight) => hindsight.sessionUrl());
  expect(url.endsWith(session) && !url.includes(own)).toBe(true);

  const forgotten = await page.evaluate(() => window.hindsight?.forgetMe());
  expect(forgotten).toEqual({
    erased: true,
    at: expect.any(String),
    receipt: expect.stringMatching(/^\d+:[0-9a-f]{64}$/),
  });
  expect(await sessions(page, id)).toBe(0);
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([`hindsight.${key}.consent`]);
  await page.reload();
  await page.waitForFunction(() => window.hindsight && "flush" in window.hindsight);
  await flush(page);
  expect(await sessions(page, id)).toBe(0);
  const again = await page.evaluate(() => window.hindsight?.forgetMe());
  expect(again?.erased).toBe(false);
  expect(again?.problem).toContain("no visit");
});
