import type { Page } from "@playwright/test";
import { expect, flush, test, visit } from "../support/recorder";
import type { Site } from "../support/site";

/** Opens a page of somebody who is busy with it. */
async function open(page: Page, site: Site, body = ""): Promise<void> {
  site.pages["/"] = `${body}${site.snippet()}`;
  site.pages["/found"] = "<!doctype html>found";
  await page.route("**/slow*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await route.fulfill({ status: 201, body: "late" });
  });
  await page.route("**/gone**", (route) => route.abort("connectionrefused"));
  await page.route("**/never/**", () => {});
  await visit(page, site.url);
  await page.mouse.click(5, 5);
}

/** What was told of requests: method, path and status. */
async function told(page: Page, site: Site): Promise<string[]> {
  await flush(page);
  const path = (url: string) => url.replace(site.url, "");
  return site.said("hindsight.request").map(({ method, url, status }) => `${method} ${path(url)} ${status}`);
}

test("requests are told with method, address and status, and without what they carry", async ({
  page,
  site,
}) => {
  await open(page, site);
  await page.evaluate(async () => {
    const form = { method: "post", body: "hushed=1" };
    await fetch("/found?token=hushed#hushed");
    await fetch(new URL("/missing?token=hushed", location.href), form);
    await fetch(new Request("/missing", { method: "PUT", body: "x", headers: { Authorization: "hushed" } }));
    await fetch("data:text/plain,hushed");
    await fetch(URL.createObjectURL(new Blob(["hushed"])));
    await fetch("/gone?hushed").catch(() => {});
    const load = (method: string, url: string) =>
      new Promise((resolve) => {
        const xhr = new XMLHttpRequest();
        xhr.open(method, url, true, "hushed", "hushed");
        xhr.addEventListener("loadend", resolve);
        xhr.send("hushed");
      });
    await load("POST", "/found?hushed");
    await load("DELETE", "missing");
    await load("HEAD", "/gone");
  });
  expect(await told(page, site)).toEqual([
    "GET /found 200",
    "POST /missing 404",
    "PUT /missing 404",
    "GET /gone 0",
    "POST /found 200",
    "DELETE /missing 404",
    "HEAD /gone 0",
  ]);
  for (const { took } of site.said("hindsight.request")) {
    expect(Number.isInteger(took)).toBe(true);
    expect(took).toBeGreaterThanOrEqual(0);
    expect(took).toBeLessThan(5000);
  }
  const uploads = site.uploads.map(({ json }) => json).join("");
  expect(uploads).not.toMatch(/hushed|token/);
});

test("what the page aborts is no failure; what runs out of time is", async ({ page, site }) => {
  await open(page, site);
  await page.evaluate(async () => {
    const quiet = () => {};
    const abort = (reason?: unknown) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 50);
      return controller.signal;
    };
    await fetch("/never/1", { signal: abort() }).catch(quiet);
    await fetch(new Request("/never/2", { signal: abort() })).catch(quiet);
    await fetch("/never/3", { signal: abort("changed my mind") }).catch(quiet);
    await fetch("/never/4", { signal: AbortSignal.timeout(50) }).catch(quiet);
    const send = (path: string, prepare: (xhr: XMLHttpRequest) => void) =>
      new Promise((resolve) => {
        const xhr = new XMLHttpRequest();
        xhr.open("GET", path);
        xhr.addEventListener("loadend", resolve);
        prepare(xhr);
        xhr.send();
      });
    await send("/never/5", (xhr) => setTimeout(() => xhr.abort(), 50));
    await send("/never/6", (xhr) => {
      xhr.timeout = 50;
    });
  });
  expect(await told(page, site)).toEqual(["GET /never/4 0", "GET /never/6 0"]);
});

test("a request object that is used again is told each time once", async ({ page, site }) => {
  await open(page, site);
  await page.evaluate(async () => {
    const xhr = new XMLHttpRequest();
    const done = () => new Promise((resolve) => xhr.addEventListener("loadend", resolve, { once: true }));
    for (const path of ["/missing/1", "/missing/2"]) {
      xhr.open("GET", path);
      try {
        xhr.setRequestHeader("", "");
      } catch {}
      xhr.send();
      try {
        xhr.send();
      } catch {}
      await done();
    }
    xhr.open("GET", "/never/0");
    xhr.send();
    xhr.abort();
    xhr.open("GET", "/missing/3");
    xhr.send();
    await done();
  });
  expect(await told(page, site)).toEqual(["GET /missing/1 404", "GET /missing/2 404", "GET /missing/3 404"]);
});

test("an answer that the page may not look into is not told", async ({ page, site }) => {
  await open(page, site);
  await page.evaluate(async (server) => {
    await fetch(`${server}/hindsight.js`, { mode: "no-cors" });
    await fetch(`${server}/hindsight.js`);
  }, site.server);
  expect(await told(page, site)).toEqual([`GET ${site.server}/hindsight.js 200`]);
});

test("our own uploads are not told, not even when they fail", async ({ page, site }) => {
  site.answer = () => ({ status: 500 });
  site.pages["/"] = site.snippet();
  await page.goto(site.url);
  await page.mouse.click(5, 5);
  await expect.poll(() => site.uploads.length, { timeout: 15_000 }).toBeGreaterThan(1);
  site.answer = () => undefined;
  expect(await told(page, site)).toEqual([]);
});

test("quick answers to what nobody asked for are left out; slow and failed ones are not", async ({
  page,
  site,
}) => {
  await open(page, site);
  await page.waitForTimeout(3200);
  await page.evaluate(async () => {
    await fetch("/found");
    await fetch("/missing");
    await fetch("/slow");
  });
  expect(await told(page, site)).toEqual(["GET /missing 404", "GET /slow 201"]);
  const [, slow] = site.said("hindsight.request");
  expect(slow.took).toBeGreaterThanOrEqual(1000);
});

test("a flood of quick requests does not hide one that failed", async ({ page, site }) => {
  await open(page, site);
  await page.evaluate(async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => fetch(`/found?${n}`)));
    for (let n = 0; n < 15; n += 1) await fetch(`/found/${n}`).catch(() => {});
  });
  await page.waitForTimeout(1100);
  const lines = await told(page, site);
  expect(lines.filter((line) => line === "GET /found 200")).toHaveLength(2);
  const repeated = site.said("hindsight.request").find(({ times }) => times);
  expect(repeated.times).toBe(39);
  expect(lines.filter((line) => line.endsWith(" 404"))).toHaveLength(10);
  expect(site.said("hindsight.skipped")).toEqual([{ tag: "hindsight.request", count: 5 }]);
});

/** Calls of which the outcome must not depend on whether anybody records. */
const CALLS = `async () => {
  const outcome = async (call) => {
    try {
      const answer = await call();
      return [answer.status, answer.type, answer.constructor.name, await answer.text()];
    } catch (error) {
      return [error?.name, error?.message ?? error];
    }
  };
  const controller = new AbortController();
  controller.abort("reason");
  const send = (method, url) => new Promise((resolve) => {
    const xhr = new XMLHttpRequest();
    const seen = [];
    for (const type of ["loadstart", "load", "error", "abort", "timeout", "loadend"])
      xhr["on" + type] = () => seen.push(type);
    xhr.addEventListener("loadend", () => setTimeout(() => resolve([xhr.status, xhr.responseText, ...seen])));
    xhr.open(method, url);
    xhr.send();
  });
  const thrown = (call) => { try { return call(); } catch (error) { return [error.name, error.message]; } };
  return [
    await outcome(() => fetch("/found")),
    await outcome(() => fetch("/missing")),
    await outcome(() => fetch("/gone")),
    await outcome(() => fetch("http://user:password@x/")),
    await outcome(() => fetch("/found", { method: "bad method" })),
    await outcome(() => fetch("/found", { signal: controller.signal })),
    await outcome(() => fetch()),
    await outcome(() => fetch.call({}, "/found")),
    await outcome(() => new Function("return fetch")()("/found")),
    await send("GET", "/found"),
    await send("GET", "/gone"),
    thrown(() => new XMLHttpRequest().send()),
    thrown(() => new XMLHttpRequest().open("bad method", "/")),
    thrown(() => new XMLHttpRequest().open()),
    thrown(() => XMLHttpRequest.prototype.open.call({}, "GET", "/")),
    thrown(() => XMLHttpRequest.prototype.send.call({})),
    [fetch("/found") instanceof Promise, fetch.name, fetch.length],
    [XMLHttpRequest.prototype.open.name, XMLHttpRequest.prototype.open.length, String(fetch).includes("[native code]")],
  ];
}`;

test("requests end for the page as they would without us", async ({ page, site }) => {
  await open(page, site, `<script>plain = (${CALLS})()</script>`);
  const [before, after] = (await page.evaluate(`(async () => [await plain, await (${CALLS})()])()`)) as [
    unknown[],
    unknown[],
  ];
  expect(after).toEqual(before);
  expect(await told(page, site)).not.toEqual([]);
});

test("a failure that the page does not handle is heard once", async ({ page, site }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await open(
    page,
    site,
    `<script>heard = 0; addEventListener("unhandledrejection", () => { heard += 1; })</script>`,
  );
  await page.evaluate(() => void fetch("/gone"));
  await expect.poll(() => page.evaluate("heard")).toBe(1);
  await page.evaluate(() => fetch("/gone").catch(() => {}));
  await page.waitForTimeout(200);
  expect(await page.evaluate("heard")).toBe(1);
  expect(errors).toEqual(["Failed to fetch"]);
});
