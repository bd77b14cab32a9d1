/** A hostile recording, posted by anybody who has the key, opened on the real replay page. */

import { expect, test } from "@playwright/test";
import { sessionOf, upload } from "../dashboard/visit";
import { type Canary, startCanary } from "../player/canary";
import { addresses, SCRIPT, scripts, styles } from "../player/vectors";
import { custom, element, event, mutation, page as recordedPage, snapshot } from "../support/recorded";
import { type RunningServer, startServer } from "../support/server";

let server: RunningServer;
let canary: Canary;

test.beforeAll(async () => {
  [server, canary] = [await startServer(), await startCanary()];
});

test.afterAll(async () => {
  await server.stop();
  await canary.stop();
});

test("it runs nothing and asks for nothing, on the list and in the replay", async ({ page }) => {
  const remote = (name: string) => `${canary.url}/${name}`;
  const target = { url: server.url, key: await server.addConnection("<img src=x onerror=alert(1)>") };
  const root = element("div");
  const words = element("p", { id: "words" }, "the recorded page");
  const body = [words, root, ...scripts(), ...addresses(remote), ...styles(remote)];
  const href = `javascript:${SCRIPT}//"><script>${SCRIPT}</script>`;
  const events = [
    ...snapshot(0, recordedPage(body, addresses(remote)), href),
    mutation(300, {
      attributes: [{ id: root.id, attributes: { onclick: SCRIPT, style: `background:url(${remote("m")})` } }],
    }),
    custom(400, `<script>${SCRIPT}</script>`, { href: `javascript:${SCRIPT}` }),
    custom(500, "hindsight.navigate", { href: `javascript:${SCRIPT}`, title: `<script>${SCRIPT}</script>` }),
    event(2000, 5, { tag: "end", payload: null }),
  ];
  await upload(target, { visit: "hostile", events });

  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(`${server.url}/go/${target.key}/${sessionOf("hostile")}`);
  const recorded = page.frameLocator("#stage-frame").frameLocator(".screen:not([hidden]) iframe");
  await expect(recorded.locator("#words")).toHaveText("the recorded page");
  await page.waitForTimeout(3000);
  for (const frame of page.frames()) {
    expect(await frame.evaluate("window.__pwned"), frame.url()).toBeUndefined();
  }
  await page.goto(page.url().replace(/\/[^/]+$/, ""));
  await expect(page.getByRole("heading", { name: "Sessions" })).toBeVisible();
  expect(await page.evaluate("window.__pwned")).toBeUndefined();
  expect(await page.title()).not.toBe("pwned");
  expect(canary.asked).toEqual([]);
  expect(dialogs).toEqual([]);
});
