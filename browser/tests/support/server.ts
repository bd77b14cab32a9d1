/** The real server, started on a free port with a temporary data folder. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const BINARY =
  process.env.TEST_BINARY ?? fileURLToPath(new URL("../../../target/debug/hindsight", import.meta.url));
/** Compiled plugins are the same for all tests. */
const CODE_DIR = join(dirname(BINARY), "plugin-code");
const READY_WITHIN_MS = 20_000;

export interface RunningServer {
  url: string;
  dataDir: string;
  /** Adds a connection and returns its write key. */
  addConnection(name: string): Promise<string>;
  /** Runs another command on the same data and returns what it prints. */
  cli(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Starts `hindsight serve`, or another command that serves, and waits until it takes requests. */
export async function startServer(
  environment: Record<string, string> = {},
  command: "serve" | "demo" = "serve",
): Promise<RunningServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "hindsight-"));
  const env = {
    ...process.env,
    HINDSIGHT_PLUGINS__CODE_DIR: CODE_DIR,
    HINDSIGHT_ACCOUNTS__LOGIN: "none",
    ...environment,
  };
  const child = spawn(BINARY, [command, "--data", dataDir, "--listen", "127.0.0.1:0"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const cli = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(BINARY, [...args, "--data", dataDir], { env });
    return stdout.trim();
  };
  return {
    url: await readyUrl(child),
    dataDir,
    addConnection: (name) => cli("connection", "add", name),
    cli,
    async stop() {
      const exited = once(child, "exit");
      if (child.exitCode === null && child.kill()) await exited;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits for the line `ready URL`. */
function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the server is not ready in time")), READY_WITHIN_MS);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with code ${code} before it was ready`)));
    if (!child.stdout) return reject(new Error("the server has no output to read"));
    createInterface(child.stdout).on("line", (line) => {
      const url = /^ready (\S+)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
