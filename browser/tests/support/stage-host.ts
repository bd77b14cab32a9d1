/**
 * A server with nothing but the stage: its document with the real content
 * security policy, one recording made of event lists, and a page that embeds
 * the stage and keeps what it says.
 */

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { postcssCut } from "../../build/postcss.mjs";
import type { Manifest, PartManifest, StreamManifest } from "../../contracts/replay";
import { type RecordedEvent, START } from "./recorded";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const NONCE = "c3RhZ2U";
const STAGE_POLICY = [
  "default-src 'none'",
  `script-src 'nonce-${NONCE}'`,
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "font-src data:",
  "media-src data: blob:",
  "connect-src 'self'",
  "frame-src 'none'",
  "worker-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "object-src 'none'",
  "frame-ancestors 'self'",
  "sandbox allow-scripts allow-same-origin",
].join("; ");

const STAGE_HEADERS = {
  "Content-Security-Policy": STAGE_POLICY,
  "Referrer-Policy": "no-referrer",
  "X-DNS-Prefetch-Control": "off",
  "X-Content-Type-Options": "nosniff",
};

const PAGE = `<!doctype html><title>Replay</title>
<style>body { margin: 0 } iframe { width: 100vw; height: 100vh; border: 0; display: block }</style>
<script>
  const said = [];
  addEventListener("message", ({ data }) => said.push(data));
  function tell(message) {
    document.querySelector("iframe").contentWindow.postMessage(message, location.origin);
  }
</script>
<iframe src="/stage"></iframe>`;

/** A part of a stream: its events as they were uploaded. What is `undefined` never arrived. */
export type HostedPart = RecordedEvent[] | undefined;

export interface HostedSession {
  status?: Manifest["status"];
  /** The parts of each stream, by `seq`. */
  streams: HostedPart[][];
  /** How long the pause between two streams is. */
  pause_ms?: number;
  /** Whether the stage has its content security policy: it has, unless a test is about what holds without. */
  policy?: boolean;
}

export interface StageHost {
  url: string;
  /** The recording; it may be changed while it is played. */
  session: HostedSession;
  /** The parts that were asked for, as `stream/seq`. */
  asked: string[];
  /** Parts, and "manifest", that the server answers with this status. */
  failing: Map<string, number>;
  /** How long a part takes to arrive. */
  latency_ms: number;
  stop(): Promise<void>;
}

let bundled: Promise<{ script: string; css: string }> | undefined;

export async function hostStage(session: HostedSession): Promise<StageHost> {
  bundled ??= bundleStage();
  const { script, css } = await bundled;
  const template = await readFile(here("../../../templates/pages/stage.html"), "utf8");
  const stage = fill(template, { nonce: NONCE, stage_js: "/stage.js", "stage_css | safe": css });
  const server = createServer(
    (request, response) => void respond(host, { stage, script }, request, response),
  );
  const host: StageHost = {
    url: await listening(server),
    session,
    asked: [],
    failing: new Map(),
    latency_ms: 0,
    stop: () => stopped(server),
  };
  return host;
}

export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function stopped(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function bundleStage(): Promise<{ script: string; css: string }> {
  const { outputFiles } = await build({
    entryPoints: [here("../../player/stage.ts"), here("../../player/stage.css")],
    bundle: true,
    write: false,
    outdir: "unused",
    target: "es2020",
    plugins: [postcssCut("one")],
  });
  const output = (name: string) => outputFiles.find(({ path }) => path.endsWith(name))?.text ?? "";
  return { script: output(".js"), css: output(".css") };
}

function fill(template: string, values: Record<string, string>): string {
  const withoutComments = template.replaceAll(/\{#.*?#\}\s*/gs, "");
  return Object.entries(values).reduce(
    (filled, [name, value]) => filled.replace(`{{ ${name} }}`, () => value),
    withoutComments,
  );
}

async function respond(
  host: StageHost,
  { stage, script }: { stage: string; script: string },
  { url = "/" }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (type: string, body: string, headers = {}) =>
    response.writeHead(200, { "Content-Type": type, ...headers }).end(body);
  if (url === "/") send("text/html", PAGE);
  else if (url === "/stage") send("text/html", stage, host.session.policy === false ? {} : STAGE_HEADERS);
  else if (url === "/stage.js") send("text/javascript", script);
  else await respondRecording(host, url, response);
}

async function respondRecording(host: StageHost, url: string, response: ServerResponse): Promise<void> {
  const asked = url.replace(/^\/(?:parts\/)?/, "").replace(/\.json$/, "");
  const [stream, seq] = asked.split("/").map(Number);
  const found =
    asked === "manifest" ? manifestOf(host.session) : host.session.streams[stream ?? -1]?.[seq ?? -1];
  if (asked !== "manifest") {
    host.asked.push(asked);
    await new Promise((resolve) => setTimeout(resolve, host.latency_ms));
  }
  const status = host.failing.get(asked) ?? (found ? 200 : 404);
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(found ?? null));
}

function manifestOf({ status = "completed", streams, pause_ms = 0 }: HostedSession): Manifest {
  const laid: StreamManifest[] = [];
  for (const parts of streams) {
    const before = laid.at(-1);
    const offset = before ? before.offset_ms + before.duration_ms + pause_ms : 0;
    laid.push(streamManifest(String(laid.length), offset, parts));
  }
  const last = laid.at(-1);
  return {
    session: "a-session",
    status,
    duration_ms: last ? last.offset_ms + last.duration_ms : 0,
    streams: laid,
  };
}

function streamManifest(id: string, offset_ms: number, parts: HostedPart[]): StreamManifest {
  const present = parts.flatMap((events, seq) => (events ? [{ events, seq }] : []));
  const times = present.flatMap(({ events }) => events.map(timeOf));
  const started_at = Math.min(...times);
  const duration_ms = Math.max(...times) - started_at;
  return {
    id,
    offset_ms,
    duration_ms,
    started_at,
    missing: parts.flatMap((part, seq) => (part ? [] : [[seq, seq] as [number, number]])),
    parts: present.map(({ events, seq }) =>
      partManifest(`/parts/${id}/${seq}`, offset_ms - started_at, seq, events),
    ),
  };
}

function partManifest(url: string, shift: number, seq: number, events: RecordedEvent[]): PartManifest {
  const times = events.map(timeOf);
  return {
    url,
    seq,
    starts_ms: shift + Math.min(...times),
    ends_ms: shift + Math.max(...times),
    events: events.length,
    interactions: events.filter(({ type, data }) => type === 3 && [1, 2, 3, 5].includes(Number(data?.source)))
      .length,
    snapshot: events.some(({ type }) => type === 2),
  };
}

function timeOf({ timestamp }: RecordedEvent): number {
  return typeof timestamp === "number" ? timestamp : START;
}
