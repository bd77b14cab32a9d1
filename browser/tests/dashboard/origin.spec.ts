import { expect, test } from "@playwright/test";
import config from "../../playwright.config";
import { type RunningServer, startServer } from "../support/server";
import { counting, openConnection, sessionOf, upload } from "./visit";

const options = config.use?.launchOptions;

// A name that is no loopback address: over plain HTTP browsers send no Sec-Fetch-Site to it.
test.use({
  launchOptions: {
    ...options,
    args: [...(options?.args ?? []), "--host-resolver-rules=MAP *.test 127.0.0.1"],
  },
});

let server: RunningServer;

test.beforeAll(async () => {
  // Without a login the server answers to its own names only.
  server = await startServer({ HINDSIGHT_SERVER__PUBLIC_URL: "http://dashboard.test" });
});

test.afterAll(() => server.stop());

test("forms work on a dashboard that is reached by name over plain HTTP", async ({ page }) => {
  const target = await openConnection(page, server, "by name");
  await upload(target, { visit: "one", events: counting(3) });
  const path = `${new URL(page.url()).pathname}/${sessionOf("one")}`;
  const named = server.url.replace("127.0.0.1", "dashboard.test");
  const sent = page.waitForRequest((request) => request.method() === "POST");
  await page.goto(`${named}${path}/delete`);
  await page.getByRole("button", { name: "Delete session" }).click();

  await expect(page.getByText("Session deleted.")).toBeVisible();
  const headers = await (await sent).allHeaders();
  expect(headers["sec-fetch-site"]).toBeUndefined();
  expect(headers.origin).toBe(named);
});

test("a page of another site cannot delete anything", async ({ page }) => {
  const target = await openConnection(page, server, "forged");
  await upload(target, { visit: "one", events: counting(3) });
  const listUrl = page.url();
  const action = `${listUrl}/${sessionOf("one")}/delete`;
  for (const site of ["http://evil.test/", "https://evil.test/"]) {
    await page.route(site, (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<form method="post" action="${action}"><button>Win</button></form>`,
      }),
    );
    await page.goto(site);
    const answer = page.waitForResponse(action);
    await page.getByRole("button", { name: "Win" }).click();
    expect((await answer).status()).toBe(403);
  }

  await page.goto(listUrl);
  await expect(page.locator("tr.session")).toHaveCount(1);
});
