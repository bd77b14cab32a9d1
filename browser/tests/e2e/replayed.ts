/** Reading a replay at the moments of the visit that it shows. */

import { expect, type FrameLocator, type Page } from "@playwright/test";
import type { Manifest } from "../../contracts/replay";

/** Waits until the page is recorded, so that a moment of it can be found in the replay. */
export async function recordingRuns(page: Page): Promise<void> {
  await page.waitForFunction(() => Boolean(window.hindsight?.sessionUrl?.()));
  await page.evaluate(() => window.hindsight?.flush());
}

/** The manifest once the visit's last upload has arrived. */
export async function settledManifest(page: Page, sessionUrl: string): Promise<Manifest> {
  const ask = async () => (await (await page.request.get(`${sessionUrl}/manifest.json`)).json()) as Manifest;
  const eventsOf = ({ streams }: Manifest) =>
    streams.flatMap(({ parts }) => parts.map(({ events }) => events));
  let last = await ask();
  await expect
    .poll(
      async () => {
        const next = await ask();
        const settled = eventsOf(next).length === eventsOf(last).length;
        last = next;
        return settled;
      },
      { intervals: [1500] },
    )
    .toBe(true);
  return last;
}

/** Opens a replay at a moment of the visitor's clock, and holds it there; returns the page as it was recorded. */
export async function openAt(page: Page, url: string, manifest: Manifest, at: number): Promise<FrameLocator> {
  const stream = manifest.streams.findLast(({ started_at }) => started_at <= at);
  if (!stream) throw new Error("no stream plays then");
  const at_ms = stream.offset_ms + at - stream.started_at;
  await page.goto(`${url}?t=${at_ms / 1000}`);
  const recorded = page.frameLocator("#stage-frame").frameLocator(".screen:not([hidden]) iframe");
  await expect(recorded.locator("html")).toBeAttached({ timeout: 15_000 });
  // It plays from there, and the machine may be slow.
  await page.locator("#stage-frame").evaluate((frame: HTMLIFrameElement, ms) => {
    for (const message of [{ type: "pause" }, { type: "seek", at_ms: ms }]) {
      frame.contentWindow?.postMessage(message, location.origin);
    }
  }, at_ms);
  return recorded;
}
