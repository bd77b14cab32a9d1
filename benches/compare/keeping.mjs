// Visits that are kept: what they take once nothing is left to do, and what deleting them gives back.

import { upload } from "./load.mjs";
import { quiet, watchCpu } from "./meter.mjs";
import { holds, inTurns, repeat, rows, withServer } from "./turns.mjs";

/** A peer that deletes whole sites gets so many: nine of ten are deleted. */
const SITES = 10;

export async function keeping({ peers, recordings, visits: count, connections, tell }) {
  const kept = await inTurns(peers, 1, tell, (peer) =>
    withServer(peer, { sites: SITES }, (server) => keep(server, repeat(recordings, count), connections)),
  );
  return rows(peers, kept, [
    ["CPU for each batch, with all that is done later", "µs", "less", "cpuUs"],
    ["database for each event", "B", "less", "perEvent"],
    [`database with ${count} visits`, "MB", "less", "full"],
    ["log beside it", "MB", "less", "log"],
    ["database after deleting 90 %", "MB", "less", "deleted"],
    ["given back to the disk by that", "%", "more", "freed"],
    ["after `VACUUM FULL` by hand", "MB", null, "byHand"],
  ]);
}

async function keep(server, recordings, connections) {
  // What is found by hand afterwards is beside what would have been found before.
  await server.byHand?.run();
  await quiet(server.roots);
  const empty = await server.bytes();
  const visits = await server.visits(recordings);
  const cpu = watchCpu(server.roots);
  const { taken, events } = await upload(server.address, visits, { connections });
  await server.finished();
  await quiet(server.roots);
  const cpuUs = (cpu().seconds / taken) * 1e6;
  await holds(server, events);
  const full = await server.bytes();
  await server.deleteNineOfTen();
  const deleted = await server.bytes();
  await server.byHand?.run();
  const added = ({ data }) => (data - empty.data) / 1e6;
  return {
    cpuUs,
    perEvent: (full.data - empty.data) / events,
    full: added(full),
    log: full.log / 1e6,
    deleted: added(deleted),
    freed: (1 - added(deleted) / added(full)) * 100,
    byHand: server.byHand ? added(await server.bytes()) : Number.NaN,
  };
}
