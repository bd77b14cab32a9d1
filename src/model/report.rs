//! What plugins say about many sessions, as plain data; its JSON is what is stored and
//! what scripts write.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its begin, as RFC 3339.
    pub from: String,
    /// Its end, as RFC 3339.
    pub to: String,
    /// How many sessions started in it.
    pub sessions: u32,
}

/// A page of sections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// One line.
    pub title: String,
    /// Markdown: what to know if nothing else is read.
    #[serde(default)]
    pub summary: String,
    /// What is in it, in this order.
    #[serde(default)]
    pub sections: Vec<Section>,
}

/// A part of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "section", rename_all = "kebab-case")]
pub enum Section {
    /// Markdown; HTML in it is to be shown as text.
    Markdown {
        /// The text.
        text: String,
    },
    /// Numbers with their names.
    Metrics {
        /// The numbers.
        metrics: Vec<Metric>,
    },
    /// Rows and columns.
    Table(Table),
    /// Bars or lines.
    Chart(Chart),
}

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "plain words")]
pub struct Metric {
    pub name: String,
    pub value: f64,
    #[serde(default)]
    pub unit: String,
}

/// Rows and columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "plain words")]
pub struct Table {
    #[serde(default)]
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

/// What stands above a column, and whether its cells are numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "said above")]
pub struct Column {
    pub title: String,
    #[serde(default)]
    pub numeric: bool,
}

/// What stands in a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Opens a session at a moment.
    Moment(Moment),
}

/// A session at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moment {
    /// The session's id.
    pub session: String,
    /// Milliseconds since its first event.
    #[serde(default)]
    pub at: u32,
    /// What the link says.
    #[serde(default)]
    pub label: String,
}

/// Bars or lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "plain words")]
pub struct Chart {
    #[serde(default)]
    pub title: String,
    pub chart: ChartKind,
    pub series: Vec<Series>,
}

impl Chart {
    /// The chart as a table: each place of the x axis, in the order in which the series name
    /// them, with the value of each series there.
    pub fn rows(&self) -> Vec<(&str, Vec<Option<f64>>)> {
        let mut rows: Vec<(&str, Vec<Option<f64>>)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (column, series) in self.series.iter().enumerate() {
            for point in &series.points {
                let row = *places.entry(&point.x).or_insert_with(|| {
                    rows.push((&point.x, vec![None; self.series.len()]));
                    rows.len() - 1
                });
                rows[row].1[column] = Some(point.y);
            }
        }
        rows
    }
}

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "plain words")]
pub enum ChartKind {
    Bar,
    Line,
}

/// Points of one colour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "plain words")]
pub struct Series {
    pub name: String,
    pub points: Vec<Point>,
}

/// A value at a place of the x axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "plain words")]
pub struct Point {
    pub x: String,
    pub y: f64,
}
