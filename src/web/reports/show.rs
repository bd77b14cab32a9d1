//! The page of one report.

use serde::Serialize;

use super::chart::Drawing;
use super::links::{self, Links};
use super::period::Period;
use super::{Read, read};
use crate::model::{Cell, Column, Metric, Section, Table};
use crate::web::page::{Frame, reports_url};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, format};

#[derive(Serialize)]
struct ReportPage {
    #[serde(flatten)]
    frame: Frame,
    title: String,
    plugin: String,
    period: String,
    sessions: String,
    made_exact: String,
    made_relative: String,
    summary: String,
    sections: Vec<Part>,
    list_url: String,
    markdown_url: String,
    delete_url: String,
}

/// A section as its template shows it.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Part {
    Markdown { text: String },
    Metrics { metrics: Vec<Figure> },
    Table(Rows),
    Chart(Drawing),
}

#[derive(Serialize)]
struct Figure {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Rows {
    title: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Field>>,
    csv_url: String,
}

#[derive(Serialize)]
struct Field {
    text: String,
    /// Where it leads, if it is a moment of a session.
    url: Option<String>,
    numeric: bool,
}

pub async fn show(app: App, request: Request) -> Result<Response, Problem> {
    let read = read(&app, &request).await?;
    let links = read.links(&app);
    let (url, period) = (read.url(), read.period().words());
    let connection = read.stored.report.connection;
    let page = ReportPage {
        frame: Frame::about(&app, "reports", connection).await?,
        title: read.report.title,
        summary: read.report.summary,
        sections: parts(read.report.sections, &url, &links),
        plugin: read.stored.report.plugin,
        period,
        sessions: format::count(read.stored.report.sessions, "session"),
        made_exact: format::exact(read.stored.made_at),
        made_relative: format::relative(read.stored.made_at, app.clock.now()),
        list_url: reports_url(connection),
        markdown_url: format!("{url}/report.md"),
        delete_url: format!("{url}/delete"),
    };
    app.templates.page("pages/report.html", &page)
}

impl Read {
    /// The time that it is about.
    pub(super) fn period(&self) -> Period {
        Period { from: self.stored.report.from, to: self.stored.report.to }
    }

    /// What a file says of it below its title.
    pub(super) fn facts(&self) -> [(&'static str, String); 4] {
        [
            ("Made by", self.stored.report.plugin.clone()),
            ("Period", self.period().words()),
            ("Sessions", format::grouped(self.stored.report.sessions)),
            ("Made", format::exact(self.stored.made_at)),
        ]
    }
}

fn parts(sections: Vec<Section>, url: &str, links: &Links) -> Vec<Part> {
    let mut tables = 0;
    let part = |section| match section {
        Section::Markdown { text } => Part::Markdown { text },
        Section::Metrics { metrics } => Part::Metrics { metrics: metrics.into_iter().map(figure).collect() },
        Section::Chart(chart) => Part::Chart(Drawing::of(&chart)),
        Section::Table(table) => {
            tables += 1;
            Part::Table(rows(table, format!("{url}/tables/{tables}.csv"), links))
        }
    };
    sections.into_iter().map(part).collect()
}

fn figure(metric: Metric) -> Figure {
    Figure { value: format::figure(metric.value, &metric.unit), name: metric.name }
}

/// A row that is too short is filled up, one that is too long is cut.
fn rows(table: Table, csv_url: String, links: &Links) -> Rows {
    let fields = |row: &Vec<Cell>| {
        let field = |(place, column): (usize, &Column)| field(row.get(place), column.numeric, links);
        table.columns.iter().enumerate().map(field).collect()
    };
    let rows = table.rows.iter().map(fields).collect();
    Rows { title: table.title, columns: table.columns, rows, csv_url }
}

fn field(cell: Option<&Cell>, numeric: bool, links: &Links) -> Field {
    let (text, url) = match cell {
        None => (String::new(), None),
        Some(Cell::Number(value)) => (format::number(*value), None),
        Some(Cell::Text(text)) => (text.clone(), None),
        Some(Cell::Moment(moment)) => (links::label(moment), links.local(moment)),
    };
    Field { text, url, numeric }
}
