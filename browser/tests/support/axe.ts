/** What a machine can tell about accessibility, by axe-core, through open shadow roots. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export interface AccessibleOptions {
  /** CSS selectors of what is looked at; the whole page without any. */
  within?: string[];
  /** CSS selectors of what is not ours to put right. */
  without?: string[];
  /** Rules that do not count here, each with a reason beside it. */
  except?: string[];
}

/** Fails with a list of what is wrong, where, and how to put it right. */
export async function expectAccessible(page: Page, options: AccessibleOptions = {}): Promise<void> {
  const isThere = await page.evaluate(() => "axe" in window);
  // A page's policy holds for scripts that a test adds, too; what is evaluated is exempt.
  if (!isThere) await page.evaluate(await source());
  const { violations } = await page.evaluate(run, options);
  const said = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map(({ target, failureSummary }) => `  ${target.flat().join(" ")}: ${failureSummary}`).join("\n")}`,
  );
  expect(said.join("\n\n")).toBe("");
}

/** Runs in the page. */
function run({ within, without, except }: AccessibleOptions): Promise<AxeResults> {
  const { axe } = window as unknown as {
    axe: { run(context: object, options: RunOptions): Promise<AxeResults> };
  };
  const context = { include: within ?? ["html"], exclude: without ?? [] };
  const rules = Object.fromEntries((except ?? []).map((id) => [id, { enabled: false }]));
  const values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  return axe.run(context, { runOnly: { type: "tag", values }, rules, resultTypes: ["violations"] });
}

let read: Promise<string> | undefined;

function source(): Promise<string> {
  read ??= readFile(AXE, "utf8");
  return read;
}
