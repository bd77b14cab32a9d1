// Starting what is measured, and talking to it.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";

const START_MS = 120_000;
const STOP_MS = 20_000;

/** Runs a program to its end and returns what it printed. */
export async function output(program, args, options = {}) {
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 1 << 26, ...options });
  return stdout.trim();
}

/** Whatever ends this program ends what it started. */
const running = new Set();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A process that is ended with `stop`; what it prints is kept for the error if it ends by itself. */
export function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  const printed = [];
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      printed.push(data.toString());
      if (printed.length > 50) printed.shift();
    });
  }
  child.on("error", (error) => printed.push(error.message));
  const ended = once(child, "exit")
    .catch(() => {})
    .finally(() => running.delete(child));
  return {
    pid: child.pid,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    printed: () => printed.join(""),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Asks again and again until `isReady` holds. */
export async function until(isReady, { what, process = null, timeout = START_MS, every = 50 }) {
  const end = Date.now() + timeout;
  for (;;) {
    if (process && !process.isRunning()) throw new Error(`${what} ended by itself: ${process.printed()}`);
    if (await isReady().catch(() => false)) return;
    if (Date.now() > end)
      throw new Error(`${what}: not within ${timeout / 1000} s. ${process?.printed() ?? ""}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

/** JSON from an address; anything but success is an error that says what came. */
export async function json(url, options = {}) {
  const answer = await fetch(url, options);
  const text = await answer.text();
  if (!answer.ok)
    throw new Error(
      `${options.method ?? "GET"} ${url} was answered with ${answer.status}: ${text.slice(0, 300)}`,
    );
  return text === "" ? null : JSON.parse(text);
}

/** A request as the bytes that are sent, in two parts, so that a body is kept once however often it is sent. */
export function request(method, path, headers, body) {
  const lines = Object.entries({ Host: "compare", ...headers, "Content-Length": body.length });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return [Buffer.from(head), body];
}

/** The browser that all uploads say they are from. */
export const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
