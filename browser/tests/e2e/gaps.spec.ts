/** From the chat to the report: what visitors ask in vain is seen in Activity, and told in a report. */

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, expect, type Page, test } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { recordingRuns } from "./replayed";

const ANSWERED = "How long does delivery take?";
const UNANSWERED = "Do you mend old bicycles?";
const SECRET = "whsec_of_this_test";

let server: RunningServer;

test.beforeEach(async () => {
  server = await startServer(
    {
      HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS: "0",
      // The agent is on this machine.
      HINDSIGHT_ANSWERS__ALLOW_PRIVATE: "true",
    },
    "demo",
  );
});

test.afterEach(() => server.stop());

test("documents: what they do not answer becomes a gap", async ({ page, browser }) => {
  test.setTimeout(180_000);
  await followTheStory(page, browser, "3 to 5 working days");
});

test("an agent: what it does not answer becomes a gap", async ({ page, browser }) => {
  test.setTimeout(180_000);
  const agent = await startAgent();
  try {
    await openShop(page);
    await page.getByRole("link", { name: "Settings", exact: true }).click();
    await page.getByRole("link", { name: "Answers" }).click();
    await page.getByRole("radio", { name: /^Your own agent/ }).check();
    await page.getByRole("textbox", { name: "Address" }).filter({ visible: true }).fill(agent.url);
    await page.getByLabel("Secret", { exact: true }).fill(SECRET);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator(".done-note")).toBeVisible();

    await followTheStory(page, browser, "Three days, says the agent.");

    expect(agent.asked).toEqual([ANSWERED, UNANSWERED, ANSWERED, UNANSWERED]);
  } finally {
    await agent.stop();
  }
});

/** Two visitors ask the same; what came of it is looked up as somebody of the shop would. */
async function followTheStory(page: Page, browser: Browser, answer: string): Promise<void> {
  for (const visitor of ["first", "second"]) {
    await test.step(`the ${visitor} visitor asks`, () => visitAndAsk(browser, answer));
  }

  await test.step("Activity has it among the unanswered", async () => {
    await openShop(page);
    await page.getByRole("link", { name: "Activity", exact: true }).click();
    await page.getByRole("navigation", { name: "Show" }).getByRole("link", { name: "Unanswered" }).click();
    await expect(page.locator(".entry-prompt", { hasText: UNANSWERED })).toHaveCount(2);
    await expect(page.locator(".entry-prompt", { hasText: ANSWERED })).toHaveCount(0);
  });

  await test.step("the report names it, and leads to the moment", async () => {
    await finished(page);
    await page.getByRole("link", { name: "Reports", exact: true }).click();
    const reports = page.locator("table.reports tbody tr");
    const before = await reports.count();
    await page.getByRole("button", { name: "Make a report now" }).click();
    await expect(reports).toHaveCount(before + 1, { timeout: 60_000 });
    await reports.first().getByRole("link", { name: "Knowledge gaps" }).click();
    const gaps = page.getByRole("region", { name: "Unanswered questions" });
    const row = gaps.getByRole("row").filter({ hasText: UNANSWERED });
    await expect(row.getByRole("cell").nth(1)).toHaveText("2");
    await expect(gaps).not.toContainText(ANSWERED);
    await row.getByRole("link").click();
    await expect(page.locator("#replay")).toBeVisible();
    expect(Number(await page.locator("#replay").getAttribute("data-start"))).toBeGreaterThan(0);
  });
}

/** Somebody looks around in the shop, asks twice in the chat, and leaves. */
async function visitAndAsk(browser: Browser, answer: string): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${server.url}/demo/`);
  await recordingRuns(page);
  await page.getByRole("button", { name: "Chat with us" }).click();
  const log = page.getByRole("log");
  for (const [index, question] of [ANSWERED, UNANSWERED].entries()) {
    await page.getByLabel("Your question").fill(question);
    await page.keyboard.press("Enter");
    await expect(page.locator(".message.assistant .actions")).toHaveCount(index + 1);
  }
  await expect(log).toContainText(answer);
  await page.goto("about:blank");
  // What is sent when a page goes away is sent by the browser, which must not go away with it.
  await page.waitForTimeout(1000);
  await context.close();
}

async function openShop(page: Page): Promise<void> {
  await page.goto(server.url);
  await expect(page).toHaveTitle(/^Sessions · Demo shop/);
}

/** Waits until both visits are over and plugins have looked at them: the list then knows their prompts. */
async function finished(page: Page): Promise<void> {
  await expect
    .poll(
      async () => {
        await page.goto(`${server.url}/connections/1/sessions?q=bicycles&status=completed`);
        return page.locator("tr.session .signal-prompts").count();
      },
      { timeout: 60_000, intervals: [1000] },
    )
    .toBe(2);
}

/** An agent as `docs/answers.md` shows one: it knows about delivery, and says so when it does not know. */
async function startAgent() {
  const asked: string[] = [];
  const listening = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (!isSigned(request, body)) return response.writeHead(401).end();
    const { text } = JSON.parse(body.toString()) as { text: string };
    asked.push(text);
    const knows = text.includes("delivery");
    response.setHeader("Content-Type", "application/x-ndjson");
    const say = (piece: object) => response.write(`${JSON.stringify(piece)}\n`);
    say({ type: "text", text: knows ? "Three days, says the agent." : "That is beyond me." });
    say({ type: "done", answered: knows, sources: [] });
    response.end();
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/ask`,
    asked,
    async stop() {
      listening.closeAllConnections();
      await new Promise((resolve) => listening.close(resolve));
    },
  };
}

/** Whether a question comes from the server: signed with the secret, and just now. */
function isSigned({ headers }: IncomingMessage, body: Buffer): boolean {
  const [, seconds, sent] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["hindsight-signature"] ?? "")) ?? [];
  if (!sent || Math.abs(Date.now() / 1000 - Number(seconds)) > 300) return false;
  const expected = createHmac("sha256", SECRET).update(`${seconds}.`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(sent, "hex"));
}
