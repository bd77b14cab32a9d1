// What is measured: each function starts the peers itself, on new data folders, and returns rows of a table.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser, openList, openReplay, openWindow } from "./browser.mjs";
import { quantile, upload } from "./load.mjs";
import { memoryBytes, quiet, watchCpu, watchMemory } from "./meter.mjs";
import { countEvents, longRecording } from "./recordings.mjs";

/** So many sessions lie over so many days in lists. */
const LIST_DAYS = 90;

/** Before uploads count, so that whoever compiles while it runs has done so. */
const WARM_UP_SECONDS = 4;

/** No peer takes more: so many visits are prepared. */
const MOST_BATCHES_PER_SECOND = { Hindsight: 12_000, others: 600 };

/** Uploads flat out, then at half of what the slowest peer takes; each round a new server, the peers in turns. */
export async function uploads({ peers, recordings, rounds, seconds, connections, tell }) {
  const flat = await inTurns(peers, rounds, tell, (peer) =>
    uploadTo(peer, recordings, { connections, seconds }),
  );
  const slowest = Math.min(...peers.map((peer) => median(flat.get(peer).map((run) => run.rate))));
  const rate = Math.max(1, Math.round(slowest / 2));
  const paced = await inTurns(peers, rounds, tell, (peer) =>
    uploadTo(peer, recordings, { connections, seconds, rate }),
  );
  const of = (runs, value) => peers.map((peer) => median(runs.get(peer).map(value)));
  return [
    row(
      "CPU for each durable batch",
      "µs",
      "less",
      of(flat, (run) => run.cpuUs),
    ),
    row(
      "durable batches a second",
      "",
      "more",
      of(flat, (run) => run.rate),
    ),
    row(
      "durable events a second",
      "",
      "more",
      of(flat, (run) => run.eventRate),
    ),
    row(
      "p99, flat out",
      "ms",
      "less",
      of(flat, (run) => run.p99),
    ),
    row(
      `p99 at ${rate} batches a second`,
      "ms",
      "less",
      of(paced, (run) => run.p99),
    ),
    row(
      "memory after the start",
      "MiB",
      "less",
      of(flat, (run) => run.idle),
    ),
    row(
      "memory under load, most",
      "MiB",
      "less",
      of(flat, (run) => run.loaded),
    ),
    row(
      "from start to first answer",
      "ms",
      "less",
      of(flat, (run) => run.startMs),
    ),
    row(
      "used by others meanwhile",
      "%",
      null,
      of(flat, (run) => run.others * 100),
    ),
  ];
}

async function uploadTo(peer, recordings, { connections, seconds, rate = null }) {
  return withServer(peer, {}, async (server) => {
    await quiet(server.roots, { seconds: 2 });
    const idle = memoryBytes(server.roots) / 2 ** 20;
    const most = MOST_BATCHES_PER_SECOND[peer.name] ?? MOST_BATCHES_PER_SECOND.others;
    const count = (seconds) => visitsFor((rate ?? most) * seconds, recordings, connections);
    const warm = await server.visits(
      repeat(recordings, visitsFor(most * WARM_UP_SECONDS, recordings, connections)),
    );
    const visits = await server.visits(repeat(recordings, count(seconds)));
    const warmed = await upload(server.address, warm, { connections, seconds: WARM_UP_SECONDS });
    const memory = watchMemory(server.roots);
    const cpu = watchCpu(server.roots);
    const run = await upload(server.address, visits, { connections, seconds, rate });
    const { seconds: cpuSeconds, others } = cpu();
    const loaded = memory() / 2 ** 20;
    await holds(server, warmed.events + run.events);
    return {
      cpuUs: (cpuSeconds / run.taken) * 1e6,
      rate: run.counted / run.seconds,
      eventRate: ((run.counted / run.taken) * run.events) / run.seconds,
      p99: quantile(run.latencies, 0.99),
      startMs: server.startMs,
      idle,
      loaded,
      others,
    };
  });
}

/** Whole visits that are kept: how many bytes they take once nothing is left to do, and what deleting gives back. */
export async function keeping({ peers, recordings, visits: count, connections, tell }) {
  const kept = await inTurns(peers, 1, tell, (peer) =>
    withServer(peer, { sites: 10 }, async (server) => {
      await quiet(server.roots);
      const empty = await server.bytes();
      const cpu = watchCpu(server.roots);
      const visits = await server.visits(repeat(recordings, count));
      const { taken, events } = await upload(server.address, visits, { connections });
      await server.finished();
      await quiet(server.roots);
      const cpuUs = (cpu().seconds / taken) * 1e6;
      await holds(server, events);
      const full = await server.bytes();
      await server.deleteNineOfTen();
      const deleted = await server.bytes();
      await server.byHand?.run();
      const byHand = server.byHand ? await server.bytes() : null;
      const mega = (bytes) => (bytes.data - empty.data) / 1e6;
      return {
        cpuUs,
        perEvent: (full.data - empty.data) / events,
        full: mega(full),
        deleted: mega(deleted),
        byHand: byHand && mega(byHand),
        freed: ((full.data - deleted.data) / (full.data - empty.data)) * 100,
        log: full.log / 1e6,
      };
    }),
  );
  const of = (value) => peers.map((peer) => value(kept.get(peer)[0]));
  return [
    row(
      "CPU for each batch, with all that is done later",
      "µs",
      "less",
      of((run) => run.cpuUs),
    ),
    row(
      "database for each event",
      "B",
      "less",
      of((run) => run.perEvent),
    ),
    row(
      `database with ${count} visits`,
      "MB",
      "less",
      of((run) => run.full),
    ),
    row(
      "log beside it",
      "MB",
      "less",
      of((run) => run.log),
    ),
    row(
      "database after deleting 90 %",
      "MB",
      "less",
      of((run) => run.deleted),
    ),
    row(
      "given back to the disk by that",
      "%",
      "more",
      of((run) => run.freed),
    ),
    row(
      "after `VACUUM FULL` by hand",
      "MB",
      null,
      of((run) => run.byHand),
    ),
  ];
}

/** Replays of so many events, opened in Chromium by somebody whose browser knows the dashboard already. */
export async function replays({ peers, recordings, sizes, runs, tell }) {
  const browser = await openBrowser();
  const rows = [];
  try {
    await withServers(
      peers,
      () => ({}),
      async (servers) => {
        const first = await recorded(servers, recordings[0]);
        for (const size of sizes) {
          tell(`a replay of ${size} events`);
          const long = longRecording(recordings, size);
          const visits = await recorded(servers, long);
          const times = peers.map(() => []);
          for (let run = 0; run < runs; run += 1) {
            for (const [index, server] of servers.entries()) {
              times[index].push(await timeReplay(browser, server, first[index], visits[index], tell));
            }
          }
          const of = (value) => times.map((all) => median(all.map(value)));
          const name = `${size.toLocaleString("en")} events`;
          rows.push(
            row(
              `first byte of a replay, ${name}`,
              "ms",
              "less",
              of((time) => time.firstByte),
            ),
          );
          rows.push(
            row(
              `first frame of a replay, ${name}`,
              "ms",
              "less",
              of((time) => time.firstFrame),
            ),
          );
        }
      },
    );
  } finally {
    await browser.close();
  }
  return rows;
}

async function recorded(servers, recording) {
  const visits = [];
  for (const server of servers) {
    const [visit] = await server.visits([recording]);
    const { events } = await upload(server.address, [visit], { connections: 1 });
    if (events !== countEvents(recording)) throw new Error("not every event was sent");
    await server.finished();
    await quiet(server.roots);
    visits.push(visit);
  }
  return visits;
}

/** A replay that does not open is told, and counts as one that takes for ever. */
async function timeReplay(browser, server, first, visit, tell) {
  const context = await openWindow(browser, server, server.replay(first));
  try {
    return await openReplay(context, server.replay(visit));
  } catch (error) {
    tell(`it does not open: ${error.message}`);
    return { firstByte: Number.POSITIVE_INFINITY, firstFrame: Number.POSITIVE_INFINITY };
  } finally {
    await context.close();
  }
}

/** The list with so many sessions: what its page asks for, over HTTP, and the page in Chromium. */
export async function lists({ peers, sizes, runs, tell }) {
  const browser = await openBrowser();
  const rows = [];
  try {
    for (const size of sizes) {
      tell(`a list of ${size} sessions`);
      const filled = (peer) => (peer.name === "Hindsight" ? { filled: size } : {});
      await withServers(peers, filled, async (servers) => {
        for (const server of servers) await server.fill?.(size, LIST_DAYS);
        for (const server of servers) await quiet(server.roots);
        const data = servers.map(() => []);
        const page = servers.map(() => []);
        for (let run = 0; run < runs; run += 1) {
          for (const [index, server] of servers.entries()) {
            const list = server.list(LIST_DAYS);
            data[index].push(await timeData(list.data));
            const context = await openWindow(browser, server, null);
            await openList(context, list);
            page[index].push(await openList(context, list));
            await context.close();
          }
        }
        const name = `${size.toLocaleString("en")} sessions`;
        rows.push(row(`list of ${name}: HTTP`, "ms", "less", data.map(median)));
        rows.push(row(`list of ${name}: first row in Chromium`, "ms", "less", page.map(median)));
      });
    }
  } finally {
    await browser.close();
  }
  return rows;
}

async function timeData({ url, headers }) {
  const began = performance.now();
  const answer = await fetch(url, { headers });
  await answer.text();
  if (!answer.ok) throw new Error(`${url} was answered with ${answer.status}`);
  return performance.now() - began;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function row(name, unit, better, values) {
  return { name, unit, better, values };
}

/** Each peer so many times, in another order each round. */
async function inTurns(peers, rounds, tell, measure) {
  const results = new Map(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of round % 2 ? [...peers].reverse() : peers) {
      tell(`${peer.name}, round ${round + 1} of ${rounds}`);
      results.get(peer).push(await measure(peer));
    }
  }
  return results;
}

/** What was taken must be there: a figure for uploads that were lost would be worth nothing. */
async function holds(server, events) {
  const stored = await server.storedEvents();
  if (stored !== events) throw new Error(`${events} events were taken, ${stored} are stored`);
}

async function withServer(peer, options, use) {
  return withServers(
    [peer],
    () => options,
    ([server]) => use(server),
  );
}

async function withServers(peers, options, use) {
  const folder = await mkdtemp(join(tmpdir(), "compare-"));
  const servers = [];
  try {
    for (const peer of peers) servers.push(await peer.start(folder, options(peer)));
    return await use(servers);
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function repeat(recordings, count) {
  return Array.from({ length: count }, (_, index) => recordings[index % recordings.length]);
}

function visitsFor(batches, recordings, connections) {
  const perVisit = recordings.flat().length / recordings.length;
  return Math.ceil(batches / perVisit) + connections;
}
