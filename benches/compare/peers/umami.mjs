// Umami 3 (https://umami.is, MIT): session replay with rrweb, in Node.js with PostgreSQL.
// UMAMI names a folder of its source that was built; ../README.md says how.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { diskBytes } from "../meter.mjs";
import { freePort, json, request, start, USER_AGENT, until } from "../server.mjs";
import { postgresVersion, startPostgres } from "./postgres.mjs";

/** The account that its first migration makes. */
const LOGIN = { username: "admin", password: "umami" };

/** Visits that begin at once while they are prepared. */
const AT_ONCE = 8;

/** How long autovacuum is waited for after a deletion; it looks once a minute. */
const VACUUM_MS = 180_000;

export const umami = {
  name: "Umami",
  services: "2: Node.js, PostgreSQL",
  steps:
    "install Node.js, pnpm and PostgreSQL, make a database, clone, `pnpm install`, write `.env`, `pnpm build`, `pnpm start`, log in, " +
    "add a website, switch its replays on, paste two scripts; with Docker: a compose file of two services",
  deletes: "whole websites only",
  async version() {
    await readFile(join(source(), ".next/standalone/server.js")).catch(() => {
      throw new Error(`${source()} holds no Umami that was built; benches/compare/README.md says how`);
    });
    const { version } = JSON.parse(await readFile(join(source(), "package.json"), "utf8"));
    return `Umami ${version}, Node.js ${process.version}, ${await postgresVersion()}`;
  },
  installedBytes: async () => diskBytes(join(source(), ".next/standalone")),
  start: startUmami,
};

function source() {
  if (!process.env.UMAMI)
    throw new Error(
      "UMAMI names no folder of Umami's source; benches/compare/README.md says how to build it",
    );
  return process.env.UMAMI;
}

/** `sites`: how many websites there are; `filled`: starts with so many sessions in the list, over so many days. */
async function startUmami(folder, { sites = 1, filled = null } = {}) {
  const postgres = await startPostgres(folder);
  await migrate(postgres);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const app = start("node", ["server.js"], {
    cwd: join(source(), ".next/standalone"),
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      HOSTNAME: "127.0.0.1",
      PORT: String(port),
      DATABASE_URL: postgres.url,
      APP_SECRET: "compare",
      DISABLE_TELEMETRY: "1",
      NEXT_TELEMETRY_DISABLED: "1",
    },
  });
  await until(async () => (await fetch(`${url}/api/heartbeat`)).ok, { what: "Umami", process: app });
  const startMs = performance.now() - began;
  const server = new Umami({ folder, postgres, app, url, port, startMs });
  await server.begin(sites);
  if (filled) await server.fill(filled);
  return server;
}

/** What `prisma migrate deploy` does, without the engine that it downloads. */
async function migrate(postgres) {
  const folder = join(source(), "prisma/migrations");
  const steps = (await readdir(folder)).filter((name) => /^\d/.test(name)).sort();
  for (const step of steps) await postgres.run(join(folder, step, "migration.sql"));
}

class Umami {
  #postgres;
  #app;
  #url;
  #bodies = new Map();
  #visitors = 0;
  #token;
  #sites = [];

  constructor({ postgres, app, url, port, startMs }) {
    this.#postgres = postgres;
    this.#app = app;
    this.#url = url;
    this.address = { host: "127.0.0.1", port };
    this.roots = [postgres.pid, app.pid];
    this.startMs = startMs;
  }

  async begin(sites) {
    const { token } = await this.#api("POST", "/api/auth/login", LOGIN);
    this.#token = token;
    for (let number = 0; number < sites; number += 1) {
      const { id } = await this.#api("POST", "/api/websites", {
        name: `Shop ${number}`,
        domain: "pipkin.example",
      });
      await this.#api("POST", `/api/websites/${id}`, { replayEnabled: true });
      this.#sites.push(id);
    }
  }

  /** Begins a visit of each recording, as its tracker does with the first page view, and says what is to be uploaded. */
  async visits(recordings) {
    const visits = new Array(recordings.length);
    let next = 0;
    const begin = async () => {
      while (next < recordings.length) {
        const index = next;
        next += 1;
        visits[index] = await this.#visit(recordings[index], index % this.#sites.length);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, begin));
    return visits;
  }

  async #visit(recording, site) {
    const website = this.#sites[site];
    this.#visitors += 1;
    const payload = {
      website,
      id: `visitor-${this.#visitors}`,
      hostname: "pipkin.example",
      url: "/demo/index.html",
      title: "Pipkin",
      language: "en",
      screen: "1280x800",
    };
    const { cache, visitId } = await this.#api("POST", "/api/send", { type: "event", payload }, USER_AGENT);
    const headers = { "User-Agent": USER_AGENT, "Content-Type": "application/json", "x-umami-cache": cache };
    const requests = this.#bodiesOf(recording, website).map((body, index) => ({
      parts: request("POST", "/api/record", headers, body),
      events: recording[index].events.length,
      isTaken: (text) => text.includes('{"ok":true}'),
    }));
    return { id: visitId, site, requests };
  }

  /** What its recorder sends: JSON as it is, with the second in which it is sent. */
  #bodiesOf(recording, website) {
    const key = `${website} ${recordingId(recording)}`;
    if (!this.#bodies.has(key)) {
      const now = Math.floor(Date.now() / 1000);
      const bodies = recording.map(({ events }, number) => {
        const payload = { website, events, timestamp: now + number };
        return Buffer.from(JSON.stringify({ type: "record", payload }));
      });
      this.#bodies.set(key, bodies);
    }
    return this.#bodies.get(key);
  }

  async storedEvents() {
    return Number(await this.#postgres.ask("SELECT coalesce(sum(event_count), 0) FROM session_replay"));
  }

  bytes() {
    return this.#postgres.bytes();
  }

  /** Nothing is done to a replay after it was stored. */
  async finished() {}

  /** The list of replays of so many days: what its page asks for, and the page. */
  list(days) {
    const site = this.#sites[0];
    const range = `startAt=${Date.now() - days * 86_400_000}&endAt=${Date.now() + 60_000}`;
    return {
      data: {
        url: `${this.#url}/api/websites/${site}/replays?${range}&page=1&pageSize=20`,
        headers: { Authorization: `Bearer ${this.#token}` },
      },
      page: `${this.#url}/websites/${site}/replays?date=${days}day`,
      row: 'a[href*="session="]',
    };
  }

  replay(visit) {
    const site = this.#sites[visit.site];
    return {
      page: `${this.#url}/websites/${site}/replays/${visit.id}`,
      isRecorded: (url) => url.includes(`/api/websites/${site}/replays/${visit.id}`),
    };
  }

  async logIn(context) {
    await context.addInitScript(
      ([origin, token]) => {
        if (location.origin === origin) localStorage.setItem("umami.auth", JSON.stringify(token));
      },
      [this.#url, this.#token],
    );
  }

  /** Sessions without more of a recording than one small chunk each, written by SQL, and spread over so many days. */
  async fill({ sessions, days }) {
    const site = this.#sites[0];
    const at = `now() - (${sessions} - n) * interval '${(days * 86_400) / sessions} seconds'`;
    await this.#postgres.ask(`
      INSERT INTO session (session_id, website_id, browser, os, device, screen, language, country, distinct_id, created_at)
      SELECT md5('s' || n)::uuid, '${site}', 'firefox', 'Linux', 'desktop', '1280x800', 'en', 'IE', 'visitor-' || n, ${at}
      FROM generate_series(1, ${sessions}) n;
      INSERT INTO session_replay (replay_id, website_id, session_id, visit_id, chunk_index, events, event_count,
                                  started_at, ended_at, created_at)
      SELECT md5('r' || n)::uuid, '${site}', md5('s' || n)::uuid, md5('v' || n)::uuid, n, '\\x00', 100 + n % 900,
             ${at}, ${at} + interval '5 minutes', ${at}
      FROM generate_series(1, ${sessions}) n;
      ANALYZE;`);
  }

  /** Deletes nine of ten websites, since single replays cannot be deleted, and waits for autovacuum. */
  async deleteNineOfTen() {
    const began = new Date().toISOString();
    for (const site of this.#sites.slice(1)) await this.#api("DELETE", `/api/websites/${site}`);
    const vacuumed = `SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'session_replay' AND last_autovacuum > '${began}'`;
    await until(async () => (await this.#postgres.ask(vacuumed)) === "1", {
      what: "autovacuum",
      timeout: VACUUM_MS,
      every: 2000,
    }).catch(() => {});
  }

  /** What an operator can do by hand, with the tables locked. */
  byHand = {
    what: "VACUUM FULL",
    run: () => this.#postgres.ask("VACUUM FULL"),
  };

  async stop() {
    await this.#app.stop();
    await this.#postgres.stop();
  }

  #api(method, path, body, agent = "compare") {
    const headers = { "Content-Type": "application/json", "User-Agent": agent };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    return json(`${this.#url}${path}`, { method, headers, body: body && JSON.stringify(body) });
  }
}

const ids = new WeakMap();

/** A recording may be sent many times: its bodies are made once. */
function recordingId(recording) {
  if (!ids.has(recording)) ids.set(recording, crypto.randomUUID());
  return ids.get(recording);
}
