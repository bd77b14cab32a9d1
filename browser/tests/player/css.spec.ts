/** CSS is read as browsers read it: what is left of it asks for nothing, and honest CSS is left as it is. */

import { expect, type Page, test } from "@playwright/test";
import { harmlessCss, harmlessPiece } from "../../player/css";

const CANARY = "http://canary.test/";

test("honest styles stay as they are", () => {
  for (const css of [
    "",
    "p { color: red }",
    "a::before { content: \"url(x)\" } b { content: '\\201C' '\\\\' }",
    ".icon { background: url(data:image/png;base64,AAAA) no-repeat, linear-gradient(#fff, #000 50%) }",
    "rect { fill: url(#gradient); mask: url( '#mask' ) }",
    ".a\\:b > .w-1\\/2 { width: calc(100% - (2 * 3px)) }",
    "div { background: image-set(url(data:image/png,x) 1x, linear-gradient(red, blue) 2x) }",
    "@media (min-width: 1px) { @supports (display: grid) { p { --image: 1; margin: var(--image) } } }",
    "/* url(http://a.example) */ p { src: 1 }",
    "p { font: 12px/1.5 \"Open Sans\", sans-serif; quotes: '«' '»' }",
  ]) {
    expect(harmlessCss(css)).toBe(css);
  }
});

test("what would be fetched is taken out, and the rest is left", () => {
  for (const [css, left] of [
    ["a { background: url(http://x/) red }", 'a { background: url("data:,") red }'],
    ["a { background: u\\72 l('/own') }", 'a { background: url("data:,") }'],
    [
      "@font-face { src: local(x), url(f.woff) format('woff') }",
      "@font-face { src: local(x), url(\"data:,\") format('woff') }",
    ],
    ["@import 'x.css'; p { color: red }", "@not-imported 'x.css'; p { color: red }"],
    ["p { background: image-set('x' 1x) }", 'p { background: image-set("data:," 1x) }'],
    ["p { background: image-set(var(--x) 1x) }", "p { background: image-set(not-shown(--x) 1x) }"],
    ["p { background: url(http://x", 'p { background: url("data:,")'],
  ] as const) {
    expect(harmlessCss(css)).toBe(left);
  }
});

const FRAGMENTS = [
  ...[
    "u",
    "rl(",
    "url(",
    "URL(",
    "\\75 ",
    "\\72l(",
    "src(",
    "image-set(",
    "-webkit-image-set(",
    "image(",
    "var(--a)",
  ],
  ...[
    "@import ",
    "@\\69mport ",
    "@media all {",
    "@font-face {",
    ".v {",
    "background:",
    "cursor:",
    "--a:",
    "content:",
  ],
  ...[
    '"',
    "'",
    "/*",
    "*/",
    "/",
    "*",
    "\\",
    "(",
    ")",
    "{",
    "}",
    ";",
    ",",
    "\n",
    "\r\n",
    "\f",
    " ",
    "#",
    "data:,",
    "1x",
  ],
  ...[
    `${CANARY}x`,
    `"${CANARY}y"`,
    `url("${CANARY}z")`,
    `url(${CANARY}w)`,
    "//canary.test/r",
    "/own",
    "\u0000",
    "é",
  ],
];

/** The same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomCss(next: (below: number) => number): string {
  return Array.from({ length: 1 + next(14) }, () => FRAGMENTS[next(FRAGMENTS.length)]).join("");
}

/** What the test itself asks for, after each batch. */
const LAST = "http://page.test/last/";

/** Puts each list of texts into a style of its own, each text into an attribute, and answers what was asked for. */
async function askedFor(page: Page, styles: string[][]): Promise<string[]> {
  const asked: string[] = [];
  await page.route("**/*", (route) => {
    const url = route.request().url();
    if (url === "http://page.test/")
      return route.fulfill({ body: "<!doctype html><p class=v>styled", contentType: "text/html" });
    if (!url.startsWith("data:") && !url.startsWith(LAST)) asked.push(url);
    return route.abort();
  });
  await page.goto("http://page.test/");
  for (let from = 0; from < styles.length; from += 200) {
    // A busy browser asks late: the styles stay until what is asked for after them was asked for.
    const last = `${LAST}${from}`;
    const isLast = page.waitForRequest(last);
    await page.evaluate(
      ({ batch, last }) => {
        document.body.replaceChildren();
        for (const texts of batch) {
          const host = document.createElement("div");
          document.body.append(host);
          const inside = host.attachShadow({ mode: "open" });
          const style = document.createElement("style");
          style.append(...texts.map((text) => document.createTextNode(text)));
          const styled = document.createElement("p");
          styled.className = "v";
          styled.textContent = "styled";
          styled.setAttribute("style", texts[0] ?? "");
          inside.append(style, styled);
          styled.getBoundingClientRect();
        }
        const seen = document.createElement("p");
        seen.style.background = `url(${last})`;
        document.body.append(seen);
      },
      { batch: styles.slice(from, from + 200), last },
    );
    await isLast;
  }
  await page.waitForTimeout(200);
  return asked;
}

test("no style fetches anything, however it is written", async ({ page }) => {
  test.setTimeout(180_000);
  const next = numbers(20_261_122);
  const written = Array.from({ length: 2000 }, () => [randomCss(next), randomCss(next)]);
  const declared = Array.from({ length: 1000 }, () => [`.v { background: ${randomCss(next)} }`]);
  const all = [
    ...written.map((texts) => texts.map(harmlessPiece)),
    ...declared.map((texts) => texts.map(harmlessCss)),
  ];
  expect(await askedFor(page, all)).toEqual([]);
  // Each asks for an address of its own: what was asked for once is not asked for again.
  const own = declared.map((texts, at) =>
    texts.map((text) => text.replaceAll("canary.test/", `canary.test/${at}/`)),
  );
  const unsanitised = await askedFor(page, own);
  console.log(
    `${all.length} styles asked for nothing; ${own.length} of them as they were asked ${unsanitised.length} times`,
  );
  expect(unsanitised.length).toBeGreaterThan(5);
});

test("a long style without an end is read once", () => {
  for (const piece of ["url( ", "\\", "/*", '"', "image-set(", "a", "(", " "]) {
    const started = performance.now();
    harmlessCss(`url(${piece.repeat(200_000)}`);
    harmlessPiece(piece.repeat(200_000));
    expect(performance.now() - started, piece).toBeLessThan(3000);
  }
});
