/**
 * What the reports pages gain with script: times in the reader's own zone that stay
 * true, and a list that follows what is being made.
 */

import { forgetWhatIsDone } from "./done_note";
import { followVersions } from "./follow";
import { chooseOwnDays } from "./own_days";
import { closePickerWhenLeft } from "./sessions/picker";
import { keepTimesFresh } from "./time";

keepTimesFresh();
closePickerWhenLeft();
forgetWhatIsDone();
followVersions("reports", "#reports");
chooseOwnDays();
