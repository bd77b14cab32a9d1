/** What the storage page gains with script: times in the reader's own zone that stay true. */

import { forgetWhatIsDone } from "./done_note";
import { keepTimesFresh } from "./time";

keepTimesFresh();
forgetWhatIsDone();
