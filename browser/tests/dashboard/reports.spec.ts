import { readFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { sayReport } from "../support/said";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, sessionOf, type Target, upload } from "./visit";

let server: RunningServer;
let target: Target;
let sessionsUrl: string;
let connection: string;

test.beforeAll(async ({ browser }) => {
  // What plugins say is said here.
  server = await startServer({ HINDSIGHT_PLUGINS__ENABLED: "false" });
  const page = await browser.newPage();
  target = await openConnection(page, server, "reports");
  sessionsUrl = page.url();
  connection = /connections\/(\d+)/.exec(sessionsUrl)?.[1] ?? "";
  await page.close();
  await upload(target, { visit: "asking", events: counting(30) });
  await sayReport(server, connection, "knowledge-gaps", REPORT);
});

test.afterAll(() => server.stop());

const REPORT = {
  title: "What visitors ask",
  summary: "Nobody finds **returns**. <script>alert(1)</script>",
  sections: [
    {
      section: "metrics",
      metrics: [
        { name: "Questions", value: 1234 },
        { name: "Unanswered", value: 12.5, unit: "%" },
      ],
    },
    {
      section: "table",
      title: "Knowledge gaps",
      columns: [{ title: "Question" }, { title: "Asked", numeric: true }, { title: "Example" }],
      rows: [
        [
          "How do I send a mug back? It arrived broken, and the page about returns says nothing about that.",
          41,
          { session: sessionOf("asking"), at: 7000, label: "watch" },
        ],
        ["=HYPERLINK(1)", 7, ""],
      ],
    },
    {
      section: "chart",
      title: "Questions per day",
      chart: "line",
      series: [
        { name: "asked", points: [3, 5, 4, 9, 12, 8, 6].map((y, day) => ({ x: `${day + 1} Nov`, y })) },
        { name: "unanswered", points: [1, 2, 1, 3, 4, 4, 2].map((y, day) => ({ x: `${day + 1} Nov`, y })) },
      ],
    },
    {
      section: "chart",
      title: "Pages",
      chart: "bar",
      series: [
        {
          name: "questions",
          points: [
            { x: "/cart", y: 30 },
            { x: "/returns", y: 12 },
          ],
        },
      ],
    },
    { section: "markdown", text: "## What to write\n\n1. A page about returns\n2. Shipping times" },
  ],
};

async function openReports(page: Page): Promise<void> {
  await page.goto(sessionsUrl);
  await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Reports" }).click();
  await expect(page).toHaveTitle("Reports · reports · Hindsight");
}

async function openReport(page: Page): Promise<void> {
  await openReports(page);
  await page.getByRole("link", { name: REPORT.title }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: REPORT.title })).toBeVisible();
}

/** Opens the reports of a connection of its own. */
async function openReportsOf(page: Page, name: string): Promise<string> {
  await openConnection(page, server, name);
  await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Reports" }).click();
  await expect(page).toHaveTitle(`Reports · ${name} · Hindsight`);
  return /connections\/(\d+)/.exec(page.url())?.[1] ?? "";
}

test("an empty list says what reports are", async ({ page }) => {
  await openReportsOf(page, "empty");
  await expect(page.getByRole("heading", { name: "No report yet" })).toBeVisible();
  await expect(page.locator(".nothing")).toContainText("no plugin that makes reports is running");
});

test("a report reads well", async ({ page }) => {
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await openReport(page);
  await expect(page.locator(".report-summary strong")).toHaveText("returns");
  await expect(page.locator(".report-summary")).toContainText("<script>alert(1)</script>");
  await expect(page.locator(".report-metrics")).toContainText("12.5%");
  const number = page.locator(".report-table td.number").first();
  await expect(number).toHaveText("41");
  await expect(number).toHaveCSS("text-align", "right");
  const chart = page.getByRole("img", { name: /^Questions per day: 7 values, the highest 12/ });
  await expect(chart).toBeVisible();
  await expect(chart.locator("polyline")).toHaveCount(2);
  await expect(page.getByRole("rowheader", { name: "5 Nov" })).toBeAttached();
  expect(errors).toEqual([]);
});

test("an example in a report opens at its moment", async ({ page }) => {
  await openReport(page);
  await page.getByRole("link", { name: "watch" }).click();
  await expect(page.locator("#replay")).toHaveAttribute("data-start", "7000");
  const shown = page.frameLocator("#stage-frame").frameLocator("iframe").locator("p");
  await expect(shown).toHaveText(/^second ([7-9]|1\d)$/);
});

test("a report is downloaded as Markdown, its table as CSV", async ({ page }) => {
  await openReport(page);
  const markdown = page.waitForEvent("download");
  await page.getByRole("link", { name: "Markdown" }).click();
  const text = await readFile(await (await markdown).path(), "utf8");
  expect(text).toContain("| =HYPERLINK(1) | 7 |");
  expect(text).toContain("Nobody finds **returns**. &lt;script>");
  const csv = page.waitForEvent("download");
  await page.getByRole("link", { name: "Knowledge gaps as CSV" }).click();
  const table = await csv;
  expect(table.suggestedFilename()).toMatch(/^knowledge-gaps-\d{4}-\d\d-\d\d-1\.csv$/);
  expect(await readFile(await table.path(), "utf8")).toContain(`"'=HYPERLINK(1)",7,""`);
});

test("a report fits a phone and a sheet of paper", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await openReport(page);
  const overflows = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(await overflows()).toBe(false);
  await openReports(page);
  expect(await overflows()).toBe(false);
  await openReport(page);
  await page.emulateMedia({ media: "print" });
  await expect(page.locator(".masthead")).toBeHidden();
  await expect(page.getByRole("link", { name: "Markdown" })).toBeHidden();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("a report is deleted after asking", async ({ page }) => {
  await sayReport(server, await openReportsOf(page, "deleting"), "knowledge-gaps", REPORT);
  await page.reload();
  await page.getByRole("link", { name: REPORT.title }).click();
  await page.getByRole("link", { name: "Delete…" }).click();
  await expect(page.getByRole("heading", { name: "Delete this report?" })).toBeVisible();
  await page.getByRole("button", { name: "Delete report" }).click();
  await expect(page.getByText("Report deleted.")).toBeVisible();
  await expect(page).toHaveURL(/\/reports$/);
  await expect(page.getByRole("heading", { name: "No report yet" })).toBeVisible();
});
