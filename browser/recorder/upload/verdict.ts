import type { Accepted, Refused } from "../../contracts/wire";

/** What becomes of a batch after an attempt to send it. */
export type Verdict =
  /** The server has it; `snapshot` if it asks for a new full snapshot. */
  | { kind: "stored"; snapshot: boolean }
  /** Send the same bytes again, not before `afterMs` have passed. */
  | { kind: "later"; afterMs: number }
  /** Too large: send it in halves. */
  | { kind: "split" }
  /** The server will never take it. */
  | { kind: "refused" }
  /** The server holds another batch under this number. */
  | { kind: "conflict" }
  /** The session is full or closed: go on in a new one. */
  | { kind: "over" }
  /** The server wants no recording from this page. */
  | { kind: "unwanted" };

/** Reads the server's answer. */
export async function readVerdict(response: Response): Promise<Verdict> {
  const { status } = response;
  if (response.ok) return { kind: "stored", snapshot: (await body<Accepted>(response)).snapshot === true };
  if (status === 413) return { kind: "split" };
  if (status === 401 || status === 403 || status === 410) return { kind: "unwanted" };
  if (status === 409) {
    const { retry } = await body<Refused>(response);
    return { kind: retry === "resnapshot" ? "over" : "conflict" };
  }
  const passes = status === 408 || status === 429 || status >= 500;
  return passes ? { kind: "later", afterMs: retryAfterMs(response) } : { kind: "refused" };
}

/** `Retry-After` in seconds or as a date; 0 if the server does not say. */
function retryAfterMs(response: Response): number {
  const text = response.headers.get("Retry-After") ?? "";
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

/** Proxies answer in HTML; that says nothing beyond the status. */
async function body<T>(response: Response): Promise<Partial<T>> {
  try {
    return ((await response.json()) as Partial<T> | null) ?? {};
  } catch {
    return {};
  }
}
