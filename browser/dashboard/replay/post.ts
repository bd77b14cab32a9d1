/** Sends forms of the replay page without leaving it. */

/** The server's own words for why something was not done. */
export class Declined extends Error {}

/** What is said when there is no server to say it. */
const UNREACHABLE = "The server does not answer. Check that it can be reached and try again.";

/**
 * Sends fields as a form. Answers what came back, as JSON where there is any.
 *
 * @throws {Declined} with words for the reader
 */
export async function post<T = unknown>(url: string, fields: Record<string, string> = {}): Promise<T | null> {
  const answer = await fetch(url, {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
    headers: { accept: "application/json" },
  }).catch(() => {
    throw new Declined(UNREACHABLE);
  });
  // Where a form leads on to a page, it has worked.
  if (answer.type === "opaqueredirect") return null;
  const said = (await answer.json().catch(() => null)) as (T & { detail?: string }) | null;
  if (!answer.ok) throw new Declined(said?.detail ?? UNREACHABLE);
  return said;
}

/** Reads JSON; null when there is none to be had. */
export async function read<T>(url: string): Promise<T | null> {
  try {
    const answer = await fetch(url, { headers: { accept: "application/json" } });
    return answer.ok ? ((await answer.json()) as T) : null;
  } catch {
    return null;
  }
}
