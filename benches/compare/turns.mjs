// What all measurements share: servers on new data folders, the peers in turns, medians, rows of tables.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Each peer so many times, in another order each round. */
export async function inTurns(peers, rounds, tell, measure) {
  const results = new Map(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of round % 2 ? [...peers].reverse() : peers) {
      tell(`${peer.name}, round ${round + 1} of ${rounds}`);
      results.get(peer).push(await measure(peer));
    }
  }
  return results;
}

/** A row for each `[name, unit, better, key]`: the medians of what the runs of each peer have under the key. */
export function rows(peers, results, columns) {
  return columns.map(([name, unit, better, key]) => {
    const values = peers.map((peer) => median(results.get(peer).map((run) => run[key])));
    return { name, unit, better, values };
  });
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export async function withServer(peer, options, use) {
  return withServers(
    [peer],
    () => options,
    ([server]) => use(server),
  );
}

/** All peers at once, each on a data folder below one that is removed in the end. */
export async function withServers(peers, options, use) {
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

/** What was taken must be there: a figure for uploads that were lost would be worth nothing. */
export async function holds(server, events) {
  const stored = await server.storedEvents();
  if (stored !== events) throw new Error(`${events} events were taken, ${stored} are stored`);
}

/** So many visits, each a recording. */
export function repeat(recordings, count) {
  return Array.from({ length: count }, (_, index) => recordings[index % recordings.length]);
}
