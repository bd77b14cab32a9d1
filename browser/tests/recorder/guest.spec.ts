/** The recorder is a guest in the page: whatever is missing or broken there, the page does not notice. */

import { expect, flush, said, test, until, visit } from "../support/recorder";

/** What the page is like: a script that runs before all others. */
const HOUSES: { name: string; script: string; records: boolean }[] = [
  {
    name: "storage is forbidden",
    script: `for (const name of ["localStorage", "sessionStorage"])
      Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });`,
    records: true,
  },
  {
    name: "storage is full",
    script: `Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };`,
    records: true,
  },
  {
    name: "what is stored is nonsense",
    script: `localStorage.setItem("hindsight.wk_test_0123456789", '{"id":"../../x","startedAt":"yesterday"}');`,
    records: true,
  },
  { name: "there is no CompressionStream", script: "delete window.CompressionStream;", records: true },
  { name: "there is no AbortSignal.timeout", script: "delete AbortSignal.timeout;", records: true },
  {
    name: "compression fails",
    script: `window.CompressionStream = class { constructor() { throw new TypeError("no gzip"); } };`,
    records: true,
  },
  { name: "fetch throws", script: `window.fetch = () => { throw new Error("broken"); };`, records: false },
  {
    name: "fetch rejects",
    script: `window.fetch = () => Promise.reject(new Error("broken"));`,
    records: false,
  },
  { name: "fetch answers nonsense", script: "window.fetch = async () => undefined;", records: false },
  { name: "the console is gone", script: "delete window.console;", records: true },
  { name: "the console is frozen", script: "Object.freeze(console);", records: true },
  { name: "there is no XMLHttpRequest", script: "delete window.XMLHttpRequest;", records: true },
  { name: "errors tell nothing about themselves", script: "delete Error.isError;", records: true },
  { name: "there is no fetch", script: "delete window.fetch;", records: false },
  { name: "history is frozen", script: "Object.freeze(history);", records: true },
  {
    name: "another script takes its name",
    script: "window.hindsight = { mine: true };",
    records: false,
  },
];

for (const { name, script, records } of HOUSES) {
  test(`the page is unharmed when ${name}`, async ({ page, site }) => {
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    site.pages["/"] = `<!doctype html><script>${script}</script><button>Go</button>${site.snippet()}`;
    await page.goto(site.url);
    await page.click("button");
    if (records) await until(() => site.events().some((event) => event.type === 2));
    await page.evaluate(() => {
      const hindsight = window.hindsight as unknown as Record<
        string,
        ((...args: unknown[]) => unknown) | undefined
      >;
      const loop: Record<string, unknown> = {};
      loop.self = loop;
      hindsight.track?.("cyclic", loop);
      hindsight.prompt?.(null, null);
      hindsight.reply?.(undefined);
      hindsight.feedback?.();
      hindsight.identify?.(1n);
      hindsight.sessionUrl?.(null);
      history.pushState({}, "", "/moved");
    });
    await page.waitForTimeout(300);
    expect(errors).toEqual([]);
    expect(page.url()).toBe(`${site.url}/moved`);
  });
}

test("a call that cannot be recorded does not stop the recording", async ({ page, site }) => {
  site.pages["/"] = site.snippet();
  await visit(page, site.url);
  await said(page, (hindsight) => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    hindsight.track("cyclic", loop);
    hindsight.track("fine");
  });
  await flush(page);
  expect(site.said("hindsight.track")).toEqual([{ name: "fine" }]);
});

test("the page's own errors stay its own", async ({ page, site }) => {
  site.pages["/"] = `<style></style>${site.snippet()}`;
  await visit(page, site.url);
  const thrown = await page.evaluate(() => {
    const sheet = document.styleSheets[0] as CSSStyleSheet;
    const calls = [
      () => sheet.insertRule("not a rule"),
      () => history.pushState(null, "", "https://elsewhere.example/"),
    ];
    return calls.map((call) => {
      try {
        call();
        return "nothing";
      } catch (error) {
        return (error as Error).name;
      }
    });
  });
  expect(thrown).toEqual(["SyntaxError", "SecurityError"]);
});

test("a strict content security policy that names the server is enough", async ({ page, site }) => {
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  site.headers = {
    "Content-Security-Policy": `default-src 'none'; script-src ${site.server}; connect-src ${site.server}`,
  };
  site.pages["/"] = `<p>Words</p>${site.snippet()}`;
  await visit(page, site.url);
  expect(site.events().map((event) => event.type)).toContain(2);
  expect(errors).toEqual([]);
});

test("a policy that allows scripts by nonce is enough, too", async ({ page, site }) => {
  site.headers = { "Content-Security-Policy": `script-src 'nonce-abc'` };
  site.pages["/"] = site.snippet().replace("<script", '<script nonce="abc"');
  await visit(page, site.url);
  expect(site.events().map((event) => event.type)).toContain(2);
});

test("a policy that forbids the server costs the page nothing", async ({ page, site }) => {
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  site.headers = { "Content-Security-Policy": `connect-src 'self'` };
  site.pages["/"] = `<button>Go</button>${site.snippet()}`;
  await page.goto(site.url);
  await page.click("button");
  await page.waitForTimeout(500);
  expect(site.uploads).toEqual([]);
  expect(errors).toEqual([]);
});
