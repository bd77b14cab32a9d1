/** A file that plays a session by itself: player, recording and controls in one document, and no network. */

import type { Story } from "../contracts/story";
import { element, make } from "../dashboard/element";
import { startShow } from "../player/show";
import { Embedded, embedded, MANIFEST_URL } from "./embedded";
import { startReplay } from "./replay";

// The stage is no document of its own here: the policy of this one allows nothing more.
const root = make("div", "offline-stage");
element("stage-frame").replaceWith(root);
const { playback, hear } = startReplay({
  send: (order) => show(order),
  manifestUrl: MANIFEST_URL,
  start_ms: 0,
  story: Promise.resolve(embedded<Story>("story")),
});
const show = startShow({ root, tell: hear, source: () => new Embedded() });
playback.receive({ type: "ready" });
