//! A report as a Markdown file.
//!
//! The plugin's own Markdown goes in as it is, but for the HTML in it; everything else
//! is escaped, so that a table stays a table whatever a visitor typed.

use std::fmt::Write;

use super::links::{self, Links};
use crate::model::{Cell, Chart, Metric, Report, Section, Table};
use crate::web::format;
use crate::web::markdown::without_html;

/// What means something within a line of Markdown.
const SPECIAL: &str = "\\`*_[]<>&#|~";

/// The report with its facts, each a name and a value, below its title.
/// Without `links`, as where nobody knows the server's address, moments are their labels.
pub fn write(report: &Report, facts: &[(&str, String)], links: Option<&Links>) -> String {
    let mut out = format!("# {}\n", escaped(&report.title));
    for (name, value) in facts {
        // Two spaces at the end of a line keep the next one on its own.
        let _ = write!(out, "\n{name}: {}  ", escaped(value));
    }
    if !facts.is_empty() {
        out.push('\n');
    }
    text(&mut out, &report.summary);
    for section in &report.sections {
        match section {
            Section::Markdown { text: words } => text(&mut out, words),
            Section::Metrics { metrics: all } => metrics(&mut out, all),
            Section::Table(rows) => table(&mut out, rows, links),
            Section::Chart(chart) => points(&mut out, chart),
        }
    }
    out
}

fn text(out: &mut String, words: &str) {
    if !words.trim().is_empty() {
        let _ = write!(out, "\n{}\n", without_html(words).trim_end());
    }
}

fn metrics(out: &mut String, metrics: &[Metric]) {
    out.push('\n');
    for metric in metrics {
        let figure = format::figure(metric.value, &metric.unit);
        let _ = writeln!(out, "- {}: **{}**", escaped(&metric.name), escaped(&figure));
    }
}

fn heading(out: &mut String, title: &str) {
    if !title.trim().is_empty() {
        let _ = write!(out, "\n## {}\n", escaped(title));
    }
}

fn table(out: &mut String, table: &Table, links: Option<&Links>) {
    heading(out, &table.title);
    if table.columns.is_empty() {
        return;
    }
    out.push('\n');
    line(out, table.columns.iter().map(|column| escaped(&column.title)));
    line(out, table.columns.iter().map(|column| if column.numeric { "---:" } else { "---" }.to_owned()));
    for row in &table.rows {
        line(
            out,
            (0..table.columns.len())
                .map(|place| row.get(place).map_or(String::new(), |cell| value(cell, links))),
        );
    }
}

fn value(cell: &Cell, links: Option<&Links>) -> String {
    match cell {
        Cell::Number(number) => escaped(&format::number(*number)),
        Cell::Text(text) => escaped(text),
        Cell::Moment(moment) => {
            let label = escaped(&links::label(moment));
            links
                .and_then(|links| links.absolute(moment))
                .map_or(label.clone(), |url| format!("[{label}]({url})"))
        }
    }
}

/// A chart is the table of its points: one line for each place of the x axis.
fn points(out: &mut String, chart: &Chart) {
    heading(out, &chart.title);
    let rows = chart.rows();
    if rows.is_empty() {
        return;
    }
    out.push('\n');
    line(out, std::iter::once(String::new()).chain(chart.series.iter().map(|series| escaped(&series.name))));
    line(out, std::iter::once("---".to_owned()).chain(chart.series.iter().map(|_| "---:".to_owned())));
    for (x, values) in rows {
        let values = values.into_iter().map(|value| value.map(format::number).unwrap_or_default());
        line(out, std::iter::once(escaped(x)).chain(values));
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push('|');
    for cell in cells {
        let _ = write!(out, " {cell} |");
    }
    out.push('\n');
}

/// A text as one line that means nothing but itself.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for char in word.chars() {
            if SPECIAL.contains(char) {
                out.push('\\');
            }
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Parser, Tag, TagEnd};

    use super::super::links::tests::links;
    use super::*;
    use crate::model::{ChartKind, Column, Moment, Point, Series};
    use crate::web::markdown::OPTIONS;

    fn report(sections: Vec<Section>) -> Report {
        Report { title: "What visitors *ask*".to_owned(), summary: "In <b>short</b>.".to_owned(), sections }
    }

    #[test]
    fn a_report_is_a_file_that_reads_well() {
        let moment = Moment { session: "session-0000000001".to_owned(), at: 0, label: "see [it]".to_owned() };
        let column = |title: &str, numeric| Column { title: title.to_owned(), numeric };
        let sections = vec![
            Section::Metrics {
                metrics: vec![Metric { name: "Questions".to_owned(), value: 1234.0, unit: "".to_owned() }],
            },
            Section::Table(Table {
                title: "Gaps".to_owned(),
                columns: vec![column("Question", false), column("Asked", true), column("Example", false)],
                rows: vec![vec![Cell::Text("a | b\nc".to_owned()), Cell::Number(12.5), Cell::Moment(moment)]],
            }),
            Section::Chart(Chart {
                title: String::new(),
                chart: ChartKind::Line,
                series: vec![Series {
                    name: "asked".to_owned(),
                    points: vec![Point { x: "1 Nov".to_owned(), y: 3.0 }],
                }],
            }),
            Section::Markdown { text: "The *end*.".to_owned() },
        ];
        let facts = [("Period", "1–7 Nov 2026".to_owned()), ("Sessions", "40".to_owned())];
        assert_eq!(
            write(&report(sections), &facts, Some(&links())),
            "# What visitors \\*ask\\*\n\
             \nPeriod: 1–7 Nov 2026  \nSessions: 40  \n\
             \nIn &lt;b>short&lt;/b>.\n\
             \n- Questions: **1,234**\n\
             \n## Gaps\n\
             \n| Question | Asked | Example |\n| --- | ---: | --- |\n\
             | a \\| b c | 12.5 | [see \\[it\\]](https://replay.example/connections/1/sessions/session-0000000001?moment=0) |\n\
             \n|  | asked |\n| --- | ---: |\n| 1 Nov | 3 |\n\
             \nThe *end*.\n"
        );
    }

    /// The cells of the tables in a Markdown file, as a reader sees them.
    fn cells(markdown: &str) -> Vec<String> {
        let mut cells = Vec::new();
        let mut inside = false;
        for event in Parser::new_ext(markdown, OPTIONS) {
            match event {
                Event::Start(Tag::TableCell) => {
                    inside = true;
                    cells.push(String::new());
                }
                Event::End(TagEnd::TableCell) => inside = false,
                Event::Text(text) | Event::Code(text) if inside => {
                    cells.last_mut().expect("a cell is open").push_str(&text);
                }
                Event::Html(_) | Event::InlineHtml(_) => panic!("HTML in {markdown:?}"),
                _ => {}
            }
        }
        cells
    }

    proptest! {
        #[test]
        fn a_table_is_read_again_as_it_was(
            rows in prop::collection::vec(prop::collection::vec("[-|\\\\`*_<>\\[\\]()!#&; a\n]{0,8}|\\PC{0,6}", 2), 1..5),
        ) {
            let column = |place| Column { title: format!("c{place}"), numeric: false };
            let cells_of = |row: &Vec<String>| row.iter().cloned().map(Cell::Text).collect();
            let table = Table { title: String::new(), columns: (0..2).map(column).collect(), rows: rows.iter().map(cells_of).collect() };
            let written = write(&Report { title: "t".to_owned(), summary: String::new(), sections: vec![Section::Table(table)] }, &[], Some(&links()));
            let one_line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let expected: Vec<String> = ["c0".to_owned(), "c1".to_owned()].into_iter()
                .chain(rows.iter().flatten().map(one_line)).collect();
            prop_assert_eq!(cells(&written), expected, "{}", written);
        }
    }
}
