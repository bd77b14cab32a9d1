// Lists of many sessions: what the page asks for, over HTTP, and the page in Chromium.

import { openBrowser, openList, openWindow } from "./browser.mjs";
import { quiet } from "./meter.mjs";
import { rows, withServers } from "./turns.mjs";

/** So many sessions lie over so many days. */
const DAYS = 90;

export async function lists({ peers, sizes, runs, tell }) {
  const browser = await openBrowser();
  const all = [];
  try {
    for (const size of sizes) {
      tell(`${size} sessions`);
      const times = await withServers(
        peers,
        () => ({ filled: { sessions: size, days: DAYS } }),
        (servers) => timeLists(browser, peers, servers, runs),
      );
      const named = `${size.toLocaleString("en")} sessions`;
      all.push(
        ...rows(peers, times, [
          [`${named}: HTTP`, "ms", "less", "data"],
          [`${named}: first row`, "ms", "less", "page"],
        ]),
      );
    }
  } finally {
    await browser.close();
  }
  return all;
}

async function timeLists(browser, peers, servers, runs) {
  for (const server of servers) await quiet(server.roots);
  const times = new Map(peers.map((peer) => [peer, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const [index, server] of servers.entries()) {
      const list = server.list(DAYS);
      const context = await openWindow(browser, server, null);
      // The first brings scripts and styles into the browser's cache.
      await openList(context, list);
      times.get(peers[index]).push({ data: await timeData(list.data), page: await openList(context, list) });
      await context.close();
    }
  }
  return times;
}

async function timeData({ url, headers }) {
  const began = performance.now();
  const answer = await fetch(url, { headers });
  await answer.text();
  if (!answer.ok) throw new Error(`${url} was answered with ${answer.status}`);
  return performance.now() - began;
}
