// Hindsight: the release binary with all settings as they are, logins included.

import { randomBytes } from "node:crypto";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { cpuSeconds, diskBytes } from "../meter.mjs";
import { freePort, output, request, start, USER_AGENT, until } from "../server.mjs";

const ROOT = new URL("../../..", import.meta.url).pathname;

export const hindsight = {
  name: "Hindsight",
  services: "1: the binary",
  steps: "copy the binary, start it, open the link that it prints, paste one script",
  deletes: "single sessions",
  async version() {
    await lstat(binary()).catch(() => {
      throw new Error(
        `${binary()} is missing: \`cargo build --release\`, or name the release binary with HINDSIGHT`,
      );
    });
    return output(binary(), ["--version"]);
  },
  installedBytes: async () => (await lstat(binary())).size,
  start: startHindsight,
};

function binary() {
  return process.env.HINDSIGHT ?? join(ROOT, "target/release/hindsight");
}

/** `filled`: starts with so many sessions in the list; the load generator spreads them over 90 days. */
async function startHindsight(folder, { filled = null } = {}) {
  const data = join(folder, "data");
  const run = (args, options) => output(binary(), ["--data", data, ...args], options);
  const key = await run(["connection", "add", "Shop"]);
  const password = await run(["user", "add", "ada", "--role", "admin", "--generate"]);
  const token = await run(["token", "create", "compare", "--scope", "read", "--scope", "erase"]);
  if (filled) await fill(data, filled.sessions);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const app = start(binary(), ["--data", data, "serve", "--listen", `127.0.0.1:${port}`]);
  await until(async () => (await fetch(`${url}/login`)).ok, { what: "Hindsight", process: app, every: 10 });
  const server = new Hindsight({ data, key, token, app, url, port, startMs: performance.now() - began });
  await server.begin(password);
  return server;
}

/** The load generator knows the schema. `LOAD` names it where it is built already. */
async function fill(data, sessions) {
  const args = ["fill", "--data-folder", data, "--sessions", String(sessions)];
  if (process.env.LOAD) await output(process.env.LOAD, args);
  else await output("cargo", ["bench", "--quiet", "--bench", "load", "--", ...args], { cwd: ROOT });
}

class Hindsight {
  #data;
  #key;
  #token;
  #app;
  #url;
  #cookie;
  #bodies = new WeakMap();
  #uploaded = [];

  constructor({ data, key, token, app, url, port, startMs }) {
    this.#data = data;
    this.#key = key;
    this.#token = token;
    this.#app = app;
    this.#url = url;
    this.address = { host: "127.0.0.1", port };
    this.roots = [app.pid];
    this.startMs = startMs;
  }

  async begin(password) {
    const form = new URLSearchParams({ name: "ada", password, next: "/" });
    const headers = { "Sec-Fetch-Site": "same-origin" };
    const answer = await fetch(`${this.#url}/login`, {
      method: "POST",
      body: form,
      headers,
      redirect: "manual",
    });
    const [cookie] = answer.headers.getSetCookie();
    if (!cookie) throw new Error(`the login was answered with ${answer.status}`);
    this.#cookie = cookie.split(";", 1)[0];
  }

  /** A visit of each recording under ids of its own; it begins with its first upload. */
  async visits(recordings) {
    const visits = recordings.map((recording) => this.#visit(recording));
    this.#uploaded.push(...visits);
    return visits;
  }

  #visit(recording) {
    const id = randomBytes(16).toString("hex");
    const page = randomBytes(12).toString("hex");
    const headers = {
      "User-Agent": USER_AGENT,
      "Content-Type": "application/json",
      "Content-Encoding": "gzip",
    };
    const bodies = this.#bodiesOf(recording);
    const requests = recording.map(({ stream, seq, last, events }, index) => {
      const name = page + stream.toString(16).padStart(8, "0");
      const path = `/ingest/${this.#key}/${id}/${name}/${seq}${last ? "?end=1" : ""}`;
      const parts = request("POST", path, headers, bodies[index]);
      return { parts, events: events.length, isTaken: () => true };
    });
    return { id, requests };
  }

  /** What the recorder sends: the events as gzip, compressed in the visitor's browser. */
  #bodiesOf(recording) {
    if (!this.#bodies.has(recording)) {
      this.#bodies.set(
        recording,
        recording.map(({ events }) => gzipSync(JSON.stringify(events))),
      );
    }
    return this.#bodies.get(recording);
  }

  /** What the server itself says of each session that was sent to it. */
  async storedEvents() {
    let events = 0;
    let next = "/api/v1/connections/1/sessions?limit=100";
    while (next) {
      const page = await this.#api("GET", next);
      events += page.items.reduce((sum, session) => sum + session.events, 0);
      next = page.next;
    }
    return events;
  }

  async bytes() {
    const [data, log] = await Promise.all(
      ["hindsight.db", "hindsight.db-wal"].map((name) => diskBytes(join(this.#data, name))),
    );
    return { data, log };
  }

  /** Sessions become segments some time after their last page went away. */
  async finished() {
    const all = async () => (await this.#api("GET", "/api/v1/connections/1")).sessions;
    await until(async () => (await all()).active === 0, {
      what: "completed sessions",
      timeout: 1_800_000,
      every: 1000,
    });
  }

  list() {
    const page = `${this.#url}/connections/1/sessions`;
    return { data: { url: page, headers: { Cookie: this.#cookie } }, page, row: 'a[href*="/sessions/"]' };
  }

  replay(visit) {
    const page = `${this.#url}/connections/1/sessions/${visit.id}`;
    return {
      page,
      isRecorded: (url) => url.startsWith(`${page}/segments/`) || url.startsWith(`${page}/streams/`),
    };
  }

  async logIn(context) {
    const [name, value] = this.#cookie.split("=", 2);
    await context.addCookies([{ name, value, url: this.#url }]);
  }

  /** Nine of ten sessions, one by one, as fast as the API takes that; the bytes are overwritten and given back soon after. */
  async deleteNineOfTen() {
    for (const [index, { id }] of this.#uploaded.entries()) {
      if (index % 10 !== 0) await this.#api("DELETE", `/api/v1/connections/1/sessions/${id}`);
    }
    let before = -1;
    await until(
      async () => {
        const now = cpuSeconds(this.roots);
        const isCalm = now - before < 0.02;
        before = now;
        return isCalm;
      },
      { what: "erasing", timeout: 600_000, every: 5000 },
    );
  }

  byHand = null;

  async stop() {
    await this.#app.stop();
  }

  /** Tokens have a rate: whoever asks faster is told when to come again. */
  async #api(method, path) {
    const headers = { Authorization: `Bearer ${this.#token}` };
    for (;;) {
      const answer = await fetch(this.#url + path, { method, headers });
      const text = await answer.text();
      if (answer.ok) return text === "" ? null : JSON.parse(text);
      if (answer.status !== 429)
        throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`);
      await new Promise((resolve) =>
        setTimeout(resolve, 1000 * Number(answer.headers.get("retry-after") ?? 1)),
      );
    }
  }
}
