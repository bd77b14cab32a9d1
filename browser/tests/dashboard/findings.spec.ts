import { expect, type Page, test } from "@playwright/test";
import { click, element, newText, page as recordedPage, snapshot } from "../support/recorded";
import { type Finding, sayFindings, sayTimeline } from "../support/said";
import { type RunningServer, startServer } from "../support/server";
import { openConnection, sessionOf, type Target, upload } from "./visit";

let server: RunningServer;
let target: Target;
let listUrl: string;

const VISIT = "shopping";

/** A page with a button that counts the seconds, and a visitor who clicks on it. */
function shopping(seconds: number) {
  const counter = element("p", {}, "second 0");
  const pay = element("button", { id: "pay" }, "Pay");
  const shown = counter.childNodes as [Parameters<typeof newText>[1]];
  const events = snapshot(0, recordedPage([counter, pay]), "https://shop.example/cart");
  for (let second = 1; second <= seconds; second += 1) {
    events.push(newText(second * 1000, shown[0], `second ${second}`), click(second * 1000 + 100, pay));
  }
  return events;
}

function finding(
  at: number,
  severity: Finding["severity"],
  title: string,
  more: Partial<Finding> = {},
): Finding {
  return { kind: "rage-click", severity, title, detail: "", at, until: null, selector: null, ...more };
}

const BUTTON = {
  node: 1,
  tag: "button",
  selector: "#pay",
  label: "Pay",
  role: "button",
  interactive: true,
  attrs: [],
};

test.beforeAll(async ({ browser }) => {
  server = await startServer({
    HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1",
    // What plugins say is said here.
    HINDSIGHT_PLUGINS__ENABLED: "false",
  });
  const page = await browser.newPage();
  target = await openConnection(page, server, "findings");
  listUrl = page.url();
  await page.close();
  await upload(target, { visit: VISIT, events: shopping(30), end: true });
  const session = sessionOf(VISIT);
  await sayTimeline(server, session, [
    {
      at: 0,
      page: 0,
      kind: "page-view",
      url: "https://shop.example/cart",
      title: "",
      cause: "load",
      width: 800,
      height: 600,
    },
    ...Array.from({ length: 28 }, (_, n) => ({
      at: 1100 + n * 1000,
      page: 0,
      kind: "click",
      target: BUTTON,
      button: "primary",
      x: 1,
      y: 1,
    })),
    { at: 29_300, page: 0, kind: "prompt", id: "1", conversation: "", text: "Where is my <order>?" },
    { at: 29_500, page: 0, kind: "error", text: "pay is not a function", stack: "" },
  ]);
  const detail =
    "The button **did nothing** <img src=x onerror=alert(1)>. [Read on](https://example.org/why).";
  await sayFindings(
    server,
    session,
    [
      finding(12_000, "high", "Five clicks on <Pay>", { detail, until: 13_000, selector: "#pay" }),
      finding(5_000, "low", "A quick look", { selector: "p:has(" }),
      finding(25_000, "medium", "Left without paying"),
    ],
    { points: 62, why: "five rage clicks" },
  );
});

test.afterAll(() => server.stop());

async function open(page: Page, query = ""): Promise<void> {
  await page.goto(`${listUrl}/${sessionOf(VISIT)}${query}`);
}

function story(page: Page) {
  return page.getByRole("complementary", { name: "Session", exact: true });
}

function onStage(page: Page, text: RegExp) {
  return expect(page.frameLocator("#stage-frame").frameLocator("iframe").locator("p")).toHaveText(text);
}

/** Where the replay stands, in seconds. */
async function position(page: Page): Promise<number> {
  const slider = page.getByRole("slider", { name: "Position in the recording" });
  return Number(await slider.getAttribute("aria-valuenow"));
}

test("a row says what was found and leads to it", async ({ page }) => {
  await page.goto(listUrl);
  const row = page.locator("tr.session");
  const badge = row.getByRole("link", { name: /^3 findings: rage click|^3 findings/ });
  await expect(badge).toHaveText("3");
  await expect(badge).toHaveAttribute("title", "3 findings: 3 × rage click (high)");
  await expect(row.getByRole("img", { name: "Score 62 of 100: five rage clicks" })).toBeVisible();
  await expect(row.getByTitle("28 clicks")).toBeVisible();
  await badge.click();
  await expect(page).toHaveURL(/\?panel=findings$/);
  await expect(story(page).getByRole("tab", { name: "Findings 3" })).toHaveAttribute("aria-selected", "true");
  await expect(story(page).getByText("Five clicks on <Pay>")).toBeVisible();
});

test("details are shown as they are meant, and nothing in them runs", async ({ page }) => {
  await open(page, "?panel=findings");
  await expect(story(page).locator(".prose strong")).toHaveText("did nothing");
  await expect(story(page).locator(".prose")).toContainText("<img src=x onerror=alert(1)>");
  const link = story(page).getByRole("link", { name: "Read on" });
  await expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow");
  expect(await page.locator(".prose img, .prose script").count()).toBe(0);
});

test("a finding leads to its moment and outlines its element", async ({ page }) => {
  await open(page, "?panel=findings");
  await onStage(page, /^second \d+$/);
  await page.keyboard.press("Space");
  const outline = page.frameLocator("#stage-frame").locator(".highlight");
  await expect(outline).toHaveCount(0);
  await story(page)
    .getByRole("link", { name: /Five clicks on <Pay>/ })
    .click();
  await onStage(page, /^second 12$/);
  expect(await position(page)).toBe(12);
  await expect(page).toHaveURL(/[?&]t=12(&|$)/);
  await expect(page).toHaveURL(/panel=findings/);
  await expect(outline).toBeVisible();
  const button = page.frameLocator("#stage-frame").frameLocator("iframe").locator("#pay");
  const [box, around] = [await button.boundingBox(), await outline.boundingBox()];
  expect(Math.abs((box?.x ?? 0) - (around?.x ?? 99))).toBeLessThan(4);
  expect(Math.abs((box?.width ?? 0) - (around?.width ?? 99))).toBeLessThan(8);
  // Elsewhere there is nothing to outline.
  await page.keyboard.press("Home");
  await expect(outline).toHaveCount(0);
});

test("a selector that is none outlines nothing and breaks nothing", async ({ page }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await open(page, "?panel=findings");
  await onStage(page, /^second \d+$/);
  await story(page)
    .getByRole("link", { name: /A quick look/ })
    .click();
  await onStage(page, /^second 5$/);
  await expect(page.frameLocator("#stage-frame").locator(".highlight")).toHaveCount(0);
  expect(errors).toEqual([]);
});

test("findings are marked on the timeline, and keys go from one to the next", async ({ page }) => {
  await open(page);
  await onStage(page, /^second \d+$/);
  await page.keyboard.press("Space");
  const marks = page.locator(".found-mark");
  await expect(marks).toHaveCount(3);
  await expect(marks.nth(1)).toHaveAttribute("title", "0:12 Five clicks on <Pay>");
  await marks.nth(1).click();
  await onStage(page, /^second 12$/);
  await expect(story(page)).toBeVisible();
  await page.keyboard.press("Shift+l");
  await onStage(page, /^second 25$/);
  await page.keyboard.press("Shift+h");
  await page.keyboard.press("Shift+h");
  await onStage(page, /^second 5$/);
  await expect(page.locator(".event-tick.tick-prompt")).toHaveAttribute(
    "title",
    /Asked “Where is my <order>\?”/,
  );
  await expect(page.locator(".event-tick.tick-error")).toHaveCount(1);
});

test("events are listed in words, lead to their moments and follow the playback", async ({ page }) => {
  await open(page, "?panel=findings");
  await onStage(page, /^second \d+$/);
  await page.keyboard.press("Space");
  await page.keyboard.press("e");
  await expect(page).toHaveURL(/panel=events/);
  const events = story(page).locator(".event");
  await expect(events).toHaveCount(31);
  await expect(events.first()).toHaveText("0:00Opened /cart");
  await expect(events.last()).toHaveText("0:29Error: pay is not a function");
  await events.filter({ hasText: "0:20" }).click();
  await onStage(page, /^second 20$/);
  await expect(story(page).locator(".event[aria-current]")).toContainText("0:20");
  await page.keyboard.press("ArrowLeft");
  await expect(story(page).locator(".event[aria-current]")).toContainText("0:10");
  await page.keyboard.press("Escape");
  await expect(story(page)).toBeHidden();
  await expect(page).not.toHaveURL(/panel=/);
});

test("findings that come while the page is open appear", async ({ page }) => {
  await upload(target, { visit: "later", events: shopping(10), end: true });
  await page.goto(`${listUrl}/${sessionOf("later")}?panel=findings`);
  await expect(story(page).getByText("Plugins look at a session once it is over")).toBeVisible();
  await expect(page.locator(".found-mark")).toHaveCount(0);
  await sayFindings(server, sessionOf("later"), [finding(4000, "high", "Nothing happened")]);
  await expect(story(page).getByRole("link", { name: /Nothing happened/ })).toBeVisible({ timeout: 20_000 });
  await expect(page.locator(".found-mark")).toHaveCount(1);
  await expect(story(page).getByRole("tab", { name: "Findings 1" })).toBeVisible();
  await story(page)
    .getByRole("link", { name: /Nothing happened/ })
    .click();
  await onStage(page, /^second [4-9]$/);
});

test("findings can be read and followed without script", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await open(page, "?panel=findings");
  await story(page)
    .getByRole("link", { name: /Left without paying/ })
    .click();
  await expect(page).toHaveURL(/\?t=25\.000&panel=findings$/);
  await expect(page.locator("#replay")).toHaveAttribute("data-start", "25000");
  await context.close();
});
