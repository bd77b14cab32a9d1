/**
 * What the pages with a feed gain with script: days of the reader's own zone, keys,
 * values of the chart as one points at it, and entries that arrive while one reads.
 */

import { groupByOwnDays } from "./activity/days";
import { moveThroughFeed } from "./activity/keys";
import { followFeed } from "./activity/live";
import { readBars } from "./chart_reading";
import { enableCopyButtons } from "./clipboard";
import { walkBarsByArrows } from "./sessions/chart";
import { closePickerWhenLeft } from "./sessions/picker";
import { keepTimesFresh } from "./time";

enableCopyButtons();
groupByOwnDays();
keepTimesFresh();
closePickerWhenLeft();
moveThroughFeed();
walkBarsByArrows();
readBars();
followFeed();
