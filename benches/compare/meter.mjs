// What processes take: CPU time and memory of whole trees of processes, read from /proc.

import { readdirSync, readFileSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The unit of CPU times in /proc, which Linux fixes. */
const TICKS_PER_SECOND = 100;

const SAMPLE_MS = 250;

/** The numbers of these processes and of all below them. */
export function tree(roots) {
  const children = new Map();
  for (const { pid, parent } of processes()) {
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(pid);
  }
  const found = [...roots];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** CPU seconds of these trees since they began, with those below them that have ended. */
export function cpuSeconds(roots) {
  const wanted = new Set(tree(roots));
  let ticks = 0;
  for (const { pid, cpu } of processes()) if (wanted.has(pid)) ticks += cpu;
  return ticks / TICKS_PER_SECOND;
}

/** Bytes of memory of these trees; what processes share is counted once (PSS). */
export function memoryBytes(roots) {
  let sum = 0;
  for (const pid of tree(roots)) {
    const rollup = readOrNull(`/proc/${pid}/smaps_rollup`);
    sum += 1024 * Number(/^Pss:\s+(\d+)/m.exec(rollup ?? "")?.[1] ?? 0);
  }
  return sum;
}

/** Looks at the memory of these trees again and again; the function that comes back ends that and says the most. */
export function watchMemory(roots) {
  let most = memoryBytes(roots);
  const timer = setInterval(() => {
    most = Math.max(most, memoryBytes(roots));
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return Math.max(most, memoryBytes(roots));
  };
}

/** Measures from now on; the function that comes back says what these trees and everybody else took. */
export function watchCpu(roots) {
  const before = {
    own: cpuSeconds(roots),
    self: selfSeconds(),
    all: machineSeconds(),
    at: performance.now(),
  };
  return () => {
    const own = cpuSeconds(roots) - before.own;
    const all = machineSeconds();
    const busy = all.busy - before.all.busy;
    const others = Math.max(0, busy - own - (selfSeconds() - before.self));
    return {
      seconds: own,
      wall: (performance.now() - before.at) / 1000,
      others: others / (all.total - before.all.total),
    };
  };
}

/** Waits until these trees do next to nothing for some seconds. */
export async function quiet(roots, { seconds = 4, timeout = 1800 } = {}) {
  const end = Date.now() + timeout * 1000;
  let calm = 0;
  while (calm < seconds) {
    if (Date.now() > end) throw new Error(`what is measured is still at work after ${timeout} s`);
    const before = cpuSeconds(roots);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    calm = cpuSeconds(roots) - before <= 0.03 ? calm + 1 : 0;
  }
}

/** Bytes that files below a folder take up on the disk. */
export async function diskBytes(path) {
  const stat = await lstat(path).catch(() => null);
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.blocks * 512;
  const below = (await readdir(path)).map((name) => diskBytes(join(path, name)));
  return (await Promise.all(below)).reduce((sum, bytes) => sum + bytes, 0);
}

function processes() {
  const found = [];
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readOrNull(`/proc/${name}/stat`) : null;
    if (stat === null) continue;
    // The name of a program may hold spaces and parentheses: what follows the last one is numbers.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const cpu = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    found.push({ pid: Number(name), parent: Number(fields[1]), cpu });
  }
  return found;
}

function machineSeconds() {
  const [line] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  // guest times are part of user and nice already
  const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = times.reduce((sum, time) => sum + time, 0);
  return { total: total / TICKS_PER_SECOND, busy: (total - times[3] - times[4]) / TICKS_PER_SECOND };
}

function selfSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A process may end while it is looked at. */
function readOrNull(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
