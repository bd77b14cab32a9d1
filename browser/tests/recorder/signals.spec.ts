/** What is told beside the page: the console, errors, visibility, copies. Requests have a file of their own. */

import type { Page } from "@playwright/test";
import { expect, flush, said, test, until, visit } from "../support/recorder";
import type { Site } from "../support/site";

/** Opens a page with this body and these options of the snippet. */
async function open(page: Page, site: Site, body = "", options: Record<string, string> = {}): Promise<void> {
  site.pages["/"] = body + site.snippet(options);
  await visit(page, site.url);
}

/** Lets the visitor do something, so that the page counts as watched, and waits a stretch of telling. */
async function settle(page: Page): Promise<void> {
  await page.waitForTimeout(1100);
  await flush(page);
}

test("warnings and errors of the console are told in a line each", async ({ page, site }) => {
  await open(page, site);
  await page.evaluate(() => {
    console.warn("%s took %d ms %c", "Saving", 1200, "color: red", null, undefined, true, 2n, Symbol("s"));
    console.error("Failed:", new TypeError("no such cart"), { cart: 7 }, [1], () => 1);
    console.log("not told");
    console.error();
  });
  await flush(page);

  const lines = site.said("hindsight.console");
  expect(lines.map(({ level, text }) => [level, text])).toEqual([
    ["warn", "Saving took 1200 ms  null undefined true bigint Symbol(s)"],
    ["error", "Failed: TypeError: no such cart {…} {…} function"],
    ["error", ""],
  ]);
  expect(lines[0].stack).toBe("");
  expect(lines[1].stack).toMatch(/^ *at .*:\d+:\d+/);
  expect(lines[1].stack).not.toContain("no such cart");
});

test("no code of the page runs to tell what it logs", async ({ page, site }) => {
  await open(page, site);
  const touched = await page.evaluate(() => {
    const touched: string[] = [];
    const touch = (name: string) => () => {
      touched.push(name);
      throw new Error(name);
    };
    const traps = Object.getOwnPropertyNames(Reflect).map((name) => [name, touch(name)]);
    class Lazy extends Error {
      override get message() {
        return touch("message")();
      }
      override get name() {
        return touch("name")();
      }
    }
    const lazy = new Lazy();
    Object.defineProperty(lazy, "stack", { get: touch("stack") });
    const named = Object.assign(new Error("own words"), { name: "CartError" });
    const args = [
      new Proxy(new Error("hidden"), Object.fromEntries(traps)),
      { toString: touch("toString"), toJSON: touch("toJSON"), valueOf: touch("valueOf") },
      Object.defineProperty([], "0", { get: touch("0") }),
      lazy,
      named,
    ];
    /** What is touched when this is logged: developer tools look at some of it, too. */
    const log = () => {
      touched.length = 0;
      console.warn(...args);
      return [...touched];
    };
    const withUs = log();
    (window.hindsight as { stop(): void }).stop();
    return { withUs, without: log() };
  });
  await flush(page);
  expect(touched.withUs).toEqual(touched.without);
  expect(site.said("hindsight.console")[0].text).toBe("{…} {…} {…} :  CartError: own words");
});

/** Prints to the console, and answers what calls of it answer. */
const PRINTING = `() => {
  const { error, warn } = console;
  const circle = {};
  circle.self = circle;
  return [
    error("one %s", "two", { three: 3 }),
    warn.call(undefined, "detached", circle, new Map([[1, 2]])),
    error(new TypeError("four")),
    [error.name, error.length, warn.name, warn.length, String(error).includes("[native code]")],
  ];
}`;

test("the console prints what it would print without us", async ({ page, site }) => {
  const printed: [string, string][] = [];
  page.on("console", (message) => {
    if (!message.text().startsWith("Failed to load")) printed.push([message.type(), message.text()]);
  });
  await open(page, site, `<script>plain = (${PRINTING})()</script>`);
  const [before, after] = (await page.evaluate(`[plain, (${PRINTING})()]`)) as [unknown, unknown];
  expect(after).toEqual(before);
  const places = / at .*/gs;
  const lines = printed.map((line) => line.join(" ").replace(places, ""));
  expect(lines).toHaveLength(6);
  expect(lines.slice(3)).toEqual(lines.slice(0, 3));
});

test("a loop of messages is told once, with how often, and a flood is counted", async ({ page, site }) => {
  await open(page, site);
  await page.evaluate(() => {
    for (let n = 0; n < 500; n += 1) console.error("again");
    for (let n = 0; n < 500; n += 1) console.error(`flood ${n}`);
  });
  await settle(page);

  const lines = site.said("hindsight.console");
  expect(lines.map(({ text, times }) => [text, times])).toEqual([
    ["again", undefined],
    ...Array.from({ length: 9 }, (_, n) => [`flood ${n}`, undefined]),
    ["again", 499],
  ]);
  expect(site.said("hindsight.skipped")).toEqual([{ tag: "hindsight.console", count: 491 }]);

  await page.evaluate(() => console.error("again"));
  await flush(page);
  expect(site.said("hindsight.console").at(-1)).toEqual({ level: "error", text: "again", stack: "" });
});

test("a message as long as a book is cut", async ({ page, site }) => {
  await open(page, site);
  await page.evaluate(() => console.error("x".repeat(1_000_000), ...Array(1000).fill("y")));
  await flush(page);
  expect(site.said("hindsight.console")[0].text).toBe("x".repeat(1000));
});

test("errors that nothing caught are told, and reach the page once as before", async ({ page, site }) => {
  const uncaught: string[] = [];
  page.on("pageerror", (error) => uncaught.push(error.message));
  const handlers = `<script>
    heard = [];
    onerror = (message, source, line, column, error) => { heard.push(error.message); };
    addEventListener("unhandledrejection", (event) => { heard.push(String(event.reason)); });
  </script><script src="/broken?build=77"></script>`;
  site.pages["/broken"] = "<!doctype js>";
  await open(page, site, `${handlers}<img src="/missing.png">`);
  await page.evaluate(() => {
    setTimeout(() => {
      throw new RangeError("out of stock");
    });
    Promise.reject(new TypeError("no answer"));
    Promise.reject("only words");
  });
  await until(async () => {
    await flush(page);
    return site.said("hindsight.error").length === 3;
  });

  const told = site.said("hindsight.error");
  expect(told.map(({ text }) => text).sort()).toEqual([
    "Uncaught (in promise) TypeError: no answer",
    "Uncaught (in promise) only words",
    "Uncaught RangeError: out of stock",
  ]);
  for (const { text, stack } of told) expect(stack.includes("at ")).toBe(!text.includes("only words"));
  const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  expect(heard.slice(-3).sort()).toEqual(["TypeError: no answer", "only words", "out of stock"]);
  expect(uncaught.slice(-3).sort()).toEqual(["no answer", "only words", "out of stock"]);
});

test("a stack names scripts without what their addresses carry", async ({ page, site }) => {
  const script = "data:text/javascript,";
  await open(page, site, `<script src="${script}"></script>`);
  await page.evaluate(() => {
    const error = new Error("broken at https://a.example/x?token=one#two and /b?c=three");
    error.stack = [
      "Error: broken",
      "    at pay (https://a.example/app.js?v=hushed:10:5)",
      "    at https://a.example/b.js#hushed:3:14",
      "send@https://a.example/c.js?hushed:7:1",
      "    something else, hushed",
    ].join("\n");
    console.error(error);
  });
  await flush(page);
  expect(site.said("hindsight.console")).toEqual([
    {
      level: "error",
      text: "Error: broken at https://a.example/x and /b",
      stack: [
        "    at pay (https://a.example/app.js:10:5)",
        "    at https://a.example/b.js:3:14",
        "send@https://a.example/c.js:7:1",
      ].join("\n"),
    },
  ]);
});

test("that the page goes out of view and comes back is told", async ({ page, site }) => {
  await open(page, site);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
    console.error("while nobody looks");
    Reflect.deleteProperty(document, "hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    console.error("while somebody looks");
  });
  await flush(page);
  expect(site.said("hindsight.visibility")).toEqual([{ state: "hidden" }, { state: "visible" }]);
  expect(site.said("hindsight.console").map(({ text }) => text)).toEqual(["while somebody looks"]);
});

test("errors of a page that nobody has touched for long are not told", async ({ page, site }) => {
  await page.clock.install();
  await open(page, site);
  await page.clock.fastForward(6 * 60_000);
  await page.evaluate(() => console.error("for nobody"));
  await page.mouse.click(5, 5);
  await page.evaluate(() => console.error("for somebody"));
  await flush(page);
  expect(site.said("hindsight.console").map(({ text }) => text)).toEqual(["for somebody"]);
});

const COPIED = `<p id=a>Take <b>these words</b><i style="display:none">unseen</i></p><p id=b class="rr-mask">masked</p>
  <p id=c class="rr-block">blocked</p><p id=d class="rr-ignore">ignored</p>
  <input id=e value="typed"><input id=f autocomplete="cc-number" value="4111">`;

/** Copies what is in the element, by keyboard. */
async function copy(page: Page, selector: string): Promise<void> {
  await page.locator(selector).evaluate((element) => {
    if (element instanceof HTMLInputElement) element.select();
    else getSelection()?.selectAllChildren(element);
  });
  await page.keyboard.press("Control+c");
}

test("what is copied is told as far as it may be seen", async ({ page, site }) => {
  await open(page, site, COPIED);
  for (const id of ["#a", "#b", "#c", "#d", "#e", "#f"]) await copy(page, id);
  await flush(page);
  expect(site.said("hindsight.copy")).toEqual([
    { text: "Take these words", length: 16 },
    { text: "******", length: 6 },
    { text: "", length: 0 },
    { text: "********", length: 8 },
    { text: "typed", length: 5 },
    { text: "********", length: 8 },
  ]);
});

test("of a long copy the beginning is told, and of any the part that was selected", async ({
  page,
  site,
}) => {
  await open(page, site, `<p id=a>${"long ".repeat(100)}</p><p id=b>one two three</p>`);
  await copy(page, "#a");
  await page.locator("#b").evaluate((element) => {
    const text = element.firstChild as Text;
    getSelection()?.setBaseAndExtent(text, 4, text, 7);
  });
  await page.keyboard.press("Control+c");
  await flush(page);
  const [long, part] = site.said("hindsight.copy");
  expect(long).toEqual({ text: "long ".repeat(40), length: 500 });
  expect(part).toEqual({ text: "two", length: 3 });
});

for (const privacy of ["balanced", "strict"]) {
  test(`${privacy}: of what is copied only the length is told`, async ({ page, site }) => {
    await open(page, site, "<p>Take these words</p>", { privacy });
    await copy(page, "p");
    await flush(page);
    expect(site.said("hindsight.copy")).toEqual([{ text: "", length: 16 }]);
  });
}

test("strict tells where an error was, and none of its words", async ({ page, site }) => {
  await open(page, site, "", { privacy: "strict" });
  await page.evaluate(() => console.error("secret words", new Error("more\n    at words:12")));
  await flush(page);
  const [line] = site.said("hindsight.console");
  expect(line).toMatchObject({ level: "error", text: "" });
  expect(line.stack).toMatch(/at .*:\d+/);
  expect(line.stack).not.toContain("words");
});

const OFF = [
  ["recordConsole", "hindsight.console"],
  ["recordErrors", "hindsight.error"],
  ["recordRequests", "hindsight.request"],
  ["recordVisibility", "hindsight.visibility"],
  ["recordCopies", "hindsight.copy"],
] as const;

test("each of these can be switched off alone", async ({ page, site }) => {
  for (const [option, tag] of OFF) {
    site.uploads.length = 0;
    await open(page, site, "<p>Words</p>", { [option]: "off" });
    await copy(page, "p");
    await page.evaluate(() => {
      console.error("told");
      void Promise.reject("told");
      Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
      return fetch("/missing").then(() => {
        document.dispatchEvent(new Event("visibilitychange"));
      });
    });
    await flush(page);
    const told = OFF.map(([, tag]) => tag).filter((tag) => site.said(tag).length > 0);
    expect(told, option).toEqual(OFF.map(([, tag]) => tag).filter((other) => other !== tag));
  }
});

test("stopping gives the page its own functions back", async ({ page, site }) => {
  const functions = `[console.warn, console.error, fetch, XMLHttpRequest.prototype.open,
    XMLHttpRequest.prototype.send, history.pushState, history.replaceState]`;
  await open(page, site, `<script>natives = ${functions}</script>`);
  const same = () => page.evaluate(`${functions}.map((each, n) => each === natives[n])`);
  expect(await same()).toEqual(Array(7).fill(false));
  await said(page, (hindsight) => hindsight.stop());
  expect(await same()).toEqual(Array(7).fill(true));
});

test("who wraps what we wrapped keeps that, and ours goes silent inside", async ({ page, site }) => {
  await open(page, site);
  const calls = await page.evaluate(() => {
    const { error } = console;
    let calls = 0;
    const theirs = (...args: unknown[]) => {
      calls += 1;
      error(...args);
    };
    console.error = theirs;
    const hindsight = window.hindsight as { stop(): void; start(): void };
    hindsight.stop();
    console.error("not told");
    if (console.error !== theirs) throw new Error("their wrapper is gone");
    hindsight.start();
    console.error("told once");
    return calls;
  });
  await flush(page);
  expect(calls).toBe(2);
  expect(site.said("hindsight.console").map(({ text }) => text)).toEqual(["told once"]);
});
