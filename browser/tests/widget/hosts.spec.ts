/** The widget looks and works the same, whatever the page around it does. */

import type { Page } from "@playwright/test";
import type { Site } from "../support/site";
import { answering, expect, field, lastAnswer, launcher, panel, say, test, visit } from "../support/widget";

const RESET = `<style>
  :not(html, head, body) { all: unset !important; display: none !important; font-size: 40px !important; }
  :not(html), ::before, ::after { position: static !important; opacity: 0 !important; color: red !important; transform: rotate(9deg) !important; }
  hindsight-widget { display: none !important; zoom: 3 !important; visibility: hidden !important; }
</style>`;

/** What must be the same everywhere: where things are, and what they look like. */
async function measure(page: Page) {
  await launcher(page).click();
  await expect(panel(page)).toBeVisible();
  await page.waitForTimeout(250); // It arrives with a short animation.
  const look = (element: Element) => {
    const { fontSize, fontFamily, color, letterSpacing, textTransform, lineHeight } =
      getComputedStyle(element);
    return { fontSize, fontFamily, color, letterSpacing, textTransform, lineHeight };
  };
  return {
    boxes: [
      await launcher(page).boundingBox(),
      await panel(page).boundingBox(),
      await field(page).boundingBox(),
    ],
    field: await field(page).evaluate(look),
    greeting: await lastAnswer(page).evaluate(look),
  };
}

async function bare(page: Page, site: Site) {
  await visit(page, site);
  const measured = await measure(page);
  await launcher(page).click();
  return measured;
}

for (const [name, body] of Object.entries({
  "resets everything with !important": RESET,
  "has a tiny root font":
    "<style>html { font-size: 8px; line-height: 3; letter-spacing: 4px; text-transform: uppercase }</style>",
  "zooms its body and its root": "<style>html { zoom: 1.5 } body { zoom: 0.5 }</style>",
  "transforms its body": "<style>body { transform: translateX(200px) scale(0.5); filter: blur(1px) }</style>",
  "has parts of the same classes":
    "<style>.panel, .launcher, .icon, .text { display: none } button { width: 900px }</style>",
  "lies over everything": "<div style='position:fixed; inset:0; z-index:999999; background:white'></div>",
})) {
  test(`on a page that ${name}`, async ({ page, site }) => {
    const expected = await bare(page, site);
    site.assistant = answering("Three days.");
    await visit(page, site, {}, body);
    expect(await measure(page)).toEqual(expected);
    await say(page, "How long?");
    await expect(lastAnswer(page)).toContainText("Three days.");
  });
}

test("on a page that runs from right to left, an Arabic chat stands on the left", async ({ page, site }) => {
  site.pages["/"] =
    `<!doctype html><html lang="ar" dir="rtl"><title>متجر</title><body><h1>متجر</h1>${site.widget()}`;
  await page.goto(site.url);
  await launcher(page).click();
  const width = page.viewportSize()?.width ?? 0;
  for (const part of [launcher(page), panel(page)]) {
    const box = await part.boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThan(width / 2);
  }
  await expect(field(page)).toHaveAttribute("placeholder", "اطرح سؤالًا");
  await expect(field(page)).toHaveCSS("direction", "rtl");
});

test("a page from right to left in a language that it does not speak leaves it as it is", async ({
  page,
  site,
}) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "languages", { value: ["xx"] }));
  site.pages["/"] = `<!doctype html><html lang="he" dir="rtl"><title>x</title><body>${site.widget()}`;
  await page.goto(site.url);
  await launcher(page).click();
  await expect(field(page)).toHaveCSS("direction", "ltr");
});

test("on 320 pixels the chat is the screen, and nothing is cut off", async ({ page, site }) => {
  await page.setViewportSize({ width: 320, height: 480 });
  site.assistant = answering(
    `A word without end: ${"x".repeat(300)}\n\n\`\`\`\n${"code ".repeat(80)}\n\`\`\``,
  );
  await visit(page, site, { suggestions: "Is the moon jar in stock, and when does it come back?" });
  await launcher(page).click();
  await expect.poll(() => panel(page).boundingBox()).toEqual({ x: 0, y: 0, width: 320, height: 480 });
  await expect(panel(page)).toHaveAttribute("aria-modal", "true");
  await say(page, "A long question ".repeat(20));
  await expect(panel(page).getByRole("button", { name: "Helpful", exact: true })).toBeVisible();
  const wide = await panel(page).evaluate(
    (element) =>
      [...element.querySelectorAll(".message, .composer, .notice, header")].filter(
        (each) => each.getBoundingClientRect().right > 320.5 || each.scrollWidth > each.clientWidth + 1,
      ).length,
  );
  expect(wide).toBe(0);
});

test("under a strict policy with a nonce it has its style, and breaks no rule", async ({ page, site }) => {
  const broken: string[] = [];
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) broken.push(message.text());
  });
  site.headers["Content-Security-Policy"] =
    `default-src 'none'; script-src 'nonce-n0nce' 'strict-dynamic'; style-src 'nonce-n0nce'; connect-src ${site.server}`;
  site.assistant = answering("Three days.");
  site.pages["/"] = site
    .widget({ start: "load", consent: "notice" })
    .replace("<script", '<script nonce="n0nce"');
  await page.goto(site.url);
  await launcher(page).click();
  await expect(launcher(page)).toHaveCSS("width", "56px");
  await expect(page.locator("hindsight-widget style")).toBeAttached();
  await say(page, "How long?");
  await expect(lastAnswer(page)).toContainText("Three days.");
  await expect.poll(() => site.said("hindsight.prompt").length).toBe(1);
  expect(broken).toEqual([]);
});

test("under a policy that allows no style element it has its style all the same", async ({ page, site }) => {
  site.headers["Content-Security-Policy"] =
    `default-src 'none'; script-src ${site.server}; style-src 'self'; connect-src ${site.server}`;
  await visit(page, site);
  await expect(launcher(page)).toHaveCSS("width", "56px");
  await launcher(page).click();
  await expect(panel(page)).toHaveCSS("display", "flex");
});

test("a page that throws it out gets it back, and a page that insists does not", async ({ page, site }) => {
  await visit(page, site);
  await page.evaluate(() => document.querySelector("hindsight-widget")?.remove());
  await expect(launcher(page)).toBeVisible();
  const left = await page.evaluate(async () => {
    for (let round = 0; round < 20; round += 1) {
      document.querySelector("hindsight-widget")?.remove();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return document.querySelectorAll("hindsight-widget").length;
  });
  expect(left).toBe(0);
});

test("letters typed in it are no shortcuts of the page", async ({ page, site }) => {
  const script = `<script>window.keys = []; addEventListener("keydown", (event) => keys.push(event.key));</script>`;
  await visit(page, site, {}, script);
  await launcher(page).click();
  await field(page).pressSequentially("k?");
  await expect(field(page)).toHaveValue("k?");
  expect(await page.evaluate("keys.length")).toBe(0);
});

test("its colours follow the page, the settings, the attributes and the page's own word", async ({
  page,
  site,
}) => {
  const colour = (name: string) => `rgb(${name})`;
  const background = () => launcher(page).evaluate((element) => getComputedStyle(element).backgroundColor);
  site.settings = { recording: {}, widget: { accent: "#005f8c", theme: "auto" } };
  await visit(page, site);
  expect(await background()).toBe(colour("0, 95, 140"));
  await visit(page, site, { accent: "#006b3c" });
  expect(await background()).toBe(colour("0, 107, 60"));
  await visit(
    page,
    site,
    { accent: "#006b3c" },
    "<style>:root { --hindsight-accent: hsl(0 100% 50%) }</style>",
  );
  expect(await background()).toBe(colour("255, 0, 0"));
  await visit(page, site, { accent: "no colour; } * { display: none" });
  expect(await background()).toBe(colour("184, 70, 14"));
  await expect(page.locator(".root")).not.toHaveClass(/dark/);
  await page.evaluate(() => {
    document.body.style.background = "#111";
  });
  await expect(page.locator(".root")).toHaveClass(/dark/);
});
