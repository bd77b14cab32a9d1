/**
 * The recorder chunk, which the loader fetches when recording starts.
 */

import { guard, guardAll, warn } from "./guard";
import { Recording } from "./recording";

guard(() => {
  const handover = window.__hindsight;
  if (!handover) return;
  const recording = new Recording(handover.settings, handover.session);
  handover.attach(
    guardAll({
      start: () => recording.start(),
      stop: () => recording.stop(),
      say: (tag: string, payload: unknown) => recording.say(tag, payload),
      flush: () => recording.flush(),
    }),
  );
}, warn)();
