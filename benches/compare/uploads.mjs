// Uploads flat out, then at half of what the slowest peer takes.

import { quantile, upload } from "./load.mjs";
import { memoryBytes, quiet, watchCpu, watchMemory } from "./meter.mjs";
import { holds, inTurns, median, repeat, rows, withServer } from "./turns.mjs";

/** No peer takes more batches a second: so many visits are prepared. */
const MOST_PER_SECOND = { Hindsight: 12_000, others: 600 };

/** Each round a new server, the peers in turns. */
export async function uploads({ peers, rounds, tell, ...load }) {
  const flat = await inTurns(peers, rounds, tell, (peer) => uploadTo(peer, load));
  const slowest = Math.min(...peers.map((peer) => median(flat.get(peer).map((run) => run.rate))));
  const rate = Math.max(1, Math.round(slowest / 2));
  const paced = await inTurns(peers, rounds, tell, (peer) => uploadTo(peer, { ...load, rate }));
  return [
    ...rows(peers, flat, [
      ["CPU for each durable batch", "µs", "less", "cpuUs"],
      ["durable batches a second", "", "more", "rate"],
      ["durable events a second", "", "more", "eventRate"],
      ["p99, flat out", "ms", "less", "p99"],
    ]),
    ...rows(peers, paced, [[`p99 at ${rate} batches a second`, "ms", "less", "p99"]]),
    ...rows(peers, flat, [
      ["memory after the start", "MiB", "less", "idle"],
      ["memory under load, most", "MiB", "less", "loaded"],
      ["from start to first answer", "ms", "less", "startMs"],
      ["used by others meanwhile", "%", null, "others"],
    ]),
  ];
}

async function uploadTo(peer, { recordings, connections, seconds, warmUp, rate = null }) {
  return withServer(peer, {}, async (server) => {
    await quiet(server.roots, { seconds: 2 });
    const idle = memoryBytes(server.roots) / 2 ** 20;
    const perVisit = recordings.flat().length / recordings.length;
    const prepared = (batches) => server.visits(repeat(recordings, Math.ceil(batches / perVisit)));
    // Whoever compiles while it runs is to have done so; whole visits, however long that takes.
    const warmed = await upload(server.address, await prepared(warmUp), { connections });
    const most = rate ?? MOST_PER_SECOND[peer.name] ?? MOST_PER_SECOND.others;
    const visits = await prepared(most * seconds + connections * perVisit);
    const memory = watchMemory(server.roots);
    const cpu = watchCpu(server.roots);
    const run = await upload(server.address, visits, { connections, seconds, rate });
    const took = cpu();
    const loaded = memory() / 2 ** 20;
    await holds(server, warmed.events + run.events);
    return {
      cpuUs: (took.seconds / run.taken) * 1e6,
      rate: run.counted / run.seconds,
      eventRate: ((run.counted / run.taken) * run.events) / run.seconds,
      p99: quantile(run.latencies, 0.99),
      startMs: server.startMs,
      idle,
      loaded,
      others: took.others * 100,
    };
  });
}
