// Hindsight beside a peer: node benches/compare/compare.mjs --help

import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { keeping } from "./keeping.mjs";
import { lists } from "./lists.mjs";
import { hindsight } from "./peers/hindsight.mjs";
import { umami } from "./peers/umami.mjs";
import { readRecordings, recut, summary } from "./recordings.mjs";
import { replays } from "./replays.mjs";
import { placed, report } from "./report.mjs";
import { uploads } from "./uploads.mjs";

const HELP = `Holds Hindsight against a peer on this machine, and prints the results as Markdown.

  node benches/compare/compare.mjs [options]

  --peers NAMES       which, with commas between them: umami (default), or none
  --measure NAMES     uploads,keeping,replays,lists (default: all)
  --short             smaller sizes and fewer rounds: at most 15 minutes
  --recordings DIR    *.json.gz, as \`hindsight import\` takes them (default: the demo shop's visits)
  --batch-events N    cuts page loads into uploads of so many events (default: as they were recorded)
  --rounds N          how often uploads are measured (default: 5; 3)
  --seconds N         of each measurement of uploads (default: 10; 6)
  --warm-up N         batches before (default: 1500)
  --connections N     uploads at the same time (default: 16)
  --visits N          that are kept and deleted (default: 1000; 200)
  --events N,...      of the replays (default: 1000,100000,1000000; 1000,100000)
  --sessions N,...    in the lists (default: 100000,1000000; 100000)
  --runs N            how often pages are opened (default: 5; 3)
  --into FILE         puts the results into a document, between its marks
  --json FILE         writes the figures, too

HINDSIGHT names the release binary (default: target/release/hindsight), UMAMI a folder of Umami's source that was
built, PG_BIN the folder of PostgreSQL's programs, LOAD the load generator where it is built. Data stands below TMPDIR:
let that be a disk, and no tmpfs. README.md says more.`;

const PEERS = { umami };
const MEASURES = {
  uploads: { title: "Uploads", measure: uploads },
  keeping: { title: "Keeping and deleting", measure: keeping },
  replays: { title: "Replays", measure: replays, takes: ({ events }) => ({ sizes: events }) },
  lists: { title: "Lists", measure: lists, takes: ({ sessions }) => ({ sizes: sessions }) },
};

const OPTIONS = {
  help: { type: "boolean", default: false },
  short: { type: "boolean", default: false },
  peers: { type: "string", default: "umami" },
  measure: { type: "string", default: Object.keys(MEASURES).join(",") },
  recordings: { type: "string", default: new URL("../../browser/demo/visits", import.meta.url).pathname },
  "batch-events": { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  "warm-up": { type: "string" },
  connections: { type: "string" },
  visits: { type: "string" },
  events: { type: "string" },
  sessions: { type: "string" },
  runs: { type: "string" },
  into: { type: "string" },
  json: { type: "string" },
};

let given;
try {
  given = parseArgs({ options: OPTIONS }).values;
  if (given.help) console.log(HELP);
  else await compare();
} catch (error) {
  console.error(process.env.DEBUG ? error : `error: ${error.message}`);
  process.exitCode = 1;
}

async function compare() {
  const peers = [hindsight, ...named(given.peers, PEERS)];
  const measures = named(given.measure, MEASURES);
  const document = given.into ? await readFile(given.into, "utf8") : null;
  const recordings = await recorded();
  // What is missing is said before anything is measured.
  for (const peer of peers) console.error(await peer.version());
  const options = { peers, recordings, ...sizes() };
  const began = performance.now();
  const groups = [];
  for (const { title, measure, takes } of measures) {
    const tell = (text) => console.error(`${seconds(began)} s: ${title}: ${text}`);
    try {
      groups.push({ title, rows: await measure({ ...options, ...takes?.(options), tell }) });
    } catch (error) {
      // What was measured before took long, and is not thrown away.
      console.error(process.env.DEBUG ? error : `error: ${title}: ${error.message}`);
      process.exitCode = 1;
    }
    if (given.json) await writeFile(given.json, JSON.stringify(groups, null, 1));
  }
  const command = repeated();
  const what = summary(recordings);
  const results = await report({ peers, groups, what, command, seconds: seconds(began) });
  if (given.into) await writeFile(given.into, placed(document, results));
  console.log(results);
}

async function recorded() {
  const recordings = await readRecordings(given.recordings);
  const size = given["batch-events"];
  return size ? recut(recordings, numbers(size, "batch-events")[0]) : recordings;
}

/** How much is measured. */
function sizes() {
  const all = (name, whole, short) => numbers(given[name] ?? (given.short ? short : whole), name);
  const one = (name, whole, short = whole) => all(name, whole, short)[0];
  return {
    rounds: one("rounds", "5", "3"),
    seconds: one("seconds", "10", "6"),
    warmUp: one("warm-up", "1500"),
    connections: one("connections", "16"),
    visits: one("visits", "1000", "200"),
    events: all("events", "1000,100000,1000000", "1000,100000"),
    sessions: all("sessions", "100000,1000000", "100000"),
    runs: one("runs", "5", "3"),
  };
}

/** The command that measures the same again; where it wrote to is left out. */
function repeated() {
  const options = Object.entries(given).filter(
    ([name, value]) => value !== OPTIONS[name].default && name !== "into" && name !== "json",
  );
  const words = options.map(([name, value]) => (value === true ? `--${name}` : `--${name} ${value}`));
  return ["node benches/compare/compare.mjs", ...words].join(" ");
}

function seconds(began) {
  return Math.round((performance.now() - began) / 1000);
}

function named(names, known) {
  const wanted = names.split(",").filter((name) => name !== "none");
  for (const name of wanted) {
    if (!known[name]) throw new Error(`${name} is not known: there are ${Object.keys(known).join(", ")}`);
  }
  return wanted.map((name) => known[name]);
}

function numbers(text, name) {
  const all = text.split(",").map(Number);
  if (!all.every((number) => Number.isInteger(number) && number > 0))
    throw new Error(`--${name} takes whole numbers above 0, not ${text}`);
  return all;
}
