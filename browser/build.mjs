// Bundles everything the browser gets into one folder, with `assets.json` as its
// table of contents. `build.rs` runs this and embeds the result in the binary.
//
//   node build.mjs --out DIR [--modules DIR]
//
// `--modules` is the node_modules folder to resolve packages from, so that the
// sources can be built without writing into the source tree.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { cssText } from "./build/css_text.mjs";
import { postcssCut } from "./build/postcss.mjs";
import { privates } from "./build/privates.mjs";
import { recorderCut } from "./build/recorder.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values: args } = parseArgs({
  options: {
    out: { type: "string" },
    modules: { type: "string", default: join(here, "node_modules") },
  },
});
if (!args.out) throw new Error("usage: node build.mjs --out DIR [--modules DIR]");
const out = resolve(args.out);
const modules = resolve(args.modules);
const fromModules = createRequire(join(modules, "x.js"));
const { build } = await import(pathToFileURL(fromModules.resolve("esbuild")).href);

/** What visitors download must stay small: bytes after gzip -9. */
const BUDGET_LOADER = 4 * 1024;
const BUDGET_LOADER_AND_RECORDER = 30 * 1024;
const BUDGET_BESIDE = 5 * 1024;
const BUDGET_WIDGET = 14 * 1024;

/** Content types of what is built, by extension. */
const CONTENT_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/**
 * The bundles. `path` is the URL the server gives it; `{hash}` stands for a hash
 * of the content, and what has one may be cached for ever.
 */
const BUNDLES = [
  // What few pages need; its address stands in the loader.
  { name: "beside.js", entry: "beside/beside.ts", path: "/assets/beside.{hash}.js", plugin: cssText() },
  { name: "hindsight.js", entry: "recorder/loader.ts", path: "/hindsight.js", shorten: true },
  {
    name: "recorder.js",
    entry: "recorder/recorder.ts",
    path: "/assets/recorder.{hash}.js",
    plugin: recorderCut(),
    shorten: true,
  },
  { name: "widget.js", entry: "widget/widget.ts", path: "/widget.js", plugin: cssText() },
  { name: "stage.js", entry: "player/stage.ts", path: "/assets/stage.{hash}.js", plugin: postcssCut("one") },
  { name: "stage.css", entry: "player/stage.css", path: "/assets/stage.{hash}.css" },
  { name: "dashboard.css", entry: "dashboard/dashboard.css", path: "/assets/dashboard.{hash}.css" },
  { name: "sessions.js", entry: "dashboard/sessions.ts", path: "/assets/sessions.{hash}.js" },
  { name: "activity.js", entry: "dashboard/activity.ts", path: "/assets/activity.{hash}.js" },
  { name: "replay.js", entry: "dashboard/replay.ts", path: "/assets/replay.{hash}.js" },
  { name: "share.js", entry: "guest/share.ts", path: "/assets/share.{hash}.js" },
  { name: "shares.js", entry: "dashboard/shares.ts", path: "/assets/shares.{hash}.js" },
  // These two are put into files that people download.
  {
    name: "offline.js",
    entry: "guest/offline.ts",
    path: "/assets/offline.{hash}.js",
    cut: postcssCut("one"),
  },
  { name: "offline.css", entry: "guest/offline.css", path: "/assets/offline.{hash}.css" },
  { name: "receipt.js", entry: "dashboard/receipt.ts", path: "/assets/receipt.{hash}.js" },
  { name: "reports.js", entry: "dashboard/reports.ts", path: "/assets/reports.{hash}.js" },
  { name: "plugins.js", entry: "dashboard/plugins.ts", path: "/assets/plugins.{hash}.js" },
  { name: "settings.js", entry: "dashboard/settings.ts", path: "/assets/settings.{hash}.js" },
  {
    name: "widget_preview.css",
    entry: "dashboard/widget_preview.css",
    path: "/assets/widget_preview.{hash}.css",
  },
  { name: "operations.js", entry: "dashboard/operations.ts", path: "/assets/operations.{hash}.js" },
  { name: "storage.js", entry: "dashboard/storage.ts", path: "/assets/storage.{hash}.js" },
  { name: "demo/shop.js", entry: "demo/shop.ts", path: "/demo/assets/shop.{hash}.js" },
  { name: "demo/shop.css", entry: "demo/shop.css", path: "/demo/assets/shop.{hash}.css" },
];

/** Files that are served as they are. */
const COPIED = [
  { from: join(here, "dashboard/favicon.svg"), name: "favicon.svg", path: "/favicon.svg" },
  {
    from: fromModules.resolve("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"),
    name: "inter.woff2",
    path: "/assets/inter.{hash}.woff2",
  },
];

/** The widget's texts in other languages than English, fetched by those who need them. */
const LANGUAGES = ["ar", "de", "es", "fr", "ja"];

const assets = [];

async function add(name, pathPattern, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const asset = {
    name,
    path: pathPattern.replace("{hash}", hash),
    content_type: CONTENT_TYPES[extname(name)],
    immutable: pathPattern.includes("{hash}"),
    bytes: bytes.length,
  };
  await mkdir(dirname(join(out, name)), { recursive: true });
  await writeFile(join(out, name), bytes);
  if (asset.content_type.startsWith("font/")) {
    asset.gzip_bytes = null; // compressed in itself
  } else {
    const gzip = gzipSync(bytes, { level: 9 });
    await writeFile(join(out, `${name}.gz`), gzip);
    asset.gzip_bytes = gzip.length;
  }
  assets.push(asset);
  return asset;
}

const shortened = privates(await readFile(fromModules.resolve("rrweb"), "utf8"));

async function bundle({ name, entry, path, plugin, shorten }) {
  const { outputFiles, mangleCache } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2020",
    legalComments: "none",
    charset: "utf8",
    nodePaths: [modules],
    external: ["/assets/*"],
    plugins: plugin ? [plugin] : [],
    ...(shorten && shortened),
  });
  Object.assign(shortened.mangleCache, mangleCache);
  let text = outputFiles[0].text;
  for (const asset of assets) text = text.replaceAll(`/assets/${asset.name}`, asset.path);
  return add(name, path, Buffer.from(text));
}

function holdBudget(what, bytes, budget) {
  const line = `${what}: ${(bytes / 1024).toFixed(1)} KB gzip of ${budget / 1024} KB allowed`;
  console.log(line);
  if (bytes > budget) throw new Error(`${line}: visitors of every recorded page pay for this`);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const file of COPIED) await add(file.name, file.path, await readFile(file.from));
for (const language of LANGUAGES) {
  const texts = JSON.parse(await readFile(join(here, `widget/languages/${language}.json`), "utf8"));
  const name = `widget.${language}.json`;
  await add(name, `/assets/widget.${language}.{hash}.json`, Buffer.from(JSON.stringify(texts)));
}
for (const each of BUNDLES) await bundle(each);
for (const file of await readdir(join(here, "demo"), { recursive: true })) {
  if (![".html", ".svg"].includes(extname(file))) continue;
  let text = await readFile(join(here, "demo", file), "utf8");
  for (const asset of assets) text = text.replaceAll(`/demo/assets/${basename(asset.name)}`, asset.path);
  await add(`demo/${file}`, `/demo/${file}`, Buffer.from(text));
}

const size = (name) => assets.find((asset) => asset.name === name).gzip_bytes;
holdBudget("loader", size("hindsight.js"), BUDGET_LOADER);
holdBudget("loader and recorder", size("hindsight.js") + size("recorder.js"), BUDGET_LOADER_AND_RECORDER);
holdBudget("notice", size("beside.js"), BUDGET_BESIDE);
holdBudget("widget", size("widget.js"), BUDGET_WIDGET);
await writeFile(join(out, "assets.json"), JSON.stringify(assets, null, 2));
