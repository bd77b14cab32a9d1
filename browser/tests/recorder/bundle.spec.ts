/** What every visitor of a recorded page downloads. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { cutCanvas } from "../../build/canvas.mjs";
import { cutPostcss } from "../../build/postcss.mjs";
import { cutUnused } from "../../build/unused.mjs";
import { bundle } from "../support/site";

const rrweb = () =>
  readFile(
    createRequire(import.meta.url)
      .resolve("rrweb")
      .replace(/\.cjs$/, ".js"),
    "utf8",
  );
const gzipped = (text = "") => gzipSync(text, { level: 9 }).length;

test("loader, recorder and widget keep within their budgets", async () => {
  const scripts = await bundle();
  const loader = gzipped(scripts["/hindsight.js"]);
  const recorder = gzipped(scripts["/assets/recorder.js"]);
  expect(loader).toBeLessThan(4 * 1024);
  expect(loader + recorder).toBeLessThan(30 * 1024);
  expect(gzipped(scripts["/widget.js"])).toBeLessThan(14 * 1024);
});

test("the recorder carries neither a CSS parser nor a canvas recorder", async () => {
  const { "/assets/recorder.js": recorder } = await bundle();
  expect(recorder).not.toContain("CssSyntaxError");
  expect(recorder).not.toContain("createImageBitmap");
});

test("the CSS parser is cut from the rrweb that was looked at, and from no other", async () => {
  const source = await rrweb();
  const initialisers = (text: string) => text.match(/^var import_postcss\S* = .*$/gm) ?? [];
  expect(initialisers(source)).toHaveLength(2);
  const [kept = "", alias] = initialisers(cutPostcss(source, "one"));
  expect(kept).toBe(initialisers(source)[0]);
  expect(alias).toMatch(/ = import_postcss\S*;$/);
  for (const cut of initialisers(cutPostcss(source, "none"))) expect(cut).toContain("{ default: {} }");
  expect(() => cutPostcss(cutPostcss(source, "one"), "one")).toThrow(/copies of postcss/);
  expect(() => cutPostcss("export const record = 1;", "none")).toThrow(/0 copies/);
});

test("the canvas recorder is cut from the rrweb that was looked at, and from no other", async () => {
  const source = await rrweb();
  expect(cutCanvas(source)).not.toContain("initCanvasMutationObserver");
  expect(() => cutCanvas(cutCanvas(source))).toThrow(/canvas recorder/);
  expect(() => cutCanvas(`${source}${source}`)).toThrow(/canvas recorder/);
});

test("what is never switched on is cut from the rrweb that was looked at, and from no other", async () => {
  const source = await rrweb();
  const cut = cutUnused(source);
  const recorderIn = (bundle: string) => bundle.slice(0, bundle.indexOf("// src/replay/"));
  for (const gone of ["transformCrossOriginEvent", "win.FontFace", "function is2DCanvasBlank", "DEPARTED"]) {
    expect([gone, recorderIn(source).includes(gone)]).toEqual([gone, true]);
    expect([gone, recorderIn(cut).includes(gone)]).toEqual([gone, false]);
  }
  expect(() => cutUnused(cut)).toThrow(/mirror of other sites' frames/);
  expect(() => cutUnused(`${source}${source}`)).toThrow(/unused\.mjs/);
});
