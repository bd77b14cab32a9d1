/**
 * What few pages need, loaded when they do: the notice that asks the visitor, and forgetting what was recorded.
 */

import { ask } from "./ask";
import { forget } from "./forget";

window.__hindsightBeside = { ask, forget };
