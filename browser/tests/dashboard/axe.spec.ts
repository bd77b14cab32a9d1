import { test } from "@playwright/test";
import { expectAccessible } from "../support/axe";
import { furnish, goTo, type House, PLACES } from "./house";

let house: House;

test.beforeAll(async () => {
  house = await furnish();
});

test.afterAll(() => house.server.stop());

/** The recorded page, and the preview of the widget's page: neither is ours. */
const NOT_OURS = ["#stage-frame", ".preview iframe"];

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, reducedMotion: "reduce" });
    for (const place of PLACES) {
      test(place.name, async ({ page }) => {
        await goTo(page, house, place);
        await expectAccessible(page, { without: NOT_OURS });
      });
    }
  });
}
