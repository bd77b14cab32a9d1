/** The page behind a link to a session: a replay that knows of nothing but this session. */

import type { Story } from "../contracts/story";
import { element } from "../dashboard/element";
import { embedStage } from "../dashboard/replay/stage";
import { startReplay } from "./replay";

const { url = "", story = "false", start = "0" } = element("replay").dataset;
const stage = embedStage(`${url}/stage`);
const { hear } = startReplay({
  send: stage.send,
  manifestUrl: new URL(`${url}/manifest.json`, location.href).href,
  start_ms: Number(start),
  story: story === "true" ? ask(`${url}/story.json`) : Promise.resolve(null),
});
stage.listen(hear);
// Whoever made the link sees that it was opened.
void fetch(`${url}/opened`, { method: "POST" }).catch(() => undefined);

async function ask(address: string): Promise<Story | null> {
  try {
    const answer = await fetch(address);
    return answer.ok ? ((await answer.json()) as Story) : null;
  } catch {
    return null;
  }
}
