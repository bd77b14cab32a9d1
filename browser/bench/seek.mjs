// Measures how long a seek to the end takes, on our stage and in rrweb's own
// player, and what the stage's page holds after playing a session through.
//
//   node bench/seek.mjs --url http://ADDRESS:PORT/connections/N/sessions/ID --events FILE
//     [--runs 5] [--speeds 4,16,60]
//
// FILE is what `hindsight export ID` writes. Each run has a browser profile of
// its own, so nothing comes from its cache; runs of the kinds take turns.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";

const RRWEB = join(dirname(createRequire(import.meta.url).resolve("rrweb")), "rrweb.umd.min.cjs");

/** The longest that anything may take but playing through. */
const PATIENCE_MS = 120_000;

const { values: args } = parseArgs({
  options: {
    url: { type: "string" },
    events: { type: "string" },
    runs: { type: "string", default: "5" },
    speeds: { type: "string", default: "60" },
  },
});
if (!args.url || !args.events) {
  throw new Error("usage: node bench/seek.mjs --url REPLAY_PAGE --events FILE [--runs N] [--speeds N,...]");
}
const session = new URL(args.url);
const below = (name) => `${session.pathname.replace(/\/$/, "")}/${name}`;
const recorded = await readFile(args.events, "utf8");

const chrome = await chromium.launch({
  executablePath: process.env.TEST_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
await measureSeeks(Number(args.runs));
for (const speed of args.speeds.split(",").map(Number)) await measurePlaying(speed);
await measureBareHeap();
await chrome.close();

async function measureSeeks(runs) {
  const kinds = {
    "our stage": seekOnStage,
    "bare rrweb, already built": seekBare,
    "bare rrweb, with building it": buildBare,
  };
  const times = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const [name, seek] of Object.entries(kinds)) times[name].push(await inNewProfile(seek));
  }
  const medians = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
  for (const [name, all] of Object.entries(times)) {
    console.log(`seek to the end, ${name}: ${round(medians[name])} ms (${all.map(round).join(", ")})`);
  }
  const [ours, built, building] = Object.values(medians);
  console.log(
    `ratio of our stage: ${(ours / built).toFixed(2)} to a built player, ${(ours / building).toFixed(2)} with building it`,
  );
}

async function measurePlaying(speed) {
  await inNewProfile(async (page) => {
    await openStage(page);
    const before = await heap(page);
    const { duration_ms } = await loaded(page);
    const started = Date.now();
    await tell(page, { type: "speed", speed });
    await tell(page, { type: "play" });
    await page.waitForFunction(() => state?.finished, null, {
      timeout: duration_ms + PATIENCE_MS,
      polling: 100,
    });
    const took = (Date.now() - started) / 1000;
    const minutes = (duration_ms / 60_000).toFixed(1);
    const heaps = `${mega(before)} MB at the first frame, ${mega(await heap(page))} MB at the end`;
    console.log(`played ${minutes} min at ${speed}x in ${took.toFixed(1)} s: heap ${heaps}`);
  });
}

async function measureBareHeap() {
  await inNewProfile(async (page) => {
    await openBare(page);
    await page.evaluate(() => {
      window.replayer = new rrweb.Replayer(recorded, { showWarning: false });
      replayer.pause(replayer.getMetaData().totalTime);
    });
    console.log(`bare rrweb with all events at the end: heap ${mega(await heap(page))} MB`);
  });
}

/** From the message to the answer that the place is shown. */
async function seekOnStage(page) {
  await openStage(page);
  const { duration_ms } = await loaded(page);
  return page.evaluate(async (at_ms) => {
    const started = performance.now();
    tell({ type: "seek", at_ms });
    await until(() => state && !state.buffering && Math.abs(state.at_ms - at_ms) <= 1);
    return performance.now() - started;
  }, duration_ms);
}

async function seekBare(page) {
  await openBare(page);
  return page.evaluate(async () => {
    const replayer = new rrweb.Replayer(recorded, { showWarning: false });
    await new Promise((resolve) => replayer.on("fullsnapshot-rebuilded", resolve));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const started = performance.now();
    replayer.pause(replayer.getMetaData().totalTime);
    return performance.now() - started;
  });
}

async function buildBare(page) {
  await openBare(page);
  return page.evaluate(() => {
    const started = performance.now();
    const replayer = new rrweb.Replayer(recorded, { showWarning: false });
    replayer.pause(replayer.getMetaData().totalTime);
    return performance.now() - started;
  });
}

/** A page of the server's origin that embeds the stage, with the session's first frame on it. */
async function openStage(page) {
  const url = `${session.origin}/bench`;
  await page.route(url, (route) => route.fulfill({ contentType: "text/html", body: stagePage() }));
  await page.goto(url);
  await page.waitForFunction(() => isReady, null, { timeout: PATIENCE_MS });
  const start = { at_ms: 0, autoplay: false, speed: 1, skip_idle: false };
  await tell(page, { type: "load", manifest_url: below("manifest.json"), ...start });
  await page.waitForFunction(() => loaded && state && !state.buffering, null, { timeout: PATIENCE_MS });
}

function stagePage() {
  return `<!doctype html><title>Bench</title>
<style>body { margin: 0 } iframe { width: 100vw; height: 100vh; border: 0; display: block }</style>
<script>
  let isReady = false, loaded = null, state = null, waiting = [];
  addEventListener("message", ({ data }) => {
    if (data.type === "ready") isReady = true;
    if (data.type === "loaded") loaded = data;
    if (data.type === "state") state = data;
    waiting = waiting.filter(({ isMet, resolve }) => !isMet() || resolve());
  });
  function tell(message) {
    document.querySelector("iframe").contentWindow.postMessage(message, location.origin);
  }
  function until(isMet) {
    return new Promise((resolve) => waiting.push({ isMet, resolve }));
  }
</script>
<iframe src="${below("stage")}"></iframe>`;
}

/** A page with rrweb's player and the events parsed, and nothing of ours. */
async function openBare(page) {
  const url = `${session.origin}/bench`;
  await page.route(url, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.route(`${url}.json`, (route) =>
    route.fulfill({ contentType: "application/json", body: recorded }),
  );
  await page.goto(url);
  await page.addScriptTag({ path: RRWEB });
  await page.evaluate(async (events) => {
    window.recorded = await (await fetch(events)).json();
  }, `${url}.json`);
}

function loaded(page) {
  return page.evaluate(() => loaded);
}

function tell(page, message) {
  return page.evaluate((told) => window.tell(told), message);
}

async function heap(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  await cdp.detach();
  return usedSize;
}

async function inNewProfile(measure) {
  const context = await chrome.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    return await measure(page);
  } finally {
    await context.close();
  }
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

function round(ms) {
  return ms.toFixed(0);
}

function mega(bytes) {
  return (bytes / 1e6).toFixed(1);
}
