import { make } from "../element";

const DAY = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});

/** Sets the headings of the feed anew, by the days of the reader's own time zone. */
export function groupByOwnDays(root: ParentNode = document): void {
  for (const feed of root.querySelectorAll("[data-feed]")) {
    for (const heading of feed.querySelectorAll("[data-day]")) heading.remove();
    let last = "";
    for (const entry of feed.querySelectorAll<HTMLElement>("[data-entry]")) {
      const day = dayOf(Number(entry.dataset.at));
      if (day === last) continue;
      last = day;
      const heading = make("li", "feed-day");
      heading.dataset.day = "";
      heading.append(make("h2", "", day));
      entry.before(heading);
    }
  }
}

/** `Today`, `Yesterday`, or the date. */
function dayOf(at: number): string {
  const day = DAY.format(at);
  const today = new Date();
  if (day === DAY.format(today)) return "Today";
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  return day === DAY.format(yesterday) ? "Yesterday" : day;
}
