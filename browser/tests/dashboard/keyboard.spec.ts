/** The dashboard without a pointer: everything is reached, seen to be reached, and left again by keys. */

import { expect, type Locator, type Page, test } from "@playwright/test";
import { furnish, goTo, type House, PLACES } from "./house";

/** So many stops of a page are looked at; the rest are rows like those before. */
const MOST_STOPS = 60;

let house: House;

test.beforeAll(async () => {
  house = await furnish();
});

test.afterAll(() => house.server.stop());

const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

/** Goes on with Tab until this has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to ${target}`);
}

const ready = (page: Page) =>
  expect(page.locator("#scrubber")).toHaveAttribute("aria-disabled", "false", { timeout: 20_000 });

const at = async (page: Page) => Number(await page.locator("#scrubber").getAttribute("aria-valuenow"));

test("from the list into a replay and back", async ({ page }) => {
  await page.goto(`${house.server.url}${house.shop}/sessions`);

  await press(page, "Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport({ ratio: 1 });
  await press(page, "Enter", "Tab");
  expect(await page.evaluate(() => document.activeElement?.closest("main") !== null)).toBe(true);

  await press(page, "/");
  await page.keyboard.type("mug");
  await press(page, "Enter");
  await expect(page).toHaveURL(/[?&]q=mug/);
  await press(page, "f");
  const filters = page.locator(".filter-more");
  await expect(filters).toHaveAttribute("open");
  await press(page, "Escape");
  await expect(filters).not.toHaveAttribute("open");
  await expect(filters.locator("summary")).toBeFocused();

  const completed = page.getByRole("navigation", { name: "Status" }).getByRole("link", { name: "Completed" });
  await completed.evaluate(() => (document.activeElement as HTMLElement).blur());
  await tabTo(page, completed);
  await press(page, "Enter");
  await expect(page).toHaveURL(/status=completed/);
  await press(page, "j", "x");
  await expect(page.locator("tr.session input:checked")).toHaveCount(1);
  await press(page, "Escape");
  await expect(page.locator("tr.session input:checked")).toHaveCount(0);
  await press(page, "j", "Enter");
  await expect(page).toHaveURL(/\/sessions\/\w+/);
  await ready(page);

  await tabTo(page, page.getByRole("link", { name: "Back to sessions" }));
  await press(page, "Enter");
  await expect(page).toHaveTitle(/^Sessions/);
});

test("a replay is played, sought through and read", async ({ page }) => {
  await page.goto(`${house.server.url}${house.asking}?t=3`);
  await ready(page);

  await press(page, "Tab");
  await expect(page.getByRole("link", { name: "Skip to the controls" })).toBeFocused();
  await press(page, "Enter", "Tab");
  await expect(page.getByRole("slider")).toBeFocused();

  await press(page, "Space");
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  const before = await at(page);
  await press(page, "ArrowRight");
  await expect.poll(() => at(page)).toBe(before + 10);
  await press(page, "ArrowUp");
  await expect.poll(() => at(page)).toBe(before + 11);
  await press(page, ">");
  await expect(page.getByRole("button", { name: "2×" })).toHaveAttribute("aria-pressed", "true");
  await press(page, "Home");
  await expect.poll(() => at(page)).toBe(0);
  await press(page, "l");
  await expect.poll(() => at(page)).toBeGreaterThan(0);
  await tabTo(page, page.getByRole("button", { name: "4×" }));
  await press(page, "Enter");
  await expect(page.getByRole("button", { name: "4×" })).toHaveAttribute("aria-pressed", "true");

  await press(page, "2");
  const tabs = page.getByRole("tablist", { name: "What to show" });
  await expect(tabs.getByRole("tab", { name: "Conversation" })).toHaveAttribute("aria-selected", "true");
  await tabTo(page, tabs.getByRole("tab", { name: "Conversation" }));
  await press(page, "ArrowRight");
  await expect(tabs.getByRole("tab", { name: "Console" })).toBeFocused();
  await press(page, "Escape");
  await expect(page.locator("#story")).toBeHidden();
  await expect(page.getByRole("button", { name: "Panel" })).toBeFocused();
});

test("what opens over a replay gives the focus back", async ({ page }) => {
  await page.goto(`${house.server.url}${house.asking}`);
  await ready(page);

  const help = page.getByRole("button", { name: "Keyboard shortcuts" });
  await tabTo(page, help);
  await press(page, "Enter");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await press(page, "Escape");
  await expect(help).toBeFocused();

  const share = page.getByRole("button", { name: "Share", exact: true });
  await tabTo(page, share);
  await press(page, "Enter");
  await expect(page.getByRole("dialog", { name: "Share this session" })).toBeVisible();
  await press(page, "Escape");
  await expect(share).toBeFocused();

  await press(page, "c");
  await page.keyboard.type("By hand");
  await tabTo(page, page.getByRole("complementary", { name: "Notes" }).getByLabel("Your name"));
  await page.keyboard.type("Ada");
  await press(page, "Control+Enter");
  const note = page.locator(".note", { hasText: "By hand" });
  await expect(note).toBeVisible();
  await tabTo(page, note.getByRole("button", { name: "Delete" }));
  await press(page, "Enter");
  await expect(page.getByText("Note deleted.")).toBeVisible();
  await tabTo(page, page.getByRole("button", { name: "Close notes" }));
  await press(page, "Enter");
  await expect(page.getByRole("button", { name: /^Notes/ })).toBeFocused();
});

test("Activity is walked and opened", async ({ page }) => {
  await page.goto(`${house.server.url}${house.shop}/activity`);

  const prompts = page.getByRole("navigation", { name: "Show" }).getByRole("link", { name: "Prompts" });
  await tabTo(page, prompts);
  await press(page, "Enter");
  await expect(page).toHaveURL(/show=prompts/);
  await press(page, "j", "j", "k");
  await expect(page.locator(".entry-watch").first()).toBeFocused();
  await press(page, "Enter");
  await expect(page).toHaveURL(/\/sessions\/\w+\?/);
  await ready(page);
});

test("the menu of connections opens, leads on and closes", async ({ page }) => {
  await page.goto(`${house.server.url}${house.shop}/settings/answers`);
  const menu = page.locator(".picker summary");

  await tabTo(page, menu);
  await press(page, "Enter", "Tab");
  await expect(page.getByRole("navigation", { name: "Connections" }).getByRole("link").first()).toBeFocused();
  await press(page, "Escape");
  await expect(menu).toBeFocused();
  await expect(page.getByRole("navigation", { name: "Connections" })).toBeHidden();
});

test("whatever has the focus shows it", async ({ page }) => {
  test.setTimeout(300_000);
  const unseen: string[] = [];
  for (const place of PLACES) {
    await goTo(page, house, place);
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let stop = 0; stop < MOST_STOPS; stop += 1) {
      await page.keyboard.press("Tab");
      const found = await page.evaluate(lookAtFocus);
      if (found === "end") break;
      if (found !== "") unseen.push(`${place.name}: ${found}`);
    }
  }
  expect([...new Set(unseen)]).toEqual([]);
});

/** Runs in the page: what has the focus and does not show it; "" if it does, "end" where the page ends. */
function lookAtFocus(): string {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return "end";
  // The frame of what is recorded is left by the next Tab, and a date's parts show the focus themselves.
  if (focused.matches("iframe, input[type=date]")) return "";
  const near = [
    focused,
    focused.parentElement,
    focused.nextElementSibling,
    focused.closest("tr"),
    focused.querySelector("rect"),
  ];
  const isOutlined = (element: Element | null) => {
    if (element === null) return false;
    const { outlineStyle, outlineWidth, stroke } = getComputedStyle(element);
    return (
      (outlineStyle !== "none" && outlineWidth !== "0px") || (element.tagName === "rect" && stroke !== "none")
    );
  };
  const { width, height, right, bottom } = focused.getBoundingClientRect();
  const isThere = width > 0 && height > 0 && right > 0 && bottom > 0;
  if (isThere && near.some(isOutlined)) return "";
  return `${focused.tagName} ${focused.getAttribute("class")} ${focused.textContent?.trim().slice(0, 40)}`;
}
