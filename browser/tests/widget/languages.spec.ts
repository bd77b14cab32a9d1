/** The widget speaks the visitor's language, or the page's own words. */

import { readdirSync, readFileSync } from "node:fs";
import { en } from "../../widget/english";
import { expect, field, launcher, panel, test, visit } from "../support/widget";

const FOLDER = new URL("../../widget/languages/", import.meta.url);
const LANGUAGES = readdirSync(FOLDER).map((file) => file.replace(".json", ""));

const read = (language: string) =>
  JSON.parse(readFileSync(new URL(`${language}.json`, FOLDER), "utf8")) as Record<string, string>;

test("each language says everything", () => {
  expect(LANGUAGES).toEqual(["ar", "de", "es", "fr", "ja"]);
  for (const language of LANGUAGES) {
    const texts = read(language);
    expect(Object.keys(texts), language).toEqual(Object.keys(en));
    expect(
      Object.values(texts).filter((text) => text.trim() === ""),
      language,
    ).toEqual([]);
  }
});

for (const language of LANGUAGES) {
  test(`a page in ${language} has a chat in it`, async ({ page, site }) => {
    site.pages["/"] = `<!doctype html><html lang="${language}-XX"><title>x</title><body>${site.widget()}`;
    await page.goto(site.url);
    await expect(launcher(page)).toHaveAccessibleName(read(language).open ?? "");
    await launcher(page).click();
    await expect(field(page)).toHaveAttribute("placeholder", read(language).placeholder ?? "");
    await expect(page.locator("hindsight-widget .root")).toHaveAttribute("lang", `${language}-XX`);
  });
}

test("the settings choose the language, the attribute has the last word", async ({ page, site }) => {
  site.settings = { recording: {}, widget: { language: "ja" } };
  await visit(page, site);
  await expect(launcher(page)).toHaveAccessibleName("チャットを開く");
  await visit(page, site, { language: "fr" });
  await expect(launcher(page)).toHaveAccessibleName("Discuter avec nous");
});

test("a page that says nothing gets the browser's language", async ({ browser, site }) => {
  const context = await browser.newContext({ locale: "es-MX" });
  const page = await context.newPage();
  await visit(page, site);
  await expect(launcher(page)).toHaveAccessibleName("Chatear con nosotros");
  await context.close();
});

test("a page can replace texts, and bring a language of its own", async ({ page, site }) => {
  await visit(page, site, { texts: '{"open": "Ask Pip"}', title: "Pip" });
  await expect(launcher(page)).toHaveAccessibleName("Ask Pip");
  await launcher(page).click();
  await expect(panel(page)).toHaveAccessibleName("Pip");
  await visit(page, site, { language: "he", texts: '{"open": "צ׳אט"}' });
  await expect(launcher(page)).toHaveAccessibleName("צ׳אט");
  await expect(page.locator("hindsight-widget .root")).toHaveAttribute("dir", "rtl");
});

test("texts that cannot be had are English", async ({ page, site }) => {
  await page.route("**/widget.de.json", (route) => route.abort());
  await visit(page, site, { language: "de" });
  await expect(launcher(page)).toHaveAccessibleName("Chat with us");
  await expect(page.locator("hindsight-widget .root")).toHaveAttribute("lang", "en");
});
