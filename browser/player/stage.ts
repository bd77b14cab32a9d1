/**
 * The stage: the document that plays recordings, embedded by the replay page.
 *
 * Recordings come from strangers, so they are played in a document of their
 * own whose content security policy allows this script and nothing else. It has
 * no controls: the page says what to play (see `contracts/replay.ts`).
 */

import { listen, tell } from "./messages";
import { startShow } from "./show";
import { Source } from "./source";

listen(startShow({ root: document.body, tell, source: (onUnreachable) => new Source(onUnreachable) }));
tell({ type: "ready" });
