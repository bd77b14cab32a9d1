/** The test that a visit becomes is run against the shop that was visited, and passes. */

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, type Page, test } from "@playwright/test";
import { sessionOf, upload } from "../dashboard/visit";
import { click, element, page as recordedPage, snapshot } from "../support/recorded";
import { type RunningServer, startServer } from "../support/server";

const BIN = join(
  dirname(createRequire(import.meta.url).resolve("@playwright/test/package.json")),
  "../../.bin",
);
const run = promisify(execFile);

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({ HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "1" }, "demo");
});

test.afterAll(() => server.stop());

/** Buys a vase with a card, whose numbers no recording holds. */
async function buyVase(page: Page): Promise<string> {
  await page.goto(`${server.url}/demo/`);
  await page.waitForFunction(() => Boolean(window.hindsight?.sessionUrl?.()));
  const replayUrl = await page.evaluate(() => window.hindsight?.sessionUrl?.() ?? "");
  await page.getByRole("link", { name: "See the pieces" }).click();
  await page.getByRole("link", { name: "Vases" }).click();
  await page.getByRole("link", { name: /Bud vase/ }).click();
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("link", { name: "Go to cart" }).click();
  await page.getByRole("link", { name: "Check out" }).click();
  const field = (label: string) => page.getByLabel(label);
  await field("Full name").pressSequentially('Ada "Byron" Lovelace');
  await field("E-mail").fill("ada@example.com");
  await page.getByRole("checkbox", { name: /kiln/ }).check();
  await field("Street").fill("12 St James's Square");
  await field("Postcode").fill("SW1Y");
  await field("Town or city").fill("London");
  // Visitors choose in a field that has the focus; what changes without it is the page's own doing.
  await field("Country").focus();
  await field("Country").selectOption("Ireland");
  await page.getByRole("radio", { name: /Express/ }).check();
  await field("Card number").pressSequentially("4242424242424242");
  await field("Expiry").pressSequentially("11/29");
  await field("Security code").pressSequentially("737");
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.waitForURL("**/thanks.html");
  await page.waitForTimeout(500);
  return replayUrl;
}

/** The test, once the visit is over and was read. */
async function generated(page: Page, replayUrl: string): Promise<string> {
  await page.goto(replayUrl);
  const url = `${page.url().split("?")[0]}/visit.spec.ts`;
  await page.goto("about:blank");
  const text = async () => (await page.request.get(url)).text();
  await expect.poll(text, { timeout: 30_000 }).toContain("page.goto(");
  return text();
}

/** Whether TypeScript takes it. */
async function compile(folder: string, name: string): Promise<void> {
  const options =
    "--noEmit --strict --target es2022 --module preserve --moduleResolution bundler --skipLibCheck --types node --ignoreConfig";
  await run(join(BIN, "tsc"), [...options.split(" "), name], { cwd: folder }).catch((error) => {
    throw new Error(`${error.stdout}${error.stderr}`);
  });
}

test("a recorded purchase is bought again", async ({ page }, testInfo) => {
  test.setTimeout(180_000);
  const replayUrl = await buyVase(page);
  const source = await generated(page, replayUrl);
  expect(source).not.toContain("4242");
  expect(source).toContain("process.env.VISIT_CARD_NUMBER");
  expect(source).toContain('fill("Ada \\"Byron\\" Lovelace")');

  // Outside of this project, whose own settings say where tests are.
  const folder = await mkdtemp(join(tmpdir(), "hindsight-visit-"));
  await symlink(dirname(BIN), join(folder, "node_modules"));
  await writeFile(join(folder, "visit.spec.ts"), source);
  const launchOptions = testInfo.project.use.launchOptions;
  await writeFile(
    join(folder, "playwright.config.ts"),
    `export default ${JSON.stringify({ testDir: folder, timeout: 60_000, use: { launchOptions, actionTimeout: 10_000 } })};`,
  );
  await compile(folder, "visit.spec.ts");
  const env = {
    ...process.env,
    BASE_URL: server.url,
    VISIT_CARD_NUMBER: "4242424242424242",
    VISIT_EXPIRY: "11/29",
    VISIT_SECURITY_CODE: "737",
  };
  const outcome = await run(
    join(BIN, "playwright"),
    ["test", "--config", join(folder, "playwright.config.ts"), "--reporter", "line"],
    {
      cwd: folder,
      env,
    },
  ).catch((error) => ({ stdout: `FAILED ${source}\n${error.stdout}${error.stderr}` }));
  expect(outcome.stdout).toContain("1 passed");
  await rm(folder, { recursive: true });
});

test("labels that are code stay text", async ({ page }, testInfo) => {
  const target = { url: server.url, key: await server.addConnection("labels") };
  const labels = [
    '"); process.exit(1); ("',
    "`${" + "process.exit(1)}`",
    "*/ process.exit(1) //",
    "\u2028process.exit(1)",
    "</script>",
    "\\",
  ];
  const buttons = labels.map((label) => element("button", { "aria-label": label, id: "x" }, "b"));
  const plain = labels.map((label) => element("p", {}, label));
  const events = [
    ...snapshot(0, recordedPage([...buttons, ...plain]), 'https://shop.example/"+process.exit(1)+"'),
    ...[...buttons, ...plain].map((target, index) => click(1000 * (index + 1), target)),
  ];
  await upload(target, { visit: "labels", events, end: true });
  const source = await generated(page, `${server.url}/go/${target.key}/${sessionOf("labels")}`);
  const folder = testInfo.outputPath("generated");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "labels.spec.ts"), source);
  await compile(folder, "labels.spec.ts");
  expect(source.match(/\.click\(\)/g)).toHaveLength(labels.length);
  // None of it is code: without strings and comments nothing of it is left.
  const code = source.replace(/\/\/.*$|"(?:[^"\\\n]|\\.)*"/gm, "");
  expect(code).not.toContain("process.exit");
});
