/** Nothing of the visitor leaves the page before they have agreed, where they are asked. */

import { expect, flush, said, test, visit } from "../support/recorder";
import { type RunningServer, startServer } from "../support/server";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer();
});

test.afterAll(() => server.stop());

const snippet = (key: string, more: string) =>
  `<script async src="${server.url}/hindsight.js" data-connection="${key}" ${more}></script>`;

test("nothing is loaded, stored or sent before the visitor agrees, and all ends when they take it back", async ({
  page,
  site,
}) => {
  const key = await server.addConnection("consent");
  site.pages["/"] = `<p>Words</p>${snippet(key, 'data-consent="required"')}`;
  site.pages["/next"] = site.pages["/"];
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().startsWith(server.url)) asked.push(new URL(request.url()).pathname);
  });
  const kept = () => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);

  await visit(page, site.url);
  await page.waitForFunction(() => typeof window.hindsight?.consent === "function");
  await said(page, (hindsight) => {
    hindsight.start();
    hindsight.track("before");
  });
  await flush(page);
  expect(asked).toEqual(["/hindsight.js"]);
  expect(await kept()).toEqual([]);

  await said(page, (hindsight) => hindsight.consent(true));
  await expect.poll(() => asked.filter((path) => /\/0$/.test(path)).length).toBeGreaterThan(0);
  await page.goto(`${site.url}/next`);
  await expect.poll(() => asked.filter((path) => /\/0$/.test(path)).length).toBeGreaterThan(1);

  await said(page, (hindsight) => hindsight.consent(false));
  expect(await kept()).toEqual([`hindsight.${key}.consent`]);
  expect(await said(page, (hindsight) => hindsight.sessionUrl())).toBe("");
  await page.waitForTimeout(500);
  asked.length = 0;
  await page.goto(site.url);
  await page.waitForFunction(() => typeof window.hindsight?.consent === "function");
  await flush(page);
  expect(asked).toEqual(["/hindsight.js"]);
});
