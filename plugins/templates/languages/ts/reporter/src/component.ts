// Between the component interface (wit/hindsight.wit) and the functions of plugin.d.ts, so
// that plugin.ts reads the same whether it becomes a plugin.wasm or a plugin.js.

import type { Cell, Fields, Period, Row, Section } from "../plugin";
import { summarize } from "./plugin";

/** So many rows come at once. */
const ROWS = 512;

interface WireRow {
  session: string;
  startedAt: string;
  plugin: string;
  item: { tag: "finding" | "fact"; val: any };
}

interface Rows {
  period(): Period;
  next(max: number): WireRow[];
}

export const reporter = {
  async summarize(rows: Rows, settings: string) {
    try {
      const source = { period: rows.period(), [Symbol.iterator]: () => walk(rows) };
      const report = await summarize(source, JSON.parse(settings));
      return { summary: "", ...report, sections: report.sections.map(wireSection) };
    } catch (error) {
      // The interface has a text for what went wrong; anything else would end the component.
      throw error instanceof Error ? `${error}\n${error.stack}` : String(error);
    }
  },
};

function* walk(rows: Rows): Generator<Row> {
  for (let batch = rows.next(ROWS); batch.length > 0; batch = rows.next(ROWS)) {
    for (const { item, ...head } of batch) {
      yield { ...head, [item.tag]: { ...item.val, fields: fieldsOf(item.val.fields) } } as Row;
    }
  }
}

function fieldsOf(fields: { name: string; value: { val: string | number | boolean } }[]): Fields {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value.val]));
}

function wireSection(section: Section) {
  switch (section.section) {
    case "markdown":
      return { tag: "markdown", val: section.text };
    case "metrics":
      return { tag: "metrics", val: section.metrics.map((metric) => ({ unit: "", ...metric })) };
    case "table":
      return {
        tag: "table",
        val: {
          title: section.title,
          columns: section.columns.map((column) => ({ numeric: false, ...column })),
          rows: section.rows.map((row) => row.map(wireCell)),
        },
      };
    case "chart":
      return { tag: "chart", val: { title: section.title, kind: section.chart, series: section.series } };
  }
}

function wireCell(cell: Cell) {
  if (typeof cell === "string") return { tag: "text", val: cell };
  return typeof cell === "number" ? { tag: "number", val: cell } : { tag: "moment", val: cell };
}
