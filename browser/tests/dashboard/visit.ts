/** Visits as the recorder would upload them, for a server to show. */

import { expect, type Page } from "@playwright/test";
import { click, element, newText, page, type RecordedEvent, snapshot } from "../support/recorded";
import type { RunningServer } from "../support/server";

const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/** One upload of a visit. */
export interface Upload {
  /** Which visit; the session's id is made of it. */
  visit: string;
  events: RecordedEvent[];
  seq?: number;
  /** Whether the visitor has left. */
  end?: boolean;
}

/** Where uploads go. */
export interface Target {
  url: string;
  key: string;
}

/** The session id of a visit. */
export function sessionOf(visit: string): string {
  return visit.padEnd(16, "-");
}

/** Uploads a part of a visit, and fails unless it is stored. */
export async function upload({ url, key }: Target, { visit, events, seq = 0, end }: Upload): Promise<void> {
  const path = `${url}/ingest/${key}/${sessionOf(visit)}/${sessionOf("stream")}/${seq}`;
  const query = `?sent_at=${Date.now()}${end ? "&end=1" : ""}`;
  const headers = { "user-agent": CHROME };
  const answer = await fetch(path + query, { method: "POST", body: JSON.stringify(events), headers });
  if (answer.status !== 200) throw new Error(`upload refused: ${answer.status} ${await answer.text()}`);
}

/** A page that counts the seconds, and a visitor who clicks on it until it ends or until a pause begins. */
export function counting(seconds: number, href = "https://shop.example/cart", idleFrom = seconds) {
  const counter = element("p", {}, "second 0");
  const shown = counter.childNodes as [Parameters<typeof newText>[1]];
  const events = snapshot(0, page([element("h1", {}, "Cart"), counter]), href);
  for (let second = 1; second <= seconds; second += 1) {
    events.push(newText(second * 1000, shown[0], `second ${second}`));
    if (second < idleFrom) events.push(click(second * 1000 + 100, counter));
  }
  return events;
}

/** What a visit looks like of which no picture of the page arrived. */
export function blind(): RecordedEvent[] {
  return counting(3).filter(({ type }) => type !== 2);
}

/** A visit of somebody whom the page has named. */
export function identified(id: string, events: RecordedEvent[]): RecordedEvent[] {
  const timestamp = events[0]?.timestamp ?? 0;
  return [...events, { type: 5, data: { tag: "hindsight.identify", payload: { id } }, timestamp }];
}

/** Opens the sessions page of a new connection, and answers where its visits are uploaded. */
export async function openConnection(page: Page, server: RunningServer, name: string): Promise<Target> {
  const key = await server.addConnection(name);
  await page.goto(server.url);
  await page.locator(".picker summary").click();
  await page
    .getByRole("navigation", { name: "Connections" })
    .getByRole("link", { name, exact: true })
    .click();
  await expect(page).toHaveTitle(`Sessions · ${name} · Hindsight`);
  return { url: server.url, key };
}
