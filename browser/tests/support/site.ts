/**
 * A site to record, and a server that takes its uploads: two origins, as in life.
 *
 * The upload server answers as told, so that refusals and lost answers can be
 * provoked, and keeps every byte it was sent.
 */

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { cssText } from "../../build/css_text.mjs";
import { privates } from "../../build/privates.mjs";
import { recorderCut } from "../../build/recorder.mjs";
import type { Ask, Piece } from "../../contracts/answers";
import type { RecordingSettings, WidgetSettings } from "../../contracts/settings";

export const KEY = "wk_test_0123456789";

/** One request to the upload server. */
export interface Upload {
  method: string;
  path: string;
  key: string;
  session: string;
  stream: string;
  seq: number;
  sentAt: number;
  end: boolean;
  contentType: string | undefined;
  gzip: boolean;
  /** The body as it came, and unpacked. */
  body: Buffer;
  json: string;
  events: SentEvent[];
  /** Whether the answer was a success. */
  stored: boolean;
}

export interface SentEvent {
  type: number;
  timestamp: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect to find.
  data: any;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Take the upload, but lose the answer on the way back. */
  lost?: boolean;
}

export interface Site {
  /** The recorded site. */
  url: string;
  /** Where its snippet and its uploads go. */
  server: string;
  uploads: Upload[];
  /** How many preflights the browser needed. */
  preflights: number;
  /** Decides on the answer to an upload; `undefined` stores it. */
  answer: (upload: Upload) => Answer | undefined | Promise<Answer | undefined>;
  /** What the connection's owner decided; a number is the status of a refusal. */
  settings: { recording: RecordingSettings; widget: Partial<WidgetSettings> | null } | number;
  /** The queries of those who asked for that. */
  lookups: URLSearchParams[];
  /** Every question to the assistant, and what it answers; without one, there is no assistant. */
  asked: Ask[];
  assistant: ((question: Ask) => AsyncIterable<Piece> | Iterable<Piece>) | undefined;
  /** The recorded site's pages by path: a body, or a whole document. */
  pages: Record<string, string>;
  /** Extra response headers of the recorded site. */
  headers: Record<string, string>;
  /** The script element, with options as attributes. */
  snippet(options?: Record<string, string>): string;
  /** The same for the widget. */
  widget(options?: Record<string, string>): string;
  /** All events that were stored, in the order of the stream, without repetitions. */
  events(stream?: string): SentEvent[];
  /** Payloads of the custom events with this tag, in order. */
  said(tag: string): SentEvent["data"][];
  stop(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const scripts = await bundle();
  const pageServer = createServer((request, response) => servePage(site, request, response));
  const uploadServer = createServer(
    (request, response) => void serveUpload(site, scripts, request, response),
  );
  const [url, server] = await Promise.all([listen(pageServer), listen(uploadServer)]);
  const site: Site = {
    url,
    server,
    uploads: [],
    preflights: 0,
    answer: () => undefined,
    settings: { recording: {}, widget: {} },
    lookups: [],
    asked: [],
    assistant: undefined,
    pages: {},
    headers: {},
    snippet: (options = {}) => snippet(`${server}/hindsight.js`, options),
    widget: (options = {}) => snippet(`${server}/widget.js`, options),
    events: (stream) => storedEvents(site.uploads, stream),
    said: (tag) =>
      site
        .events()
        .filter((event) => event.type === 5 && event.data.tag === tag)
        .map((event) => event.data.payload),
    stop: async () => void (await Promise.all([close(pageServer), close(uploadServer)])),
  };
  return site;
}

function snippet(script: string, options: Record<string, string>): string {
  const attributes = Object.entries({ connection: KEY, ...options }).map(
    ([name, value]) =>
      `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${escaped(value)}"`,
  );
  return `<script async src="${script}" ${attributes.join(" ")}></script>`;
}

function escaped(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

function storedEvents(uploads: Upload[], stream?: string): SentEvent[] {
  const batches = new Map<string, Upload>();
  for (const upload of uploads) {
    if (upload.stored) batches.set(`${upload.stream}/${upload.seq}`, upload);
  }
  const streams = [...new Set(uploads.map((upload) => upload.stream))];
  return [...batches.values()]
    .filter((batch) => stream === undefined || batch.stream === stream)
    .sort((a, b) => streams.indexOf(a.stream) - streams.indexOf(b.stream) || a.seq - b.seq)
    .flatMap((batch) => batch.events);
}

function servePage(site: Site, request: IncomingMessage, response: ServerResponse): void {
  const page = site.pages[new URL(request.url ?? "/", site.url).pathname];
  response.writeHead(page === undefined ? 404 : 200, {
    "Content-Type": "text/html; charset=utf-8",
    ...site.headers,
  });
  response.end(
    page?.startsWith("<!doctype") ? page : `<!doctype html><title>Shop</title><body>${page ?? ""}`,
  );
}

async function serveUpload(
  site: Site,
  scripts: Record<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", site.server);
  response.setHeader("Access-Control-Allow-Origin", "*");
  response.setHeader("Access-Control-Expose-Headers", "Retry-After");
  const script = scripts[url.pathname];
  if (script !== undefined) {
    const type = url.pathname.endsWith(".json") ? "application/json" : "text/javascript";
    response.writeHead(200, { "Content-Type": `${type}; charset=utf-8` }).end(script);
    return;
  }
  if (request.method === "OPTIONS") {
    site.preflights += 1;
    response.writeHead(204, { "Access-Control-Allow-Headers": "*" }).end();
    return;
  }
  if (request.method === "GET") return serveSettings(site, url, response);
  const body = await readBody(request);
  // A page that goes away takes what it was sending with it, which is no failure of the test.
  if (body === undefined) return;
  if (url.pathname.endsWith("/ask")) return serveAnswer(site, body, response);
  const upload = readUpload(request, url, body);
  site.uploads.push(upload);
  const answer = await site.answer(upload);
  upload.stored = answer === undefined || answer.status === 200;
  if (answer?.lost) response.destroy();
  else sendAnswer(response, upload, answer);
}

function serveSettings({ settings, lookups }: Site, url: URL, response: ServerResponse): void {
  lookups.push(url.searchParams);
  const status = typeof settings === "number" ? settings : 200;
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(settings));
}

/** A line of JSON for each piece, as it comes. */
async function serveAnswer(site: Site, body: Buffer, response: ServerResponse): Promise<void> {
  const question = JSON.parse(body.toString("utf8")) as Ask;
  site.asked.push(question);
  response.writeHead(site.assistant ? 200 : 404, { "Content-Type": "application/x-ndjson" });
  for await (const piece of site.assistant?.(question) ?? []) response.write(`${JSON.stringify(piece)}\n`);
  response.end();
}

function sendAnswer(response: ServerResponse, upload: Upload, answer: Answer | undefined): void {
  const { session, seq } = upload;
  const stored = { stored: true, duplicate: false, session, seq, next: seq + 1, server_time: Date.now() };
  response.writeHead(answer?.status ?? 200, { "Content-Type": "application/json", ...answer?.headers });
  response.end(JSON.stringify(answer?.body ?? stored));
}

function readUpload(request: IncomingMessage, url: URL, body: Buffer): Upload {
  const [, , key = "", session = "", stream = "", seq = ""] = url.pathname.split("/");
  const gzip = body[0] === 0x1f && body[1] === 0x8b;
  const json = (gzip ? gunzipSync(body) : body).toString("utf8");
  return {
    method: request.method ?? "",
    path: url.pathname,
    key,
    session,
    stream,
    seq: Number(seq),
    sentAt: Number(url.searchParams.get("sent_at")),
    end: url.searchParams.get("end") === "1",
    contentType: request.headers["content-type"],
    gzip,
    body,
    json,
    events: JSON.parse(json),
    stored: false,
  };
}

/** `undefined`: the client broke off. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

let bundled: Promise<Record<string, string>> | undefined;

/** The loader, the recorder and the widget as `build.mjs` makes them, with the paths that the server would fill in. */
export function bundle(): Promise<Record<string, string>> {
  bundled ??= bundleScripts();
  return bundled;
}

async function bundleScripts(): Promise<Record<string, string>> {
  const shortened = privates(await readFile(createRequire(import.meta.url).resolve("rrweb"), "utf8"));
  const bundled = async (entry: string, more: BuildOptions = {}) => {
    const { outputFiles, mangleCache } = await build({
      absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: "iife",
      target: "es2020",
      legalComments: "none",
      charset: "utf8",
      plugins: [recorderCut(), cssText()],
      ...more,
      write: false,
    });
    Object.assign(shortened.mangleCache, mangleCache);
    return outputFiles[0]?.text ?? "";
  };
  const beside = await bundled("beside/beside.ts");
  const loader = await bundled("recorder/loader.ts", shortened);
  // After the loader, whose short names it shares.
  const recorder = await bundled("recorder/recorder.ts", shortened);
  const widget = await bundled("widget/widget.ts");
  const filled = (script: string) =>
    script
      .replace("__RECORDER_PATH__", "/assets/recorder.js")
      .replace("__INGEST_PATH__", "/ingest")
      .replace("__SCRIPT_PATH__", "/hindsight.js");
  return {
    "/hindsight.js": filled(loader),
    "/assets/beside.js": beside,
    "/assets/recorder.js": recorder,
    "/widget.js": filled(widget),
    ...(await languages()),
  };
}

async function languages(): Promise<Record<string, string>> {
  const files = ["ar", "de", "es", "fr", "ja"].map(async (language) => {
    const url = new URL(`../../widget/languages/${language}.json`, import.meta.url);
    return [`/assets/widget.${language}.json`, await readFile(url, "utf8")] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
