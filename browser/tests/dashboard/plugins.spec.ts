import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, type Target, upload } from "./visit";

let server: RunningServer;
let target: Target;
let plugins: string;
let folder: string;

test.beforeAll(async ({ browser }) => {
  folder = await mkdtemp(join(tmpdir(), "hindsight-plugins-"));
  server = await startServer({
    HINDSIGHT_PLUGINS__FOLDER: folder,
    HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "0",
  });
  const page = await browser.newPage();
  target = await openConnection(page, server, "plugins");
  plugins = page.url().replace("/sessions", "/plugins");
  await page.close();
  for (const visit of ["one", "two", "three"]) {
    await upload(target, { visit, events: counting(5), end: true });
  }
  await put("counter", "Saw");
});

test.afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Puts a plugin into the folder that finds each page. */
async function put(name: string, title: string): Promise<void> {
  const manifest = `
[plugin]
id = "${name}"
name = "Page counter"
version = "1.0.0"
api = "0.1"
[analyzer]
events = ["page-view"]
kinds = [{ id = "page", title = "A page" }]
[settings]
type = "object"
[settings.properties.most]
type = "integer"
minimum = 1
default = 5
title = "Pages at most"
[settings.properties.words]
type = "array"
items = { type = "string" }
default = ["one", "two"]
title = "Words"
`;
  const script = `export function analyze(session, settings) {
  const pages = [...session].slice(0, settings.most);
  return { findings: pages.map((page) => ({ kind: "page", at: page.at, title: "${title} " + page.url })) };
}`;
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, "plugin.toml"), manifest);
  await writeFile(join(folder, name, "plugin.js"), script);
}

async function open(page: Page, name: string): Promise<void> {
  await expect(async () => {
    const answer = await page.goto(`${plugins}/${name}`);
    expect(answer?.status()).toBe(200);
  }).toPass();
}

test("a file that is saved is live, and its settings are a form", async ({ page }) => {
  await open(page, "counter");
  const most = page.getByLabel("Pages at most");
  await expect(most).toHaveAttribute("placeholder", "5");
  await most.fill("0");
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(most).toHaveValue("0");
  await expect(most).toHaveAccessibleDescription(/`most`: 0 is less than the minimum of 1/);
  await most.fill("2");
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("Settings saved.")).toBeVisible();
  await expect(most).toHaveValue("2");
  await page.getByRole("button", { name: "Put the defaults back" }).click();
  await expect(most).toHaveValue("");
});

test("a list can be empty on purpose", async ({ page }) => {
  await open(page, "counter");
  await page.getByText("A list of its own here").click();
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByLabel("A list of its own here")).toBeChecked();
  await expect(page.getByLabel("Words")).toHaveValue("");
});

test("a run over past sessions shows how far it is without loading the page again", async ({ page }) => {
  await open(page, "counter");
  await page.evaluate(() => document.body.setAttribute("data-same", ""));
  await page.getByLabel("All", { exact: true }).check();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.evaluate(() => document.body.setAttribute("data-same", ""));
  await expect(page.getByText("3 of 3 sessions · done")).toBeVisible({ timeout: 30_000 });
  await expect(page.locator("body[data-same]")).toHaveCount(1);
  await expect(page.locator(".plugin-runs tbody tr")).toHaveCount(3);
});

for (const scheme of ["light", "dark"] as const) {
  test(`everything can be read in the ${scheme} and on a phone`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of ["", "/counter", "/mask-pii"]) {
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 844 });
        await page.goto(plugins + path);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow, `${path} at ${width}`).toBeLessThanOrEqual(0);
        const shots = process.env.SHOTS;
        if (shots !== undefined) {
          const name = `plugins${path.replace("/", "-")}-${scheme}-${width}.png`;
          await page.screenshot({ path: join(shots, name), fullPage: true });
        }
      }
    }
  });
}
