/** A server with something on every page of the dashboard, and a list of these pages. */

import { expect, type Page } from "@playwright/test";
import { type RunningServer, startServer } from "../support/server";
import { blind, counting, identified, sessionOf, upload } from "./visit";

const VISITOR = "ada@example.org";
/** More than a page of a list has. */
const MANY = 60;
const PASSWORD = "a password for this test";

/** The addresses of what is on the server, as paths. */
export interface House {
  server: RunningServer;
  /** The demo shop's connection, with its recorded visits. */
  shop: string;
  /** A connection into which nothing was sent. */
  empty: string;
  /** A connection with more visits than a page of a list has. */
  full: string;
  /** A visit in which visitors ask the chat. */
  asking: string;
  /** A visit in which something goes wrong. */
  failing: string;
  /** The report that plugins made of the visits. */
  report: string;
  shared: string;
  locked: string;
}

/** A page of the dashboard. */
export interface Place {
  name: string;
  path: (house: House) => string;
  /** Whether a recording is played in it. */
  plays?: true;
  /** Waits until the page shows what it is for, or opens a part of it. */
  open?: (page: Page) => Promise<void>;
}

/** Starts the demo with its recorded visits, and puts there what visits do not bring along. */
export async function furnish(): Promise<House> {
  const server = await startServer({}, "demo");
  const post = (path: string, fields: Record<string, string>) =>
    fetch(server.url + path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { origin: server.url },
      redirect: "manual",
    });
  const key = /^hk_\w+/.exec(await server.cli("connection", "list"))?.[0] ?? "";
  await server.addConnection("Nothing sent");
  const target = { url: server.url, key };
  await upload(target, { visit: "known", events: identified(VISITOR, counting(20)), end: true });
  await upload(target, { visit: "blind", events: blind() });

  const full = { url: server.url, key: await server.addConnection("Many visits") };
  for (let visit = 1; visit <= MANY; visit += 1) {
    const href = `https://shop.example/products/a-page-with-a-longer-name-${visit}?from=newsletter`;
    await upload(full, { visit: `visit-${visit}`, events: counting(2, href), end: true });
  }

  const home = new URL((await fetch(server.url)).url).pathname;
  const shop = home.replace(/\/sessions$/, "");
  const asking = await find(server, `${shop}/sessions?prompts=any`);
  const failing = await find(server, `${shop}/sessions?findings=any`);
  await post(`${shop}/sessions/${asking}/notes`, { at_ms: "4000", text: "Asks twice.", author: "Ada" });
  await found(server, `${shop}/reports`, /Make a report now/);
  await post(`${shop}/reports`, { plugin: "knowledge-gaps", period: "30", from: "", to: "" });
  const share = async (password: string) => {
    const answer = await post(`${shop}/sessions/${asking}/share`, { story: "1", password });
    return new URL(((await answer.json()) as { url: string }).url).pathname;
  };
  return {
    server,
    shop,
    empty: shop.replace(/\d+$/, (id) => String(Number(id) + 1)),
    full: shop.replace(/\d+$/, (id) => String(Number(id) + 2)),
    asking: `${shop}/sessions/${asking}`,
    failing: `${shop}/sessions/${failing}`,
    report: await found(server, `${shop}/reports`, /\/connections\/\d+\/reports\/\d+/),
    shared: await share(""),
    locked: await share(PASSWORD),
  };
}

/** The latest session of a list, once there is one. */
async function find(server: RunningServer, list: string): Promise<string> {
  const row = await found(server, list, /data-session="[\w-]+"/);
  return row.slice('data-session="'.length, -1);
}

/** What is looked for in a page, once it is there. */
async function found(server: RunningServer, path: string, sought: RegExp): Promise<string> {
  let match: string | undefined;
  const look = async () => {
    match = sought.exec(await (await fetch(server.url + path)).text())?.[0];
    return match;
  };
  await expect.poll(look, { message: `${path} has ${sought}`, timeout: 30_000 }).toBeDefined();
  return match ?? "";
}

async function playable(page: Page): Promise<void> {
  await expect(page.locator("#scrubber")).toHaveAttribute("aria-disabled", "false", { timeout: 20_000 });
}

const PANELS = ["events", "conversation", "console", "network", "findings", "info"];

const SETTINGS = ["", "/recording", "/install", "/widget", "/answers", "/moving"];

/** Every page that somebody can come to, with something on it and with nothing. */
export const PLACES: Place[] = [
  { name: "activity", path: ({ shop }) => `${shop}/activity` },
  { name: "activity, unanswered", path: ({ shop }) => `${shop}/activity?show=unanswered` },
  { name: "activity, nothing yet", path: ({ empty }) => `${empty}/activity` },
  { name: "sessions", path: ({ shop }) => `${shop}/sessions` },
  {
    name: "sessions, filters open",
    path: ({ shop }) => `${shop}/sessions?q=mug&browser=Chrome`,
    open: (page) => page.locator("summary", { hasText: "Filters" }).click(),
  },
  { name: "sessions, none found", path: ({ shop }) => `${shop}/sessions?q=zebra` },
  { name: "sessions, nothing yet", path: ({ empty }) => `${empty}/sessions` },
  { name: "sessions, a full page", path: ({ full }) => `${full}/sessions` },
  { name: "activity, a full page", path: ({ full }) => `${full}/activity` },
  { name: "visitor", path: ({ shop }) => `${shop}/visitors/${encodeURIComponent(VISITOR)}` },
  { name: "replay", path: ({ asking }) => asking, plays: true, open: playable },
  ...PANELS.map((panel) => ({
    name: `replay, ${panel}`,
    path: ({ asking, failing }: House) => `${panel === "findings" ? failing : asking}?panel=${panel}`,
    plays: true as const,
    open: playable,
  })),
  { name: "replay, nothing to play", path: ({ shop }) => `${shop}/sessions/${sessionOf("blind")}` },
  { name: "conversation", path: ({ asking }) => `${asking}/conversation` },
  { name: "reports", path: ({ shop }) => `${shop}/reports` },
  { name: "reports, nothing yet", path: ({ empty }) => `${empty}/reports` },
  { name: "report", path: ({ report }) => report },
  { name: "plugins", path: ({ shop }) => `${shop}/plugins` },
  { name: "plugin", path: ({ shop }) => `${shop}/plugins/friction` },
  ...SETTINGS.map((place) => ({
    name: `settings${place}`,
    path: ({ shop }: House) => `${shop}/settings${place}`,
  })),
  { name: "settings/install, nothing yet", path: ({ empty }) => `${empty}/settings/install` },
  { name: "retention", path: ({ shop }) => `${shop}/retention` },
  { name: "doctor", path: ({ shop }) => `${shop}/settings/doctor` },
  { name: "doctor, nothing yet", path: ({ empty }) => `${empty}/settings/doctor` },
  { name: "shared links", path: ({ shop }) => `${shop}/shares` },
  { name: "shared links, nothing yet", path: ({ empty }) => `${empty}/shares` },
  { name: "connections", path: () => "/connections" },
  { name: "storage", path: () => "/storage" },
  { name: "operations", path: () => "/operations" },
  { name: "delete a session", path: ({ asking }) => `${asking}/delete` },
  { name: "delete sessions", path: ({ shop }) => `${shop}/sessions/delete?visitor=${VISITOR}` },
  { name: "delete a report", path: ({ report }) => `${report}/delete` },
  { name: "delete a connection", path: ({ shop }) => `${shop}/settings/delete` },
  { name: "problem", path: () => "/nowhere" },
  { name: "kind of problem", path: () => "/problems/not-found" },
  { name: "share", path: ({ shared }) => shared, plays: true, open: playable },
  {
    name: "share, with events",
    path: ({ shared }) => shared,
    plays: true,
    open: async (page) => {
      await playable(page);
      await page.getByRole("button", { name: "What the visitor did" }).click();
      await expect(page.locator("#story-list button").first()).toBeVisible();
    },
  },
  { name: "share, password", path: ({ locked }) => locked },
  {
    name: "share, wrong password",
    path: ({ locked }) => locked,
    open: async (page) => {
      await page.getByLabel("Password").fill("guessed");
      await page.getByRole("button").click();
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  { name: "share, no such link", path: () => "/share/nothing" },
];

/** Opens a page, and waits until it is what it is. */
export async function goTo(page: Page, house: House, place: Place): Promise<void> {
  await page.goto(house.server.url + place.path(house));
  await place.open?.(page);
}
