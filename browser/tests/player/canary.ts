/** A server of the attacker's: whatever asks it for anything has given the viewer away. */

import { createServer } from "node:http";
import { listening, stopped } from "../support/stage-host";

export interface Canary {
  url: string;
  /** The paths that were asked for, and the connections that were made. */
  asked: string[];
  stop(): Promise<void>;
}

export async function startCanary(): Promise<Canary> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Content-Type": "text/css" }).end();
  });
  server.on("connection", () => asked.push("a connection"));
  return { url: await listening(server), asked, stop: () => stopped(server) };
}
