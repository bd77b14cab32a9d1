// Results as Markdown.

import { cpus, loadavg, release, totalmem } from "node:os";

/** Where a document takes the results. */
const BEGIN = "<!-- results: begin -->";
const END = "<!-- results: end -->";

/** The whole report: what was measured on what, and a table for each group of rows. */
export async function report({ peers, groups, what, command, seconds }) {
  const [{ model }] = cpus();
  const machine = `${cpus().length} CPUs (${model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, load average ${loadavg()[2].toFixed(1)}`;
  const versions = await Promise.all(peers.map((peer) => peer.version()));
  const date = new Date().toISOString().slice(0, 10);
  return [
    `${date}, ${machine}. ${versions.join("; ")}. ${what}. In ${Math.ceil(seconds / 60)} minutes by`,
    `\`${command}\``,
    ...groups.map(({ title, rows }) => `### ${title}\n\n${table(peers, rows)}`),
    `### What each needs\n\n${await needs(peers)}`,
  ].join("\n\n");
}

/** A document with the results in the place of those it had. */
export function placed(document, results) {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the document has no ${BEGIN} and ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n${results}\n${document.slice(end)}`;
}

function table(peers, rows) {
  const names = peers.map((peer) => peer.name);
  const others = names.slice(1).map((name) => `Hindsight beside ${name}`);
  const lines = rows.map(({ name, unit, better, values }) => [
    unit ? `${name}, ${unit}` : name,
    ...values.map(number),
    ...values.slice(1).map((value) => ratio(values[0], value, better)),
  ]);
  return markdown([
    ["", ...names, ...others],
    ["---", ...names.map(() => "---:"), ...others.map(() => "---")],
    ...lines,
  ]);
}

async function needs(peers) {
  const rows = [
    ["services", ...peers.map((peer) => peer.services)],
    ["to install", ...peers.map((peer) => peer.steps)],
    [
      "programs on disk",
      ...(await Promise.all(peers.map(async (peer) => `${number((await peer.installedBytes()) / 1e6)} MB`))),
    ],
    ["can delete", ...peers.map((peer) => peer.deletes)],
  ];
  return markdown([["", ...peers.map((peer) => peer.name)], ["---", ...peers.map(() => "---")], ...rows]);
}

function markdown(rows) {
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What is better is said, and what is worse is said as loudly. */
function ratio(ours, theirs, better) {
  if (better === null || Number.isNaN(ours) || Number.isNaN(theirs)) return "";
  if (!Number.isFinite(theirs)) return "it did not open";
  if (ours <= 0 || theirs <= 0) return "";
  const isLess = ours < theirs;
  const times = isLess ? theirs / ours : ours / theirs;
  const said = `${number(times)} times ${isLess ? "less" : "more"}`;
  return times < 1.05 ? "the same" : (isLess ? "less" : "more") === better ? said : `**worse**: ${said}`;
}

function number(value) {
  if (Number.isNaN(value)) return "";
  if (!Number.isFinite(value)) return "never";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}
