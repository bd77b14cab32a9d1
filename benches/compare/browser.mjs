// Pages in a real Chromium, as somebody who is logged in sees them.

import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../../browser/package.json", import.meta.url))(
  "@playwright/test",
);

const PATIENCE_MS = 240_000;
const LOOK_EVERY_MS = 25;

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/**
 * A window of somebody who has looked at `before` already, so that scripts and styles come from the browser's cache.
 * No two measurements share one.
 */
export async function openWindow(browser, server, before) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: "UTC" });
  await context.addInitScript(noteFirstFrame);
  await server.logIn(context);
  if (before) await openReplay(context, before);
  return context;
}

/** Milliseconds from the address being opened to the first recorded byte, and to the recorded page being on the screen. */
export async function openReplay(context, { page: url, isRecorded }) {
  const page = await context.newPage();
  try {
    const recorded = [];
    page.on("response", (response) => isRecorded(response.url()) && recorded.push(response.request()));
    await page.goto(url, { waitUntil: "commit" });
    const began = await page.evaluate(() => performance.timeOrigin);
    const frameAt = await eventually(page, () => window.firstFrameAt);
    const bytesAt = recorded.map((request) => request.timing().startTime + request.timing().responseStart);
    return { firstByte: Math.min(...bytesAt) - began, firstFrame: frameAt - began };
  } finally {
    await page.close();
  }
}

/** Milliseconds from the address being opened to the first row of a list. */
export async function openList(context, { page: url, row }) {
  const page = await context.newPage();
  try {
    await page.goto(url, { waitUntil: "commit" });
    return await page
      .waitForFunction((row) => document.querySelector(row) && performance.now(), row, {
        timeout: PATIENCE_MS,
      })
      .then((at) => at.jsonValue());
  } finally {
    await page.close();
  }
}

/**
 * Runs in every document: waits for the frame that rrweb plays in, with a recorded page in it, to be painted. All peers
 * play with rrweb, so it is the same thing that is waited for.
 */
function noteFirstFrame() {
  const look = () => {
    const frame = document.querySelector(".replayer-wrapper iframe");
    const elements = frame?.contentDocument?.body?.querySelectorAll("*").length ?? 0;
    if (elements < 5 || frame.offsetWidth === 0) return requestAnimationFrame(look);
    requestAnimationFrame(() =>
      setTimeout(() => {
        window.firstFrameAt = performance.timeOrigin + performance.now();
      }),
    );
  };
  look();
}

/** What a function says in one of the page's documents, once one says anything. */
async function eventually(page, said) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    for (const frame of page.frames()) {
      const value = await frame.evaluate(said).catch(() => undefined);
      if (value !== undefined) return value;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`no first frame within ${PATIENCE_MS / 1000} s`);
}
