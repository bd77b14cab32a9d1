/**
 * What the plugins pages gain with script: times in the reader's own zone that stay
 * true, and runs over past sessions that show how far they are.
 */

import { forgetWhatIsDone } from "./done_note";
import { followVersions } from "./follow";
import { chooseOwnDays } from "./own_days";
import { closePickerWhenLeft } from "./sessions/picker";
import { keepTimesFresh } from "./time";

keepTimesFresh();
closePickerWhenLeft();
forgetWhatIsDone();
chooseOwnDays();
followVersions("reruns", "#followed");
