/**
 * The upload format, as `src/ingest/` reads it.
 *
 * `POST {ingest path}/{write key}/{session}/{stream}/{seq}?sent_at=MS[&end=1]`
 * with a body that is a JSON array of rrweb events, plain or one gzip member
 * (told apart by its first two bytes). It is sent as a simple CORS request:
 * no header of ours, no content type that would ask for a preflight.
 */

/** The longest body that all requests with `keepalive` may hold together, in bytes. */
export const KEEPALIVE_BUDGET = 64 * 1024;

/** What the server answers a stored batch with. */
export interface Accepted {
  stored: boolean;
  /** The same batch was stored before; nothing changed. */
  duplicate: boolean;
  session: string;
  seq: number;
  /** The lowest `seq` the stream still lacks. */
  next: number;
  /** The server's clock, in milliseconds since 1970. */
  server_time: number;
  /** The server asks for a new full snapshot: it holds nothing the stream can be replayed from. */
  snapshot?: boolean;
  /** The session was completed before, and is open again. */
  reopened?: boolean;
}

/** What the server answers a refused batch with (`application/problem+json`, RFC 9457). */
export interface Refused {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** What to do with the batch: drop it, send it again, halve it, or start a new full snapshot. */
  retry: "never" | "later" | "split" | "resnapshot";
  /** What the server's log calls this upload. Also in the header `X-Request-Id`. */
  request_id: string;
}
