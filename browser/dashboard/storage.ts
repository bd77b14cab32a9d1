/** What the storage page gains with script: times in the reader's own zone that stay true. */

import { forgetWhatIsDone } from "./done_note";
import { closePickerWhenLeft } from "./sessions/picker";
import { keepTimesFresh } from "./time";

keepTimesFresh();
closePickerWhenLeft();
forgetWhatIsDone();
