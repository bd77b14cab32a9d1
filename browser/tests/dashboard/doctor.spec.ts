/** The doctor, its page and its command, against pages that are really ill. */

import { execFile } from "node:child_process";
import type { Page } from "@playwright/test";
import { expect, test, visit } from "../support/recorder";
import { BINARY, type RunningServer, startServer } from "../support/server";
import type { Site } from "../support/site";
import { blind, openConnection, upload } from "./visit";

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer();
});

test.afterAll(() => server.stop());

interface Report {
  ok: boolean;
  checks: { name: string; outcome: "good" | "unknown" | "weak" | "bad"; found: string; line: string }[];
}

/** Runs `hindsight doctor URL --json`. */
function doctor(url: string, ...args: string[]): Promise<{ code: number; report: Report; error: string }> {
  const env = { ...process.env, CHROME: process.env.TEST_CHROMIUM ?? "/usr/bin/chromium" };
  const all = ["doctor", url, "--json", "--wait", "8", "--data", server.dataDir, ...args];
  return new Promise((resolve) => {
    execFile(BINARY, all, { env }, (error, stdout, stderr) => {
      const report = (stdout ? JSON.parse(stdout) : { ok: false, checks: [] }) as Report;
      resolve({ code: error ? Number(error.code) : 0, report, error: stderr });
    });
  });
}

const bad = ({ checks }: Report) => checks.filter((check) => check.outcome === "bad").map(({ name }) => name);

async function ill(site: Site, name: string, page = "<p>Words</p>", attributes = ""): Promise<string> {
  const key = await server.addConnection(name);
  site.pages["/"] =
    `${page}<script async src="${server.url}/hindsight.js" data-connection="${key}" ${attributes}></script>`;
  return key;
}

async function openDoctor(page: Page, name: string): Promise<void> {
  await page.goto(`${server.url}/connections`);
  await page.getByRole("link", { name: `Doctor of ${name}` }).click();
}

test("a page that is well", async ({ page, site }) => {
  await ill(site, "well");
  const { code, report } = await doctor(site.url, "--connection", "well");
  expect(bad(report)).toEqual([]);
  expect(report.checks.map(({ name }) => name)).toEqual([
    "element",
    "key",
    "script",
    "settings",
    "recorder",
    "batch",
    "snapshot",
  ]);
  expect([code, report.ok]).toEqual([0, true]);
  await openDoctor(page, "well");
  await expect(page.getByRole("heading", { name: "All is well." })).toBeVisible();
  await expect(page.getByText(`from ${site.url}`)).toBeVisible();
});

test("a page without the script, and one that cannot be opened", async ({ site }) => {
  site.pages["/"] = "<p>Words</p>";
  const { code, report } = await doctor(site.url);
  expect([code, bad(report)]).toEqual([1, ["element"]]);
  const gone = await doctor("http://127.0.0.1:9/");
  expect(gone.code).toBe(1);
  expect(gone.error).toContain("cannot be opened");
});

test("a policy that lets the script pass and not its requests", async ({ page, site }) => {
  await ill(site, "connect");
  site.headers["Content-Security-Policy"] = `default-src 'self'; script-src ${server.url}; img-src *`;
  const { report } = await doctor(site.url);
  const settings = report.checks.find(({ name }) => name === "settings");
  expect(settings?.outcome).toBe("bad");
  expect(settings?.found).toContain("Content-Security-Policy");
  expect(settings?.line).toBe(`script-src ${server.url}; connect-src ${server.url}`);
  // The loader has told the server by the way that was left.
  await openDoctor(page, "connect");
  await expect(page.getByText("Content-Security-Policy (connect-src) stopped")).toBeVisible();
});

test("a policy that keeps the script out", async ({ site }) => {
  await ill(site, "kept out");
  site.headers["Content-Security-Policy"] = "script-src 'self'";
  const { report } = await doctor(site.url);
  expect(bad(report)).toEqual(["script"]);
  expect(report.checks.at(-1)?.found).toContain("Content-Security-Policy");
});

test("a wrong address, a wrong key, and another connection's key", async ({ site }) => {
  site.pages["/"] = `<script async src="${server.url}/nowhere.js" data-connection="hk_x"></script>`;
  expect(bad((await doctor(site.url)).report)).toEqual(["script"]);
  site.pages["/"] = `<script async src="${server.url}/hindsight.js" data-connection="hk_nobody"></script>`;
  expect(bad((await doctor(site.url)).report)).toEqual(["settings"]);
  await ill(site, "one");
  await server.addConnection("another");
  expect(bad((await doctor(site.url, "--connection", "another")).report)).toEqual(["key"]);
});

test("an origin that is not allowed, and a connection that is paused", async ({ page, site }) => {
  await ill(site, "elsewhere");
  await server.cli("connection", "set", "elsewhere", "--origins", "https://shop.example");
  const { report } = await doctor(site.url);
  expect(bad(report)).toEqual(["settings"]);
  expect(report.checks.find(({ name }) => name === "settings")?.found).toContain("origin");
  await openDoctor(page, "elsewhere");
  await expect(page.getByText("not among the allowed origins")).toBeVisible();
  await expect(page.getByLabel("What to add").filter({ hasText: site.url })).toBeVisible();

  await ill(site, "paused");
  await server.cli("connection", "set", "paused", "--pause");
  expect(bad((await doctor(site.url)).report)).toEqual(["settings"]);
  await openDoctor(page, "paused");
  await expect(page.getByText("The connection is paused")).toBeVisible();
});

test("a page that waits for consent", async ({ page, site }) => {
  await ill(site, "waits", "<p>Words</p>", 'data-start="manual"');
  expect(bad((await doctor(site.url)).report)).toContain("start");
  await openDoctor(page, "waits");
  await expect(page.getByText("the script does not run anywhere")).toBeVisible();
});

test("stylesheets that cannot be read, and visits without a picture", async ({ page, site }) => {
  const sheet = `${server.url}/assets/none.css`;
  await ill(site, "bare", `<link rel="stylesheet" href="${sheet}"><p>Words</p>`);
  // Another site's stylesheet, without leave to read it.
  await page.route(sheet, (route) => route.fulfill({ contentType: "text/css", body: "p { color: red }" }));
  await visit(page, site.url);
  await page.goto("about:blank");
  await expect
    .poll(
      async () => {
        await openDoctor(page, "bare");
        return page.getByText(sheet).count();
      },
      { timeout: 40_000, intervals: [1000] },
    )
    .toBeGreaterThan(0);

  const target = await openConnection(page, server, "blind");
  await upload(target, { visit: "blind", events: blind() });
  await openDoctor(page, "blind");
  await expect(page.getByText("1 of 1 visit came without the first picture of the page")).toBeVisible();
});
