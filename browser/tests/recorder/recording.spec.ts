import { expect, flush, said, test, until, visit } from "../support/recorder";
import { KEY } from "../support/site";

test("a page is recorded from a full snapshot on", async ({ page, site }) => {
  site.pages["/"] = `<h1>Hello</h1><button id="buy">Buy</button><input id="name">${site.snippet()}`;
  await visit(page, site.url);
  await page.click("#buy");
  await page.fill("#name", "Ada");
  await flush(page);

  const events = site.events();
  expect(events.slice(0, 2).map((event) => event.type)).toEqual([4, 2]);
  expect(JSON.stringify(events[1])).toContain("Hello");
  expect(events.some((event) => event.data.source === 2 && event.data.type === 2)).toBe(true);
  expect(events.some((event) => event.data.source === 5 && event.data.text === "Ada")).toBe(true);
  for (const event of events) expect(Object.keys(event)).toEqual(["type", "data", "timestamp"]);
});

test("a link to a script stays a link, without the script", async ({ page, site }) => {
  site.pages["/"] =
    `<a id="early" href="javascript:say('secret')">Offers</a><a id="late">More</a><a id="plain">None</a>${site.snippet()}`;
  await visit(page, site.url);
  await page.evaluate("document.getElementById('late').href = 'JavaScript:void(0)'");
  await flush(page);

  const text = JSON.stringify(site.events());
  expect(text).toContain('{"id":"early","href":""}');
  expect(text).toContain('{"id":"plain"}');
  expect(text).toContain('"attributes":{"href":""}');
  expect(text).not.toMatch(/secret|javascript:/i);
});

test("uploads are simple requests to the address of their batch", async ({ page, site }) => {
  site.pages["/"] = `<p>${"long ".repeat(500)}</p>${site.snippet()}`;
  await visit(page, site.url);
  await page.click("p");
  await flush(page);

  expect(site.preflights).toBe(0);
  const [first] = site.uploads;
  expect(first?.method).toBe("POST");
  expect(first?.key).toBe(KEY);
  expect(first?.session).toMatch(/^[0-9a-f]{32}$/);
  expect(first?.stream).toMatch(/^[0-9a-f]{32}$/);
  expect(first?.contentType).toBeUndefined();
  expect(first?.gzip).toBe(true);
  expect(Math.abs((first?.sentAt ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(site.uploads.map((upload) => upload.seq)).toEqual(site.uploads.map((_, index) => index));
});

test("what the page says early comes after the first snapshot, in order", async ({ page, site }) => {
  const stub =
    "window.hindsight = window.hindsight || new Proxy({ q: [] }, { get: (h, name) => h[name] || ((...args) => { h.q.push([name, ...args]); }) })";
  site.pages["/"] = `<script>${stub};
    const before = window.hindsight;
    hindsight.identify("user-1", { plan: "free" });
    hindsight.track("opened", { tab: 2 });
    addEventListener("load", () => before.q.push(["track", "kept the old object"]));
  </script>${site.snippet()}`;
  await visit(page, site.url);
  await until(() => site.said("hindsight.track").length === 2);

  const said = site.events().filter((event) => event.type === 5);
  expect(said[0]?.data.tag).toBe("hindsight.navigate");
  expect(site.said("hindsight.identify")).toEqual([{ id: "user-1", traits: { plan: "free" } }]);
  expect(site.said("hindsight.track")).toEqual([
    { name: "opened", props: { tab: 2 } },
    { name: "kept the old object" },
  ]);
  const types = site.events().map((event) => event.type);
  expect(types.indexOf(5)).toBeGreaterThan(types.indexOf(2));
});

test("what the page says while it is captured comes after what it said before", async ({ page, site }) => {
  // Browsers may fire a page's load event inside a call of the recorder's. Here one of its calls does it.
  site.pages["/"] = `${site.snippet()}<script>
    const listen = document.addEventListener;
    document.addEventListener = function (type, ...rest) {
      if (type === "visibilitychange") hindsight.track("meanwhile");
      return listen.call(this, type, ...rest);
    };
    const early = setInterval(() => {
      if (!window.hindsight) return;
      clearInterval(early);
      hindsight.track("before");
    }, 0);
  </script>`;
  // The recorder comes after the page has spoken.
  await page.route("**/assets/recorder.js", async (route) => {
    await page.waitForTimeout(300);
    await route.continue();
  });
  await visit(page, site.url);
  await until(() => site.said("hindsight.track").length === 2);
  expect(site.said("hindsight.track")).toEqual([{ name: "before" }, { name: "meanwhile" }]);
});

test("prompts, replies and feedback refer to each other", async ({ page, site }) => {
  site.pages["/"] = site.snippet();
  await visit(page, site.url);
  const ids = await said(page, (hindsight) => {
    const prompt = hindsight.prompt("How do I return this?", { conversation: "c1" });
    const reply = hindsight.reply("I do not know.", { to: prompt, answered: false, sources: ["faq"] });
    hindsight.feedback(reply, -1);
    return { prompt, reply, own: hindsight.prompt("Again", { id: "mine" }) };
  });
  await flush(page);

  expect(ids.own).toBe("mine");
  expect(site.said("hindsight.prompt")[0]).toEqual({
    id: ids.prompt,
    text: "How do I return this?",
    conversation: "c1",
  });
  expect(site.said("hindsight.reply")).toEqual([
    { id: ids.reply, text: "I do not know.", to: ids.prompt, answered: false, sources: ["faq"] },
  ]);
  expect(site.said("hindsight.feedback")).toEqual([{ id: ids.reply, value: -1 }]);
});

test("navigation within a page is told, with how it happened", async ({ page, site }) => {
  site.pages["/"] = site.snippet();
  await visit(page, site.url);
  await page.evaluate(() => {
    history.pushState(null, "", "/a");
    document.title = "Page A";
    history.replaceState({ again: true }, "", "/a");
    history.replaceState(null, "", "/b");
    location.hash = "part";
  });
  await until(() => page.url().endsWith("#part"));
  await page.evaluate(() => history.go(-2));
  await page.waitForURL(`${site.url}/`);
  await flush(page);

  const moves = site.said("hindsight.navigate");
  expect(moves.map((move) => move.kind)).toEqual(["load", "push", "replace", "hash", "pop"]);
  expect(moves.map((move) => new URL(move.href).pathname)).toEqual(["/", "/a", "/b", "/b", "/"]);
  expect(moves.slice(0, 2).map((move) => move.title)).toEqual(["Shop", "Page A"]);
});

test("stopping gives the page its own functions back, and starting goes on with a snapshot", async ({
  page,
  site,
}) => {
  site.pages["/"] = `<button>Press</button>${site.snippet()}`;
  await visit(page, site.url);
  const native = await page.evaluate(() => {
    (window.hindsight as { stop(): void }).stop();
    return [history.pushState, history.replaceState, CSSStyleSheet.prototype.insertRule].every((method) =>
      String(method).includes("[native code]"),
    );
  });
  expect(native).toBe(true);
  await page.click("button");
  await said(page, (hindsight) => hindsight.start());
  await flush(page);

  const types = site.events().map((event) => event.type);
  expect(types.filter((type) => type === 2)).toHaveLength(2);
  expect(site.events().some((event) => event.data.source === 2 && event.data.type === 2)).toBe(false);
});

test("options may stand in the script's URL, and recording may wait for the page", async ({ page, site }) => {
  const src = `${site.server}/hindsight.js?connection=${KEY}&start=manual&privacy=strict`;
  site.pages["/"] = `<p>Visible words</p><script src="${src}"></script>`;
  await page.goto(site.url);
  expect(await said(page, (hindsight) => hindsight.sessionUrl())).toBe("");
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
  await said(page, (hindsight) => hindsight.start());
  await flush(page);

  expect(site.uploads[0]?.json).toContain("******* *****");
  expect(site.uploads[0]?.json).not.toContain("Visible words");
});

test("a script that is included twice records once", async ({ page, site }) => {
  site.pages["/"] = `${site.snippet()}${site.snippet()}`;
  await visit(page, site.url);
  await page.waitForLoadState("load");
  await flush(page);
  expect(new Set(site.uploads.map((upload) => upload.stream)).size).toBe(1);
});

test("an embedded page of the same site is recorded once, as a part of the page around it", async ({
  page,
  site,
}) => {
  site.pages["/"] = `${site.snippet()}<iframe src="/inner"></iframe>`;
  site.pages["/inner"] = `<p>Inner words</p>${site.snippet()}`;
  await visit(page, site.url);
  await page.frameLocator("iframe").getByText("Inner words").click();
  const inner = page.frames()[1];
  await inner?.waitForFunction(() => window.hindsight);
  await inner?.evaluate(() => window.hindsight?.track("inside"));
  await flush(page);
  await until(() => site.said("hindsight.track").length > 0);

  expect(new Set(site.uploads.map((upload) => upload.stream)).size).toBe(1);
  expect(site.uploads.some((upload) => upload.json.includes("Inner words"))).toBe(true);
});

test("a session that is not in the sample is not recorded and fetches nothing more", async ({
  page,
  site,
}) => {
  site.pages["/"] = site.snippet({ sample: "0" });
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  await visit(page, site.url);
  await said(page, (hindsight) => hindsight.track("ignored"));
  await flush(page);
  expect(fetched).not.toContain("/assets/recorder.js");
  expect(site.uploads).toEqual([]);
});

test("the address of the replay names the session and, on request, the moment", async ({ page, site }) => {
  site.pages["/"] = site.snippet();
  await visit(page, site.url);
  const [url, now] = await said(page, (hindsight) => [
    hindsight.sessionUrl(),
    hindsight.sessionUrl({ now: true }),
  ]);
  expect(url).toBe(`${site.server}/go/${KEY}/${site.uploads[0]?.session}`);
  expect(now).toMatch(/\?at=\d{13}$/);
});
