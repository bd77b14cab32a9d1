/**
 * The recorder chunk, which the loader fetches when a page may be recorded.
 */

import { guard, guardAll, warn } from "./guard";
import { Recording } from "./recording";

window.__hindsight?.(
  guard((settings, session) => {
    const recording = new Recording(settings, session);
    return guardAll({
      start: () => recording.start(),
      stop: () => recording.stop(),
      say: (tag: string, payload: unknown) => recording.say(tag, payload),
      flush: () => recording.flush(),
    });
  }, warn),
);
