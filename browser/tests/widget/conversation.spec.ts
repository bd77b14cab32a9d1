/** Questions, answers, and what can be done with them. */

import {
  answering,
  expect,
  field,
  inStages,
  lastAnswer,
  launcher,
  log,
  panel,
  say,
  test,
  visit,
} from "../support/widget";

const button = (name: string) => ({ role: "button" as const, options: { name, exact: true } });
const HELPFUL = button("Helpful");

test("an answer is shown as it comes, and what is complete stays as it is", async ({ page, site }) => {
  const { assistant, goOn } = inStages(["It takes **three", " days**.\n\nExpress is", " faster:\n- one day"]);
  site.assistant = assistant;
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  await expect(lastAnswer(page).locator(".waiting")).toBeVisible();
  await expect.poll(() => site.asked.length).toBe(1);
  goOn();
  await expect(lastAnswer(page)).toContainText("It takes **three");
  await expect(lastAnswer(page).locator(".waiting")).toBeHidden();
  goOn();
  await expect(lastAnswer(page).locator("strong")).toHaveText("three days");
  const first = await lastAnswer(page).locator("p").first().elementHandle();
  goOn();
  await expect(lastAnswer(page).locator("li")).toHaveText("one day");
  goOn();
  await expect(page.getByRole("button", { name: "Helpful", exact: true })).toBeVisible();
  expect(await first?.evaluate((element) => element.isConnected)).toBe(true);
});

test("the question carries what the contract says, and nothing of the address but the path", async ({
  page,
  site,
}) => {
  site.assistant = answering("Three days.");
  site.pages["/cart"] = site.widget({ start: "load", consent: "none" });
  await page.goto(`${site.url}/cart?token=secret#secret`);
  await launcher(page).click();
  await say(page, "How long?");
  await expect(page.getByRole(HELPFUL.role, HELPFUL.options)).toBeVisible();
  await say(page, "Really?");
  await expect.poll(() => site.asked.length).toBe(2);
  const session = await page.evaluate(() => window.hindsight?.sessionUrl().split("/").pop());
  const [first, second] = site.asked;
  expect(first).toEqual({
    session,
    conversation: expect.stringMatching(/^[0-9a-f]{32}$/),
    prompt: expect.stringMatching(/^[0-9a-f]{32}$/),
    text: "How long?",
    page: `${site.url}/cart`,
    history: [],
  });
  expect(second).toMatchObject({
    conversation: first?.conversation,
    history: [
      { from: "visitor", text: "How long?" },
      { from: "assistant", text: "Three days." },
    ],
  });
  expect(site.preflights).toBe(0);
  await expect.poll(() => site.said("hindsight.reply").length).toBe(2);
  const prompts = site.said("hindsight.prompt");
  expect(prompts.map(({ id }) => id)).toEqual(site.asked.map(({ prompt }) => prompt));
  expect(site.said("hindsight.reply")[0]).toMatchObject({
    to: first?.prompt,
    text: "Three days.",
    answered: true,
  });
});

test("at most twenty messages go along", async ({ page, site }) => {
  site.assistant = answering("Yes.");
  await visit(page, site);
  await launcher(page).click();
  for (let round = 0; round < 12; round += 1) {
    await say(page, `Question ${round}`);
    await expect(page.locator(".actions")).toHaveCount(round + 1);
  }
  expect(site.asked.at(-1)?.history).toHaveLength(20);
});

test("an answer can be stopped, and asked for again", async ({ page, site }) => {
  const { assistant, goOn } = inStages(["It takes", "never"]);
  site.assistant = assistant;
  await visit(page, site, { start: "load" });
  await launcher(page).click();
  await say(page, "How long?");
  await expect.poll(() => site.asked.length).toBe(1);
  goOn();
  await expect(lastAnswer(page)).toContainText("It takes");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await expect(lastAnswer(page)).toContainText("Stopped.");
  await expect.poll(() => site.said("hindsight.reply").map(({ text }) => text)).toEqual(["It takes"]);
  site.assistant = answering("Three days.");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(lastAnswer(page)).toContainText("Three days.");
  await expect(log(page)).not.toContainText("Stopped.");
  expect(site.asked[1]?.prompt).toBe(site.asked[0]?.prompt);
  await expect.poll(() => site.said("hindsight.reply").length).toBe(2);
  expect(site.said("hindsight.prompt")).toHaveLength(1);
});

for (const [name, fulfil, words] of [
  ["is not there", { status: 404, body: "{}" }, "The assistant cannot be reached."],
  ["breaks", { status: 500, body: "{}" }, "The assistant cannot be reached."],
  ["has too much to do", { status: 429, body: "{}" }, "There are too many questions just now."],
  ["breaks off in the middle", { body: '{"type":"text","text":"It ta' }, "The assistant cannot be reached."],
  [
    "says nothing to the end",
    { body: '{"type":"text","text":"It takes"}\n' },
    "The assistant cannot be reached.",
  ],
  ["talks nonsense", { body: "<html>\n" }, "The assistant cannot be reached."],
  ["says why it cannot", { body: '{"type":"failed","text":"The shop is closed."}\n' }, "The shop is closed."],
  ["gives no reason", { body: '{"type":"failed"}\n' }, "The assistant cannot be reached."],
] as const) {
  test(`an assistant that ${name} is reported, and can be tried again`, async ({ page, site }) => {
    await page.route("**/ask", (route) => route.fulfill({ status: 200, ...fulfil }));
    await visit(page, site);
    await launcher(page).click();
    await say(page, "How long?");
    await expect(lastAnswer(page).locator(".trouble")).toContainText(words);
    await page.unroute("**/ask");
    site.assistant = answering("Three days.");
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(lastAnswer(page)).toContainText("Three days.");
    await expect(page.locator(".trouble")).toHaveCount(0);
    await expect(page.locator(".message.visitor")).toHaveCount(1);
  });
}

test("pieces that are not known are passed over, and lines may be cut anywhere", async ({ page, site }) => {
  const lines =
    '{"type":"thought","text":"x"}\n\n{"type":"text","text":"Drei Tage für Köln"}\r\n{"type":"done"}';
  await page.route("**/ask", (route) =>
    route.fulfill({ body: lines, headers: { "Access-Control-Allow-Origin": "*" } }),
  );
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  await expect(page.getByRole(HELPFUL.role, HELPFUL.options)).toBeVisible();
  await expect(lastAnswer(page)).toContainText("Drei Tage für Köln");
});

test("a conversation goes on from page to page, open or closed, and ends with the tab", async ({
  page,
  site,
}) => {
  site.assistant = answering("**Three** days.", [{ title: "Delivery", url: "/delivery" }]);
  site.pages["/second"] = site.widget();
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  await page.getByRole(HELPFUL.role, HELPFUL.options).click();
  const words = await log(page).innerText();
  await page.goto(`${site.url}/second`);
  await expect(panel(page)).toBeVisible();
  expect(await log(page).innerText()).toBe(words);
  await expect(page.getByRole(HELPFUL.role, HELPFUL.options)).toHaveAttribute("aria-pressed", "true");
  expect(await page.evaluate(() => document.activeElement?.localName)).toBe("body");
  await page.keyboard.press("Escape"); // Of the page, not of the chat.
  await launcher(page).click();
  await page.reload();
  await expect(launcher(page)).toBeVisible();
  await expect(panel(page)).toBeHidden();
  const other = await page.context().newPage();
  await other.goto(site.url);
  await launcher(other).click();
  await expect(log(other)).not.toContainText("How long?");
});

test("an answer that the page before was reading can be asked for again", async ({ page, site }) => {
  const { assistant, goOn } = inStages(["It takes", "never"]);
  site.assistant = assistant;
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  await expect.poll(() => site.asked.length).toBe(1);
  goOn();
  await expect(lastAnswer(page)).toContainText("It takes");
  site.assistant = answering("Three days.");
  await page.reload();
  await expect(lastAnswer(page)).toContainText("It takes");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(lastAnswer(page)).toContainText("Three days.");
});

test("what is stored may be anything, and does no harm", async ({ page, site }) => {
  await visit(page, site);
  for (const stored of [
    "{",
    "null",
    '{"id":1}',
    '{"id":"a","messages":[{"from":"god","id":"a","text":"x"}]}',
    '{"id":"a","messages":[null]}',
  ]) {
    await page.evaluate(
      ([text]) => {
        const name =
          Object.keys(sessionStorage).find((each) => each.endsWith(".chat")) ??
          "hindsight.wk_test_0123456789.chat";
        sessionStorage.setItem(name, text ?? "");
      },
      [stored],
    );
    await page.evaluate(() =>
      addEventListener("pagehide", (event) => event.stopImmediatePropagation(), true),
    );
    await page.reload();
    await expect(launcher(page)).toBeVisible();
  }
});

test("an answer that comes while the chat is closed leaves a mark", async ({ page, site }) => {
  const { assistant, goOn } = inStages(["Three days."]);
  site.assistant = assistant;
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  await expect.poll(() => site.asked.length).toBe(1);
  await launcher(page).click();
  await expect(page.locator(".mark")).toBeHidden();
  goOn();
  await page.waitForTimeout(100);
  goOn();
  await expect(page.locator(".mark")).toBeVisible();
  await expect(launcher(page)).toHaveAccessibleName("Chat with us, new answer");
  await page.reload();
  await expect(page.locator(".mark")).toBeVisible();
  await launcher(page).click();
  await expect(page.locator(".mark")).toBeHidden();
  await expect(lastAnswer(page)).toContainText("Three days.");
});

test("a thumb is recorded, and may be turned", async ({ page, site }) => {
  site.assistant = answering("Three days.");
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  await page.getByRole("button", { name: "Not helpful" }).click();
  await page.getByRole("button", { name: "Not helpful" }).click();
  await page.getByRole(HELPFUL.role, HELPFUL.options).click();
  await expect.poll(() => site.said("hindsight.feedback").map(({ value }) => value)).toEqual([-1, 1]);
  const [reply] = site.said("hindsight.reply");
  expect(site.said("hindsight.feedback").map(({ id }) => id)).toEqual([reply.id, reply.id]);
  await expect(page.getByRole("button", { name: "Not helpful" })).toHaveAttribute("aria-pressed", "false");
});

test("a new conversation begins with the suggestions, and can be undone", async ({ page, site }) => {
  site.assistant = answering("Three days.");
  await visit(page, site, { suggestions: '["How long?", "How much?", ""]' });
  await launcher(page).click();
  await page.getByRole("button", { name: "How long?" }).click();
  await expect(page.locator(".suggestions")).toHaveCount(0);
  await expect(lastAnswer(page)).toContainText("Three days.");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("button", { name: "New conversation" }).click();
  await expect(log(page)).not.toContainText("Three days.");
  await expect(page.locator(".suggestions button")).toHaveText(["How long?", "How much?"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(lastAnswer(page)).toContainText("Three days.");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("button", { name: "New conversation" }).click();
  await say(page, "Another one");
  await expect.poll(() => site.asked.length).toBe(2);
  expect(site.asked[1]?.conversation).not.toBe(site.asked[0]?.conversation);
  expect(site.asked[1]?.history).toEqual([]);
  await expect(page.getByRole("button", { name: "Undo" })).toHaveCount(0);
});

test("an answer can be copied as it was written", async ({ page, site, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  site.assistant = answering("**Three** days.");
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(panel(page).getByRole("status")).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("**Three** days.");
});

test("who reads further up is not pulled down", async ({ page, site }) => {
  const { assistant, goOn } = inStages(["line\n\n".repeat(60), "line\n\n".repeat(60)]);
  site.assistant = assistant;
  await visit(page, site);
  await launcher(page).click();
  await say(page, "How long?");
  await expect.poll(() => site.asked.length).toBe(1);
  goOn();
  const top = () => log(page).evaluate((element) => element.scrollTop);
  await expect.poll(top).toBeGreaterThan(500);
  await log(page).evaluate((element) => element.scrollTo(0, 100));
  goOn();
  await expect(lastAnswer(page).locator("p")).toHaveCount(120);
  expect(await top()).toBe(100);
});

test("a page can open, close and ask, also before the widget is there, and hears of it", async ({
  page,
  site,
}) => {
  site.assistant = answering("Three days.", [{ title: "Delivery", url: "/delivery" }]);
  const script = `<script>
    window.heard = [];
    for (const name of ["ready", "open", "close", "prompt", "reply"])
      addEventListener("hindsight:" + name, (event) => heard.push([name, event.detail]));
    addEventListener("hindsight:ready", () => hindsight.widget.ask("How long?"));
  </script>`;
  await visit(page, site, {}, script);
  await expect(lastAnswer(page)).toContainText("Three days.");
  await page.evaluate(() => {
    window.hindsight?.widget?.close();
    window.hindsight?.widget?.toggle();
  });
  await expect(panel(page)).toBeVisible();
  await expect(field(page)).toBeFocused();
  await expect
    .poll(() => page.evaluate("heard.map(([name]) => name).join()"))
    .toBe("ready,open,prompt,reply,close,open");
  const prompt = site.asked[0];
  expect(await page.evaluate("heard.find(([name]) => name === 'reply')[1]")).toMatchObject({
    to: prompt?.prompt,
    text: "Three days.",
    answered: true,
    sources: [{ title: "Delivery", url: "/delivery" }],
  });
});
