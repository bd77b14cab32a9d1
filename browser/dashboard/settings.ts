/**
 * What the settings pages gain with script: a preview that follows the form, selectors that
 * are tried before they are sent, and a first session that announces itself.
 */

import { enableCopyButtons } from "./clipboard";
import { forgetWhatIsDone } from "./done_note";
import { followVersions } from "./follow";
import { closePickerWhenLeft } from "./sessions/picker";
import { waitForFirstSession } from "./settings/arrival";
import { importOneByOne } from "./settings/importing";
import { followForm } from "./settings/preview";
import { trySelectors } from "./settings/selectors";
import { keepTimesFresh } from "./time";

enableCopyButtons();
keepTimesFresh();
closePickerWhenLeft();
forgetWhatIsDone();
trySelectors();
followForm();
waitForFirstSession();
importOneByOne();
followVersions("found", "#leaks-found");
followVersions("progress", "#leaks-progress");
