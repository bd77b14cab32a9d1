// Visitors who upload recordings: flat out, or at a rate that does not wait for answers.

import { Connection } from "./connection.mjs";

const RETRY_MS = 200;

/**
 * Uploads visits over some connections at once. `visits` is a list of `{ requests }`, which are sent in their order;
 * a request has its bytes, its number of events, and says what answer means that it was taken. Ends with the visits,
 * or after `seconds`.
 *
 * Says how many uploads were taken in all and within that time, and how long each was waited for: from when it was
 * sent, or at a `rate` from when it was due.
 */
export async function upload(address, visits, { connections, seconds = null, rate = null }) {
  const start = performance.now();
  const end = seconds === null ? Number.POSITIVE_INFINITY : start + seconds * 1000;
  const run = { visits, next: 0, sent: 0, taken: 0, events: 0, counted: [], start, end, rate };
  await Promise.all(Array.from({ length: connections }, () => visitor(address, run)));
  return {
    taken: run.taken,
    events: run.events,
    counted: run.counted.length,
    seconds: (Math.min(performance.now(), end) - start) / 1000,
    latencies: run.counted.sort((a, b) => a - b),
  };
}

/** The value below which so large a part of sorted numbers lies. */
export function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

async function visitor(address, run) {
  const connection = new Connection(address);
  try {
    while (run.next < run.visits.length && performance.now() < run.end) {
      const visit = run.visits[run.next];
      run.next += 1;
      for (const request of visit.requests) {
        const due = await turn(run);
        if (due >= run.end) return;
        await taken(connection, request);
        const now = performance.now();
        run.taken += 1;
        run.events += request.events;
        if (now <= run.end) run.counted.push(now - due);
      }
    }
  } finally {
    connection.close();
  }
}

/** When the next upload is due: at once, or when the rate says so. */
async function turn(run) {
  if (run.rate === null) return performance.now();
  const due = run.start + (run.sent / run.rate) * 1000;
  run.sent += 1;
  const wait = due - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  return due;
}

/** Sends it again while the server says "later"; anything else that is no success ends the measurement. */
async function taken(connection, request) {
  for (;;) {
    const { status, text } = await connection.exchange(request.parts);
    if (status === 200 && request.isTaken(text)) return;
    if (status !== 503 && status !== 429)
      throw new Error(`an upload was answered with ${status}: ${text.slice(0, 300)}`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
