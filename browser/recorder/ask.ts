import type { ConnectionSettings, RecordingSettings } from "../contracts/settings";
import { guard } from "./guard";
import type { Settings } from "./settings";

/** Doubled with each try. */
const FIRST_WAIT_MS = 2_500;
const MAX_TRIES = 8;

/**
 * What the connection's owner decided; nothing if this page is not to be recorded. A server
 * that does not answer could take no recording either: it is asked again for some minutes.
 */
export async function askServer(page: Settings): Promise<RecordingSettings | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (tries) await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** tries));
    try {
      const start = page.startsOnLoad ? "load" : "manual";
      const query = `v=__VERSION__&start=${start}&sample=${page.sample}`;
      const response = await fetch(`${addressOf(page)}?${query}`, { credentials: "omit" });
      if (response.ok) {
        const { recording } = (await response.json()) as ConnectionSettings;
        return recording.off ? undefined : recording;
      }
      // A reason that nobody reads is not kept for whoever looks into the browser later.
      await response.text();
      if (response.status < 429) return undefined;
    } catch {
      // Offline, or blocked.
    }
  }
  return undefined;
}

/**
 * Tells the server what kept a request of ours from being sent, by the only way that pages
 * often leave open: an image. Told once, since the image may be what is blocked next.
 */
export function watchForObstacles(page: Settings): (obstacle: string) => void {
  let told = false;
  const tell = (obstacle: string): void => {
    if (told) return;
    told = true;
    new Image().src = `${addressOf(page)}?blocked=${obstacle}`;
  };
  document.addEventListener(
    "securitypolicyviolation",
    guard(({ blockedURI, effectiveDirective }) => {
      if ([page.ingestUrl, page.recorderUrl].some((url) => blockedURI.startsWith(new URL(url).origin)))
        tell(effectiveDirective);
    }),
  );
  return tell;
}

const addressOf = (page: Settings): string => `${page.ingestUrl}/${page.connection}`;
