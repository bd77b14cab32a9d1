// Times as people read them. `src/web/format.rs` writes the same words into the page.

/** Young sessions are told to the second, nearly. */
const REFRESH_EVERY_MS = 10_000;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A position or a length: `0:07`, `12:30`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / MINUTE);
  if (seconds < HOUR) return `${minutes}:${pad(seconds % MINUTE)}`;
  return `${Math.floor(seconds / HOUR)}:${pad(minutes % 60)}:${pad(seconds % MINUTE)}`;
}

/** How long ago, in the largest unit that fits; the date when that is long ago. */
function relative(then: Date, now: Date): string {
  const seconds = Math.floor((now.getTime() - then.getTime()) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < MINUTE) return `${seconds} sec ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return ago(Math.floor(seconds / HOUR), "hour");
  if (seconds < 30 * DAY) return ago(Math.floor(seconds / DAY), "day");
  return then.toISOString().slice(0, 10);
}

function ago(count: number, unit: string): string {
  return count === 1 ? `1 ${unit} ago` : `${count} ${unit}s ago`;
}

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** Brings every `<time>` below `root` up to date, and shows the exact time in the reader's own zone. */
export function refreshTimes(root: ParentNode = document): void {
  const now = new Date();
  for (const time of root.querySelectorAll("time")) {
    const then = new Date(time.dateTime);
    if (Number.isNaN(then.getTime())) continue;
    const exact = EXACT.format(then);
    time.textContent = time.hasAttribute("data-exact") ? exact : relative(then, now);
    time.title = exact;
  }
}

/** Keeps relative times true while the page stays open. */
export function keepTimesFresh(): void {
  refreshTimes();
  setInterval(refreshTimes, REFRESH_EVERY_MS);
}
