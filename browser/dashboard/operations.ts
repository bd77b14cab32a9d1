/** What the operations page gains with script: figures that stay true, and times in the reader's zone. */

import { followVersions } from "./follow";
import { closePickerWhenLeft } from "./sessions/picker";
import { keepTimesFresh } from "./time";

keepTimesFresh();
closePickerWhenLeft();
followVersions("figures", "#followed");
