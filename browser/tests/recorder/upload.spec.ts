import type { Page } from "@playwright/test";
import { expect, flush, said, test, until, visit } from "../support/recorder";
import type { Answer, Site } from "../support/site";

/** Answers the next uploads with these, then stores again. */
function script(site: Site, ...answers: (Answer | undefined)[]): void {
  site.answer = () => answers.shift();
}

/** Something to send: the custom event `name`. */
function track(page: Page, name: string): Promise<void> {
  return page.evaluate((name) => (window.hindsight as { track(name: string): void }).track(name), name);
}

function tracked(site: Site): string[] {
  return site.said("hindsight.track").map((payload) => payload.name);
}

test.beforeEach(async ({ page, site }) => {
  // Without chance the first wait is 2 s times this.
  await page.addInitScript(() => {
    Math.random = () => 0.05;
  });
  site.pages["/"] = `<p>Words</p>${site.snippet()}`;
});

test("a batch whose answer is lost is sent again, byte for byte", async ({ page, site }) => {
  script(site, { status: 200, lost: true });
  await visit(page, site.url);
  const [first, second] = site.uploads;
  expect(second?.path).toBe(first?.path);
  expect(second?.sentAt).toBe(first?.sentAt);
  expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
});

for (const status of [429, 503]) {
  test(`a server that answers ${status} is left alone for as long as it asks`, async ({ page, site }) => {
    await visit(page, site.url);
    const times: number[] = [];
    site.answer = () => {
      times.push(Date.now());
      return times.length === 1 ? { status, headers: { "Retry-After": "2" } } : undefined;
    };
    await track(page, "one");
    const flushed = flush(page);
    await until(() => times.length === 1);
    await track(page, "two");
    await flushed;
    await flush(page);

    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1900);
    expect(tracked(site)).toEqual(["one", "two"]);
  });
}

test("batches are sent one after the other, in order", async ({ page, site }) => {
  let open = 0;
  let most = 0;
  site.answer = async () => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setTimeout(resolve, 100));
    open -= 1;
    return undefined;
  };
  await visit(page, site.url);
  await page.evaluate(async () => {
    const hindsight = window.hindsight as { track(name: string): void; flush(): Promise<void> };
    const flushes = [1, 2, 3, 4, 5].map((n) => {
      hindsight.track(String(n));
      return hindsight.flush();
    });
    await Promise.all(flushes);
  });
  expect(most).toBe(1);
  expect(tracked(site)).toEqual(["1", "2", "3", "4", "5"]);
});

test("a batch that is too large is halved until it fits", async ({ page, site }) => {
  await visit(page, site.url);
  site.answer = (upload) => (upload.events.length > 2 ? { status: 413 } : undefined);
  await page.evaluate(() => {
    const hindsight = window.hindsight as { track(name: string): void };
    for (let n = 0; n < 7; n += 1) hindsight.track(String(n));
  });
  await flush(page);
  expect(tracked(site)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  const seqs = site.uploads.filter((upload) => upload.stored).map((upload) => upload.seq);
  expect(seqs).toEqual(seqs.map((_, index) => index));
});

test("an event that is too large by itself leaves a marked gap and a new snapshot", async ({
  page,
  site,
}) => {
  await visit(page, site.url);
  site.answer = (upload) => (upload.json.includes("enormous") ? { status: 413 } : undefined);
  await track(page, "enormous");
  await track(page, "after");
  await flush(page);
  await flush(page);

  expect(tracked(site)).toEqual(["after"]);
  expect(site.said("hindsight.gap")).toEqual([{ events: 1 }]);
  expect(site.events().filter((event) => event.type === 2)).toHaveLength(2);
});

for (const status of [401, 403, 410]) {
  test(`${status} ends recording for this page view`, async ({ page, site }) => {
    site.answer = () => ({ status });
    await visit(page, site.url);
    await page.click("p");
    await track(page, "ignored");
    await said(page, (hindsight) => hindsight.start());
    await flush(page);
    expect(site.uploads).toHaveLength(1);
  });
}

test("a server that refuses everything is left in peace", async ({ page, site }) => {
  site.answer = () => ({ status: 422 });
  await visit(page, site.url);
  await page.waitForTimeout(3000);
  expect(site.uploads).toHaveLength(3);
});

test("a second conflict, or a full session, starts a new session", async ({ page, site }) => {
  await visit(page, site.url);
  script(site, { status: 409, body: { retry: "resnapshot" } });
  await track(page, "lost");
  await flush(page);
  await until(() => new Set(site.uploads.map((upload) => upload.session)).size === 2);
  const second = site.uploads.at(-1);
  await until(() => site.events(second?.stream).some((event) => event.type === 2));
  expect(site.uploads.filter((upload) => upload.stream === second?.stream)[0]?.seq).toBe(0);

  script(site, { status: 409 }, { status: 409 });
  await track(page, "lost, too");
  await flush(page);
  await until(() => new Set(site.uploads.map((upload) => upload.session)).size === 3);
});

test("the server may ask for a new snapshot", async ({ page, site }) => {
  await visit(page, site.url);
  script(site, { status: 200, body: { stored: true, snapshot: true } });
  await track(page, "one");
  await flush(page);
  await flush(page);
  expect(site.events().filter((event) => event.type === 2)).toHaveLength(2);
});

test("after ten tries a batch is given up, and the gap is marked", async ({ page, site }) => {
  await page.addInitScript(() => {
    Math.random = () => 0;
  });
  await visit(page, site.url);
  site.answer = (upload) => (upload.json.includes("unlucky") ? { status: 500 } : undefined);
  await track(page, "unlucky");
  await flush(page);
  await flush(page);
  expect(site.uploads.filter((upload) => upload.json.includes("unlucky"))).toHaveLength(10);
  expect(site.said("hindsight.gap")).toHaveLength(1);
  expect(site.events().filter((event) => event.type === 2)).toHaveLength(2);
});

test("memory is bounded while the server takes nothing, and what the page said survives", async ({
  page,
  site,
}) => {
  await visit(page, site.url);
  site.answer = () => ({ status: 503, headers: { "Retry-After": "3" } });
  await track(page, "kept");
  const flushed = flush(page);
  await page.evaluate(async () => {
    const paragraph = document.querySelector("p") as HTMLElement;
    for (let n = 0; n < 14; n += 1) {
      paragraph.textContent = String.fromCharCode(65 + n).repeat(512 * 1024);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  await track(page, "kept, too");
  site.answer = () => undefined;
  await flushed;
  await flush(page);
  await until(() => tracked(site).length === 2);
  expect(tracked(site)).toEqual(["kept", "kept, too"]);
  expect(site.said("hindsight.gap")[0]?.events).toBeGreaterThan(5);
  const sent = site.uploads.filter((upload) => upload.stored).reduce((sum, { json }) => sum + json.length, 0);
  expect(sent).toBeLessThan(7 * 1024 * 1024);
});
