/** What the recorder's tests share: a site for each test, and the page that visits it. */

import { test as base, expect, type Page } from "@playwright/test";
import type { Hindsight } from "../../recorder/api";
import { type Site, startSite } from "./site";

export { expect };

export const test = base.extend<{ site: Site }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants a destructured first argument.
  site: async ({}, use) => {
    const site = await startSite();
    await use(site);
    await site.stop();
  },
});

/** Waits until the server has everything that the page has to send. */
export async function flush(page: Page): Promise<void> {
  await page.evaluate(() => (window.hindsight as Hindsight).flush());
}

/** Opens a page and waits until the recorder has sent its first snapshot. */
export async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForFunction(() => window.hindsight && "flush" in window.hindsight);
  await flush(page);
}

/** Waits until something that the server received is as expected. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(what, { timeout: 15_000, intervals: [20, 50, 100] }).toBe(true);
}

/** Runs `act` with the page's own side of `window.hindsight`. */
export function said<Result>(page: Page, act: (hindsight: Hindsight) => Result): Promise<Result> {
  return page.evaluate(`(${act.toString()})(window.hindsight)`) as Promise<Result>;
}
