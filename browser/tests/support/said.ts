/** What plugins say, written into a running server's data by `examples/say.rs`. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { BINARY, type RunningServer } from "./server";

const SAY = join(dirname(BINARY), "examples", "say");

export interface Finding {
  kind: string;
  severity: "info" | "low" | "medium" | "high";
  title: string;
  detail: string;
  at: number;
  until: number | null;
  selector: string | null;
}

/** Stores what an analyzer says about a session, once that is finished. */
export function sayFindings(
  server: RunningServer,
  session: string,
  findings: Finding[],
  score: { points: number; why: string } | null = null,
): Promise<void> {
  const analysis = { findings: findings.map((each) => ({ ...each, fields: {} })), facts: [], score };
  return say(server, ["findings", session], analysis);
}

/** Stores a timeline of a session, once that is finished. */
export function sayTimeline(server: RunningServer, session: string, events: unknown[]): Promise<void> {
  return say(server, ["timeline", session], events);
}

/** Stores a report. */
export function sayReport(
  server: RunningServer,
  connection: string,
  plugin: string,
  report: unknown,
): Promise<void> {
  return say(server, ["report", connection, plugin], report);
}

async function say(server: RunningServer, words: string[], what: unknown): Promise<void> {
  const child = spawn(SAY, [server.dataDir, ...words], { stdio: ["pipe", "inherit", "inherit"] });
  child.stdin.end(JSON.stringify(what));
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`say ${words.join(" ")} ended with ${code}`);
}
