import type { Cell, Report, Source } from "../plugin";

interface Settings {
  rows: number;
}

/** Counts dead clicks by control. */
export function summarize(source: Source, settings: Settings): Report {
  const controls = new Map<string, { clicks: number; last: Cell }>();
  let clicks = 0;
  for (const { session, finding } of source) {
    if (!finding) continue;
    clicks += 1;
    const control = finding.selector ?? "unknown";
    controls.set(control, {
      clicks: (controls.get(control)?.clicks ?? 0) + 1,
      last: { session, at: finding.at, label: finding.title },
    });
  }
  const rows = [...controls]
    .sort(([, a], [, b]) => b.clicks - a.clicks)
    .slice(0, settings.rows)
    .map(([control, { clicks, last }]) => [control, clicks, last]);
  return {
    title: "Controls that do nothing",
    summary: `${clicks} clicks on ${controls.size} controls led nowhere, in ${source.period.sessions} sessions.`,
    sections: [
      {
        section: "table",
        title: "Most clicked first",
        columns: [{ title: "Control" }, { title: "Clicks", numeric: true }, { title: "Last seen" }],
        rows,
      },
    ],
  };
}
