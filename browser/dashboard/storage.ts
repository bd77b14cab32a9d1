/** What the storage page gains with script: times in the reader's own zone that stay true. */

import { forgetNotice } from "./notice";
import { keepTimesFresh } from "./time";

keepTimesFresh();
forgetNotice();
