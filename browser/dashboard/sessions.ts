/**
 * What the sessions page gains with script: live figures, a first session that
 * appears by itself, keys, and relative times that stay true.
 */

import { readBars } from "./chart_reading";
import { enableCopyButtons } from "./clipboard";
import { forgetWhatIsDone } from "./done_note";
import { walkBarsByArrows } from "./sessions/chart";
import { chooseSessions } from "./sessions/choose";
import { narrowAtOnce } from "./sessions/form";
import { moveByKeys } from "./sessions/keys";
import { watchSessions } from "./sessions/live";
import { closePickerWhenLeft } from "./sessions/picker";
import { keepTimesFresh } from "./time";

enableCopyButtons();
keepTimesFresh();
closePickerWhenLeft();
narrowAtOnce();
chooseSessions();
moveByKeys();
walkBarsByArrows();
readBars();
forgetWhatIsDone();
watchSessions();
