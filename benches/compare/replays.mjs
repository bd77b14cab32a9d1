// Replays of few and of many events, opened in Chromium by somebody whose browser knows the dashboard already.

import { openBrowser, openReplay, openWindow } from "./browser.mjs";
import { upload } from "./load.mjs";
import { quiet } from "./meter.mjs";
import { countEvents, longRecording } from "./recordings.mjs";
import { rows, withServers } from "./turns.mjs";

export async function replays({ peers, recordings, sizes, runs, tell }) {
  const browser = await openBrowser();
  try {
    return await withServers(
      peers,
      () => ({}),
      async (servers) => {
        const first = await record(servers, recordings[0]);
        const all = [];
        for (const size of sizes) {
          tell(`${size} events`);
          const visits = await record(servers, longRecording(recordings, size));
          const times = new Map(peers.map((peer) => [peer, []]));
          for (let run = 0; run < runs; run += 1) {
            for (const [index, server] of servers.entries()) {
              const time = await timeReplay(browser, server, {
                first: first[index],
                visit: visits[index],
                tell,
              });
              times.get(peers[index]).push(time);
            }
          }
          const named = `${size.toLocaleString("en")} events`;
          all.push(
            ...rows(peers, times, [
              [`${named}: first byte`, "ms", "less", "firstByte"],
              [`${named}: first frame`, "ms", "less", "firstFrame"],
            ]),
          );
        }
        return all;
      },
    );
  } finally {
    await browser.close();
  }
}

/** Uploads a recording to each, as one visitor, and waits until nothing is left to do. */
async function record(servers, recording) {
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
async function timeReplay(browser, server, { first, visit, tell }) {
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
