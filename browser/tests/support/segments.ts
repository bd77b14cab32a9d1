/** Recordings as the server stores them once a session is finished. */

import { element, newText, page, type RecordedEvent, snapshot, text } from "./recorded";
import type { HostedPart, HostedSegment } from "./stage-host";

/**
 * The same events in larger pieces: the first one ends with the first full
 * snapshot, and each of the others holds this many events.
 */
export function segmentsOf(batches: HostedPart[], length: number): HostedSegment[] {
  const placed = batches.flatMap((batch, seq) =>
    (batch ?? []).map((event, index) => ({ seq, index, event })),
  );
  const rest = placed.findIndex(({ event }) => event.type === 2) + 1;
  const pieces = [placed.slice(0, rest)];
  for (let from = rest; from < placed.length; from += length) pieces.push(placed.slice(from, from + length));
  return pieces.map((piece) => ({
    seq: piece[0]?.seq ?? 0,
    index: piece[0]?.index ?? 0,
    content: piece.map(({ event }) => event),
  }));
}

/** A page whose text counts the tenths of a second, in batches of one second. */
export function counting(seconds: number, href?: string): RecordedEvent[][] {
  const count = text("0");
  const batches = Array.from({ length: seconds }, (_, second) =>
    Array.from({ length: 10 }, (_, tenth) => second * 1000 + tenth * 100)
      .filter((at) => at > 0)
      .map((at) => newText(at, count, String(at))),
  );
  batches[0]?.unshift(...snapshot(0, page([element("p", { id: "count" }, count)]), href));
  return batches;
}

/** The same, with a new picture of the page at the start of each second. */
export function picturesOf(seconds: number): RecordedEvent[][] {
  return Array.from({ length: seconds }, (_, second) => {
    const at = second * 1000;
    const count = text(String(at));
    const picture = snapshot(at, page([element("p", { id: "count" }, count)]));
    return [...picture, newText(at + 500, count, String(at + 500))];
  });
}
