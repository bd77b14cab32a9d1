/** What assistants, settings and pages send is shown as text, and leads nowhere but to the web. */

import { answering, expect, lastAnswer, launcher, panel, say, test, visit } from "../support/widget";

const ATTACKS = [
  "<img src=x onerror=boom()>",
  "<script>boom()</script>",
  "[click](javascript:boom())",
  "[click](JaVaScRiPt:boom())",
  "[click]( \u0001javascript:boom())",
  "[click](data:text/html,<script>boom()</script>)",
  "[click](vbscript:boom())",
  "**<svg onload=boom()>**",
  "`<iframe srcdoc='<script>parent.boom()</script>'>`",
  '![x](x" onerror="boom())',
  '[a](https://x.example/"onmouseover="boom())',
  "<a href='javascript:boom()'>x</a>",
  "```\n</code></pre><script>boom()</script>\n```",
];
const BOOM = "<script>window.boom = () => { window.exploded = true; };</script>";
const WEB = /^(https?|mailto):/;

test("answers and sources", async ({ page, site }) => {
  site.assistant = answering(
    ATTACKS.join("\n\n"),
    [...ATTACKS, "javascript:boom()", "data:text/html,x"].map((text) => ({ title: text, url: text })),
  );
  await visit(page, site, {}, BOOM);
  await launcher(page).click();
  await say(page, ATTACKS.join("\n"));
  await expect(lastAnswer(page).locator(".actions")).toBeVisible();
  const links = await lastAnswer(page)
    .locator("a")
    .evaluateAll((all) => all.map((each) => (each as HTMLAnchorElement).href));
  for (const href of links) expect(href).toMatch(WEB);
  for (const link of await lastAnswer(page).locator("a").all()) await link.hover();
  const tags = await page
    .locator("hindsight-widget")
    .evaluate(({ shadowRoot }) => [
      ...new Set([...(shadowRoot?.querySelectorAll("*") ?? [])].map(({ localName }) => localName)),
    ]);
  expect(tags).not.toEqual(expect.arrayContaining(["script"]));
  for (const tag of ["script", "img", "iframe", "object"]) expect(tags).not.toContain(tag);
  const handlers = await page
    .locator("hindsight-widget")
    .evaluate(
      ({ shadowRoot }) =>
        [...(shadowRoot?.querySelectorAll("*") ?? [])].filter((each) =>
          [...each.attributes].some(({ name }) => name.startsWith("on")),
        ).length,
    );
  expect(handlers).toBe(0);
  expect(await page.evaluate("window.exploded")).toBeUndefined();
  await expect(lastAnswer(page)).toContainText("<img src=x onerror=boom()>");
});

test("settings, whatever they hold", async ({ page, site }) => {
  const hostile = "<img src=x onerror=boom()>";
  const bad = {
    title: hostile,
    greeting: `${hostile} [x](javascript:boom())`,
    placeholder: hostile,
    suggestions: [hostile, 7, null, { toString: 1 }],
    accent: "red; background: url(https://evil.example/)",
    theme: { dark: true },
    position: hostile,
    language: "constructor",
    start: "now",
    consent: ["none"],
    privacyUrl: "javascript:boom()",
  };
  site.settings = { recording: {}, widget: bad as never };
  await visit(page, site, { texts: '{"send": 5, "yes": "<b>"' }, BOOM);
  await launcher(page).click();
  await expect(panel(page).locator("h2")).toHaveText(hostile);
  await expect(page.locator(".suggestions button")).toHaveText([hostile]);
  await expect(panel(page).locator("a")).toHaveCount(0);
  await expect(panel(page)).toContainText("This chat and how you use this page are recorded");
  expect(await page.evaluate("window.exploded")).toBeUndefined();
});

for (const [name, body] of [
  ["no JSON", "<html>"],
  ["null", "null"],
  ["a list", "[]"],
  ["a number as the widget", '{"widget": 5}'],
] as const) {
  test(`settings that are ${name}`, async ({ page, site }) => {
    await page.route("**/ingest/*", (route) =>
      route.request().method() === "GET"
        ? route.fulfill({ body, headers: { "Access-Control-Allow-Origin": "*" } })
        : route.continue(),
    );
    await visit(page, site);
    await launcher(page).click();
    await expect(panel(page)).toBeVisible();
  });
}

test("what would take a careless parser for ever", async ({ page, site }) => {
  const long = [
    "[".repeat(20_000),
    "__a".repeat(9000),
    "*a ".repeat(9000),
    "`".repeat(20_000),
    "**a_b ".repeat(5000),
    "https://".repeat(3000),
  ];
  await visit(page, site);
  await launcher(page).click();
  for (const [index, text] of long.entries()) {
    site.assistant = answering(text);
    const before = Date.now();
    await say(page, `Question ${index}`);
    await expect(page.locator(".actions")).toHaveCount(index + 1);
    expect(Date.now() - before).toBeLessThan(4000);
  }
});
