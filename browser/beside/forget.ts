/** Has the server erase what was recorded of a visit. */

import type { Forgotten } from "../recorder/api";
import type { Settings } from "../recorder/settings";

/** `own` is what the visit's id is the hash of: that this device knows it is what the server goes by. */
export async function forget(page: Settings, own: string | undefined): Promise<Forgotten> {
  if (!own) return { erased: false, problem: "this device holds no visit that it could prove to be its own" };
  try {
    const url = `${page.ingestUrl}/${page.connection}/forget`;
    const response = await fetch(url, { method: "POST", body: own, credentials: "omit", keepalive: true });
    const answer = (await response.json()) as Forgotten & { detail?: string };
    return response.ok ? answer : { erased: false, problem: answer.detail ?? `status ${response.status}` };
  } catch {
    return { erased: false, problem: "the server was not reached" };
  }
}
