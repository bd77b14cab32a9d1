/**
 * A server with nothing but the stage: its document with the real content
 * security policy, one recording made of event lists, and a page that embeds
 * the stage and keeps what it says.
 */

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
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

/** A batch of a stream: its events as they were uploaded. What is `undefined` never arrived. */
export type HostedPart = RecordedEvent[] | undefined;

/** A part of a stream of a finished session. */
export interface HostedSegment extends Partial<PartManifest> {
  seq: number;
  index: number;
  /** Its events; made each time it is asked for, if there are too many to keep. */
  content: RecordedEvent[] | (() => RecordedEvent[]);
}

export interface HostedSession {
  status?: Manifest["status"];
  /** The batches of each stream, by `seq`. */
  streams: HostedPart[][];
  /** What streams are stored in instead once they are finished, by stream. */
  segments?: (HostedSegment[] | undefined)[];
  /** Stylesheets by hash. */
  styles?: Record<string, unknown>;
  /** How long the pause between two streams is. */
  pause_ms?: number;
  /** Whether the stage has its content security policy: it has, unless a test is about what holds without. */
  policy?: boolean;
  /** Whether what was recorded is sanitised before rrweb has it; see `policy`. */
  sanitised?: boolean;
  /** Whether the frame of the recorded page is sandboxed; see `policy`. */
  sandbox?: boolean;
}

export interface StageHost {
  url: string;
  /** The recording; it may be changed while it is played. */
  session: HostedSession;
  /** What was asked for: "manifest", `stream/seq`, `segments/stream/number`, `styles/hash`. */
  asked: string[];
  /** What of these the server answers with this status. */
  failing: Map<string, number>;
  /** How long a part takes to arrive. */
  latency_ms: number;
  stop(): Promise<void>;
}

interface Bundle {
  script: string;
  css: string;
}

const bundles = new Map<boolean, Promise<Bundle>>();

export async function hostStage(session: HostedSession): Promise<StageHost> {
  const sanitised = session.sanitised !== false;
  const bundled = bundles.get(sanitised) ?? bundleStage(sanitised);
  bundles.set(sanitised, bundled);
  const { script: stageScript, css } = await bundled;
  const script = session.sandbox === false ? WITHOUT_SANDBOX + stageScript : stageScript;
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

/** Runs before the stage's script, and in the place of the browser's way to sandbox a frame. */
const WITHOUT_SANDBOX = `
  for (const name of ["setAttribute", "removeAttribute"]) {
    const original = Element.prototype[name];
    Element.prototype[name] = function (...args) {
      if (String(args[0]).toLowerCase() !== "sandbox") return original.apply(this, args);
      if (name === "setAttribute") Object.defineProperty(this, "sandbox", { value: new Set(String(args[1]).split(" ")) });
    };
  }
`;

/** Leaves recordings as they are. */
const notSanitising: Plugin = {
  name: "not-sanitising",
  setup({ onLoad }) {
    onLoad({ filter: /player[\\/](?:attributes|css)\.ts$/ }, ({ path }) => ({
      loader: "ts",
      contents: path.endsWith("css.ts")
        ? "export const harmlessCss = (css) => css; export const harmlessPiece = (css) => css;"
        : "export const NAMED_TAGS = new Set(); export const harmlessValue = (_, __, value) => value; export const showsRemoteImage = () => false; export const missingImage = () => '';",
    }));
    onLoad({ filter: /player[\\/]sanitise\.ts$/ }, async ({ path }) => ({
      loader: "ts",
      // Scripts, links and frames stay what they are; only what rrweb could not build is mended.
      contents: (await readFile(path, "utf8")).replace(/^ *if \(tag === "(?:script|link)".*$/gm, ""),
    }));
  },
};

async function bundleStage(sanitised: boolean): Promise<Bundle> {
  const { outputFiles } = await build({
    entryPoints: [here("../../player/stage.ts"), here("../../player/stage.css")],
    bundle: true,
    write: false,
    outdir: "unused",
    target: "es2020",
    plugins: [postcssCut("one"), ...(sanitised ? [] : [notSanitising])],
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
  host.asked.push(asked);
  if (asked !== "manifest") await new Promise((resolve) => setTimeout(resolve, host.latency_ms));
  const found = find(host.session, asked);
  const status = host.failing.get(asked) ?? (found === undefined ? 404 : 200);
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(found ?? null));
}

function find(session: HostedSession, asked: string): unknown {
  const [kind = "", stream = "", number = ""] = asked.split("/");
  switch (kind) {
    case "manifest":
      return manifestOf(session);
    case "styles":
      return session.styles?.[stream];
    case "segments":
      return eventsOf(session.segments?.[Number(stream)]?.[Number(number)]?.content);
    default:
      // The batches of a finished stream are gone.
      return session.segments?.[Number(kind)] ? undefined : session.streams[Number(kind)]?.[Number(stream)];
  }
}

function eventsOf(content: HostedSegment["content"] | undefined): RecordedEvent[] | undefined {
  return typeof content === "function" ? content() : content;
}

function manifestOf(session: HostedSession): Manifest {
  const laid: StreamManifest[] = [];
  for (const [index, batches] of session.streams.entries()) {
    const before = laid.at(-1);
    const offset = before ? before.offset_ms + before.duration_ms + (session.pause_ms ?? 0) : 0;
    laid.push(streamManifest(String(index), offset, batches, session.segments?.[index]));
  }
  const last = laid.at(-1);
  return {
    session: "a-session",
    status: session.status ?? "completed",
    heard_at: 0,
    duration_ms: last ? last.offset_ms + last.duration_ms : 0,
    styles_url: "/styles/",
    streams: laid,
  };
}

function streamManifest(
  id: string,
  offset_ms: number,
  batches: HostedPart[],
  segments: HostedSegment[] | undefined,
): StreamManifest {
  const present = batches.flatMap((content, seq) => (content ? [{ content, seq, index: 0 }] : []));
  const times = present.flatMap(({ content }) => content.map(timeOf));
  const started_at = Math.min(...times);
  const shift = offset_ms - started_at;
  return {
    id,
    version: segments ? 1 : 0,
    offset_ms,
    duration_ms: Math.max(...times) - started_at,
    started_at,
    missing: batches.flatMap((batch, seq) => (batch ? [] : [[seq, seq] as [number, number]])),
    parts: segments
      ? segments.map((segment, number) => partManifest(`/segments/${id}/${number}`, shift, segment))
      : present.map((batch) => partManifest(`/parts/${id}/${batch.seq}`, shift, batch)),
  };
}

function partManifest(url: string, shift: number, { content, ...known }: HostedSegment): PartManifest {
  // What is made when it is asked for says itself what the manifest says of it.
  const events = typeof content === "function" ? [] : content;
  const times = events.map(timeOf);
  return {
    url,
    starts_ms: shift + Math.min(...times),
    ends_ms: shift + Math.max(...times),
    events: events.length,
    interactions: events.filter(isInteraction).length,
    active: events.filter(isInteraction).map((event) => [shift + timeOf(event), shift + timeOf(event), 1]),
    snapshot: events.some(({ type }) => type === 2),
    json_bytes: 0,
    styles: [],
    ...known,
  };
}

function isInteraction({ type, data }: RecordedEvent): boolean {
  return type === 3 && [1, 2, 3, 5].includes(Number(data?.source));
}

function timeOf({ timestamp }: RecordedEvent): number {
  return typeof timestamp === "number" ? timestamp : START;
}
