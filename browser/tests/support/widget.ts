/** What the widget's tests share: a page with the widget, and an assistant to talk to. */

import { EventEmitter, once } from "node:events";
import type { Page } from "@playwright/test";
import type { Piece } from "../../contracts/answers";
import { expect, test } from "./recorder";
import type { Site } from "./site";

export { expect, test };

export const launcher = (page: Page) => page.locator(".launcher");
export const panel = (page: Page) => page.locator("hindsight-widget .panel");
export const log = (page: Page) => page.getByRole("log");
export const field = (page: Page) => panel(page).locator("textarea");
export const lastAnswer = (page: Page) => page.locator(".message.assistant").last();

/** Opens a page of the site that has the widget. */
export async function visit(
  page: Page,
  site: Site,
  options: Record<string, string> = {},
  body = "",
): Promise<void> {
  site.pages["/"] = `${body}${site.widget(options)}`;
  await page.goto(`${site.url}/`);
  await expect(page.locator("hindsight-widget")).toBeAttached();
}

/** Types a question and sends it. */
export async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** An assistant that gives the same answer to everything. */
export function answering(text: string, sources: { title: string; url: string }[] = []): () => Piece[] {
  return () => [
    { type: "text", text },
    { type: "done", answered: true, sources },
  ];
}

/** An assistant that says a piece for each time it is told to go on. */
export function inStages(texts: string[]): { assistant: () => AsyncIterable<Piece>; goOn: () => void } {
  const told = new EventEmitter();
  async function* assistant(): AsyncGenerator<Piece> {
    for (const text of texts) {
      await once(told, "on");
      yield { type: "text", text };
    }
    await once(told, "on");
    yield { type: "done", answered: true, sources: [] };
  }
  return { assistant, goOn: () => void told.emit("on") };
}
