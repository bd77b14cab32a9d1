// The recordings that are sent: the same events in the same batches to everybody.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** No batch has more events: the least that any peer takes. */
const MOST_EVENTS = 200;

/** Into what recordings are cut that come as events alone. */
const CUT_EVENTS = 50;

/** Events of a long recording from one full snapshot to the next, and how far apart they are. */
const EVENTS_PER_SNAPSHOT = 1000;
const EVENT_EVERY_MS = 25;

const FULL_SNAPSHOT = 2;
const INCREMENTAL = 3;
const META = 4;
const MOUSE_MOVE = 1;
const SCROLL = 3;

/**
 * All `*.json.gz` of a folder, as `hindsight import` takes them. A recording is a list of batches:
 * `{ stream, seq, last, events }`, where `stream` counts the page loads and `last` is that of a page load.
 */
export async function readRecordings(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json.gz")).sort();
  if (names.length === 0) {
    throw new Error(`${folder} holds no *.json.gz; name a folder of recordings with --recordings`);
  }
  const recordings = [];
  for (const name of names) {
    const content = JSON.parse(gunzipSync(await readFile(join(folder, name))).toString());
    recordings.push(batched(content[0].events ? content : cut(content, CUT_EVENTS)));
  }
  return recordings;
}

/** The same recordings with as many events of a page load in each batch as given, as a slower recorder would send them. */
export function recut(recordings, size) {
  return recordings.map((recording) =>
    batched(
      pages(recording).flatMap((events, stream) => cut(events, size).map((part) => ({ ...part, stream }))),
    ),
  );
}

/** A recording with so many events: a page load of those given, over and over, each time with its snapshot. */
export function longRecording(recordings, wanted) {
  const page = longestPage(recordings);
  const idle = page.filter(
    ({ type, data }) => type === INCREMENTAL && (data.source === MOUSE_MOVE || data.source === SCROLL),
  );
  if (idle.length === 0) throw new Error("the recordings have no page load with mouse movement");
  const began = Date.now() - wanted * EVENT_EVERY_MS;
  const events = [];
  while (events.length < wanted) {
    const round = events.length % EVENTS_PER_SNAPSHOT;
    const event = round < page.length ? page[round] : idle[(round - page.length) % idle.length];
    events.push({ ...event, timestamp: began + events.length * EVENT_EVERY_MS });
  }
  return batched(cut(events, MOST_EVENTS));
}

/** What a set of recordings is, in words. */
export function summary(recordings) {
  const batches = recordings.flat();
  const events = batches.reduce((sum, batch) => sum + batch.events.length, 0);
  const bytes = batches.reduce((sum, batch) => sum + JSON.stringify(batch.events).length, 0);
  const count = (number) => number.toLocaleString("en");
  return `${count(recordings.length)} recordings, ${count(batches.length)} batches, ${count(events)} events, ${(bytes / 1e6).toFixed(1)} MB of JSON`;
}

export function countEvents(recording) {
  return recording.reduce((sum, batch) => sum + batch.events.length, 0);
}

function longestPage(recordings) {
  const whole = recordings
    .flatMap(pages)
    .filter((page) => page[0].type === META && page[1]?.type === FULL_SNAPSHOT);
  if (whole.length === 0) throw new Error("the recordings have no page load with a full snapshot");
  return whole.sort((a, b) => b.length - a.length)[0].slice(0, EVENTS_PER_SNAPSHOT);
}

/** The events of each page load. */
function pages(recording) {
  const streams = [...new Set(recording.map((batch) => batch.stream))];
  return streams.map((stream) =>
    recording.filter((batch) => batch.stream === stream).flatMap((batch) => batch.events),
  );
}

function cut(events, size) {
  const batches = [];
  for (let from = 0; from < events.length; from += size) {
    batches.push({ stream: "0", events: events.slice(from, from + size) });
  }
  return batches;
}

function batched(content) {
  const streams = new Map();
  const batches = [];
  for (const { stream = "0", events } of content) {
    for (const { events: part } of cut(events, MOST_EVENTS)) {
      if (!streams.has(stream)) streams.set(stream, { number: streams.size, batches: 0 });
      const known = streams.get(stream);
      batches.push({ stream: known.number, seq: known.batches, last: false, events: part });
      known.batches += 1;
    }
  }
  for (const batch of batches) batch.last = batch.seq === [...streams.values()][batch.stream].batches - 1;
  return batches;
}
