/**
 * Imports one file after the other, and shows each as it goes. Without script the form sends all
 * of them at once, to the same address.
 */

import { element, has, make } from "../element";

/** What the server says of one file that was sent. */
interface Results {
  new: number;
  known: number;
  refused: number;
  warning: string | null;
  rows: { file: string; kind: "new" | "known" | "refused"; words: string; url: string | null }[];
}

interface Problem {
  detail?: string;
}

/** Shown at most, of all files together. */
const MOST_ROWS = 1000;

const totals = { new: 0, known: 0, refused: 0 };
let queue: File[] = [];
let running: XMLHttpRequest | null = null;

export function importOneByOne(): void {
  if (!has("import")) return;
  const form = element<HTMLFormElement>("import");
  const chosen = element<HTMLInputElement>("import-files");
  form.querySelector<HTMLElement>(".drop-hint")?.removeAttribute("hidden");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add([...(chosen.files ?? [])]);
    form.reset();
  });
  // Anywhere on the page: beside the form the browser would leave the page for the file.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("is-over");
  });
  document.addEventListener("dragleave", () => form.classList.remove("is-over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("is-over");
    add(dropped(event.dataTransfer));
  });
  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
}

/** The files that were dropped. A folder cannot be sent as one. */
function dropped(transfer: DataTransfer | null): File[] {
  const files: File[] = [];
  for (const item of transfer?.items ?? []) {
    const file = item.getAsFile();
    if (!file) continue;
    if (item.webkitGetAsEntry()?.isDirectory) {
      addRow(file.name, "refused", "is a folder; drop what is in it, or a tar archive of it");
      totals.refused += 1;
    } else {
      files.push(file);
    }
  }
  if (!running) sayTotals();
  return files;
}

function add(files: File[]): void {
  queue.push(...files);
  if (!running) sendNext();
}

function sendNext(): void {
  const file = queue.shift();
  running = null;
  if (!file) {
    sayTotals();
    return;
  }
  const form = element<HTMLFormElement>("import");
  const body = new FormData();
  body.append("file", file, file.name);
  const request = new XMLHttpRequest();
  running = request;
  const progress = showProgress(file, () => {
    queue = [];
    request.abort();
  });
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.onprogress = (event) => progress(event.loaded, event.total);
  request.onload = () => take(file, request);
  request.onerror = () => refuse(file, "did not arrive: the connection to the server broke off");
  request.onabort = () => refuse(file, "was stopped");
  request.onloadend = sendNext;
  request.send(body);
}

/** What is under way, and how to stop it. Answers a function that says how far it is. */
function showProgress(file: File, stop: () => void): (loaded: number, total: number) => void {
  const outcome = element("import-outcome");
  const words = make("p", "import-words", `${file.name}, and ${queue.length} more`);
  if (queue.length === 0) words.textContent = file.name;
  const bar = make("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", `How much of ${file.name} was sent`);
  const button = make("button", "button", "Stop");
  button.type = "button";
  button.onclick = stop;
  const line = make("div", "import-progress");
  line.append(words, bar, button);
  outcome.replaceChildren(line);
  return (loaded, total) => {
    // Without a value it moves: all was sent, and the server reads on.
    if (loaded < total) bar.value = loaded / total;
    else bar.removeAttribute("value");
  };
}

function take(file: File, request: XMLHttpRequest): void {
  if (request.status !== 200) {
    refuse(file, reason(request));
    return;
  }
  const results = JSON.parse(request.responseText) as Results;
  totals.new += results.new;
  totals.known += results.known;
  totals.refused += results.refused;
  for (const row of results.rows) addRow(row.file, row.kind, row.words, row.url);
  if (results.warning) addRow(file.name, "refused", results.warning);
}

function reason(request: XMLHttpRequest): string {
  try {
    return (JSON.parse(request.responseText) as Problem).detail ?? request.statusText;
  } catch {
    return request.statusText;
  }
}

function refuse(file: File, why: string): void {
  totals.refused += 1;
  addRow(file.name, "refused", why);
}

function addRow(file: string, kind: string, words: string, url: string | null = null): void {
  const rows = element("import-rows");
  const row = make("li", `import-${kind}`);
  row.append(make("span", "import-file", file), " ", make("span", "import-what", words));
  if (url) {
    const link = make("a", "link", "Watch");
    link.href = url;
    row.append(" ", link);
  }
  rows.prepend(row);
  while (rows.children.length > MOST_ROWS) rows.lastElementChild?.remove();
}

function sayTotals(): void {
  const parts = [`${totals.new} imported`];
  if (totals.known > 0) parts.push(`${totals.known} imported before`);
  if (totals.refused > 0) parts.push(`${totals.refused} not imported`);
  const words = make("p", "import-words", `${parts.join(", ")}.`);
  element("import-outcome").replaceChildren(words);
}
