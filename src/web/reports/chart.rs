//! A chart of a report as a drawing, with its figures as a table beside it.
//!
//! Positions are computed here, in units of the drawing's own box, which the page
//! stretches; so there is no text in the drawing.

use serde::Serialize;

use crate::model::{Chart, ChartKind};
use crate::web::format;

/// The height of the drawing's box.
const HEIGHT: f64 = 100.0;

/// The room of one place of the x axis.
const STEP: f64 = 24.0;

/// How much of its room the bars of a place take: most of it, and less where there are so
/// few that they would be blocks.
const MOST_FILLED: f64 = 0.75;
const LEAST_FILLED: f64 = 0.125;
const FILLED_FROM_PLACES: f64 = 12.0;

/// With more places than this only the first and the last are named.
const MAX_LABELS: usize = 12;

/// As many colours are told apart; series after them begin anew.
const COLOURS: usize = 6;

/// A chart as its template draws it.
#[derive(Debug, Serialize)]
pub struct Drawing {
    title: String,
    /// All of it in one sentence.
    summary: String,
    width: String,
    height: f64,
    /// Where zero is.
    zero_y: String,
    /// What the top stands for.
    highest: String,
    series: Vec<Curve>,
    places: Vec<Place>,
    labels: Vec<String>,
    /// Whether each place has a label below it.
    all_labelled: bool,
}

#[derive(Debug, Serialize)]
struct Curve {
    name: String,
    colour: usize,
    bars: Vec<Bar>,
    /// The points of a line, as SVG has them; empty for bars.
    line: String,
}

#[derive(Debug, PartialEq, Serialize)]
struct Bar {
    x: String,
    y: String,
    width: String,
    height: String,
}

/// A place of the x axis: what is said when it is pointed at, and its line of the table.
#[derive(Debug, Serialize)]
struct Place {
    label: String,
    words: String,
    values: Vec<String>,
    x: String,
    width: f64,
}

/// How values become heights: from the lowest, or zero, to the highest, or zero.
struct Scale {
    lowest: f64,
    highest: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let start = Self { lowest: 0.0, highest: 0.0 };
        values.fold(start, |scale, value| Self {
            lowest: scale.lowest.min(value),
            highest: scale.highest.max(value),
        })
    }

    fn y(&self, value: f64) -> f64 {
        let share = (self.highest - value) / (self.highest - self.lowest);
        // Nothing but zeros, or values too far apart for a number to hold.
        if share.is_finite() { share * HEIGHT } else { HEIGHT }
    }
}

impl Drawing {
    /// Draws a chart.
    pub fn of(chart: &Chart) -> Self {
        let rows = chart.rows();
        let scale = Scale::of(rows.iter().flat_map(|(_, values)| values.iter().flatten().copied()));
        let all_labelled = rows.len() <= MAX_LABELS;
        let labels: Vec<String> = match (all_labelled, rows.first(), rows.last()) {
            (false, Some((first, _)), Some((last, _))) => vec![(*first).to_owned(), (*last).to_owned()],
            _ => rows.iter().map(|(x, _)| (*x).to_owned()).collect(),
        };
        let curve = |(number, name): (usize, &str)| Curve {
            name: name.to_owned(),
            colour: number % COLOURS,
            bars: if chart.chart == ChartKind::Bar {
                bars(&rows, number, chart.series.len(), &scale)
            } else {
                Vec::new()
            },
            line: if chart.chart == ChartKind::Line { line(&rows, number, &scale) } else { String::new() },
        };
        let names = chart.series.iter().map(|series| series.name.as_str());
        Self {
            summary: summary(chart, rows.len(), &scale),
            title: chart.title.clone(),
            width: unit(STEP * rows.len().max(1) as f64),
            height: HEIGHT,
            zero_y: unit(scale.y(0.0)),
            highest: format::number(scale.highest),
            series: names.clone().enumerate().map(curve).collect(),
            places: rows.iter().enumerate().map(|row| place(row, names.clone())).collect(),
            labels,
            all_labelled,
        }
    }
}

type Row<'a> = (&'a str, Vec<Option<f64>>);

fn place<'a>((number, (x, values)): (usize, &Row<'_>), names: impl Iterator<Item = &'a str>) -> Place {
    let values: Vec<String> =
        values.iter().map(|value| value.map(format::number).unwrap_or_default()).collect();
    let said = names.zip(&values).filter(|(_, value)| !value.is_empty());
    let said: Vec<String> = said
        .map(|(name, value)| if name.is_empty() { value.clone() } else { format!("{name} {value}") })
        .collect();
    Place {
        label: (*x).to_owned(),
        words: format!("{x}: {}", said.join(", ")),
        values,
        x: unit(STEP * number as f64),
        width: STEP,
    }
}

fn bars(rows: &[Row<'_>], series: usize, of: usize, scale: &Scale) -> Vec<Bar> {
    let filled = STEP * (rows.len() as f64 / FILLED_FROM_PLACES).clamp(LEAST_FILLED, MOST_FILLED);
    let width = filled / of.max(1) as f64;
    let zero = scale.y(0.0);
    let bar = |(place, (_, values)): (usize, &Row<'_>)| {
        let y = scale.y((*values.get(series)?)?);
        Some(Bar {
            x: unit(STEP * place as f64 + (STEP - filled) / 2.0 + width * series as f64),
            y: unit(y.min(zero)),
            width: unit(width),
            height: unit((y - zero).abs()),
        })
    };
    rows.iter().enumerate().filter_map(bar).collect()
}

/// A line through the middle of each place that has a value.
fn line(rows: &[Row<'_>], series: usize, scale: &Scale) -> String {
    let point = |(place, (_, values)): (usize, &Row<'_>)| {
        let y = scale.y((*values.get(series)?)?);
        Some(format!("{},{}", unit(STEP * (place as f64 + 0.5)), unit(y)))
    };
    rows.iter().enumerate().filter_map(point).collect::<Vec<_>>().join(" ")
}

/// A length in the drawing, to a hundredth.
fn unit(length: f64) -> String {
    format!("{length:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn summary(chart: &Chart, places: usize, scale: &Scale) -> String {
    let title = if chart.title.trim().is_empty() { "Chart" } else { chart.title.trim() };
    let places = format::count(i64::try_from(places).unwrap_or(i64::MAX), "value");
    format!("{title}: {places}, the highest {}. Its table follows.", format::number(scale.highest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Point, Series};

    fn chart(kind: ChartKind, series: Vec<Vec<(String, f64)>>) -> Chart {
        let points = |points: Vec<(String, f64)>| points.into_iter().map(|(x, y)| Point { x, y }).collect();
        let series = series.into_iter().enumerate();
        Chart {
            title: "Asked".to_owned(),
            chart: kind,
            series: series.map(|(n, of)| Series { name: format!("s{n}"), points: points(of) }).collect(),
        }
    }

    fn days(values: &[f64]) -> Vec<(String, f64)> {
        values.iter().enumerate().map(|(day, value)| (format!("day {day}"), *value)).collect()
    }

    #[test]
    fn bars_stand_on_zero_beside_each_other() {
        let drawing = Drawing::of(&chart(ChartKind::Bar, vec![days(&[3.0, -1.0]), days(&[1.0])]));
        let bar = |x: &str, y: &str, height: &str| Bar {
            x: x.to_owned(),
            y: y.to_owned(),
            width: "2".to_owned(),
            height: height.to_owned(),
        };
        assert_eq!(drawing.series[0].bars, [bar("10", "0", "75"), bar("34", "75", "25")]);
        assert_eq!(drawing.series[1].bars, [bar("12", "50", "25")]);
        assert_eq!((drawing.zero_y.as_str(), drawing.width.as_str()), ("75", "48"));
        assert_eq!(drawing.places[0].words, "day 0: s0 3, s1 1");
        assert_eq!(drawing.places[1].values, ["-1", ""]);
        assert_eq!(drawing.summary, "Asked: 2 values, the highest 3. Its table follows.");
    }

    #[test]
    fn a_line_goes_through_what_is_known() {
        let drawing = Drawing::of(&chart(ChartKind::Line, vec![days(&[0.0, 2.0, 1.0])]));
        assert_eq!(drawing.series[0].line, "12,100 36,0 60,50");
        let many = Drawing::of(&chart(ChartKind::Line, vec![days(&[1.0; 13])]));
        assert_eq!(
            (many.labels.as_slice(), many.all_labelled),
            (["day 0".to_owned(), "day 12".to_owned()].as_slice(), false)
        );
    }

    proptest! {
        #[test]
        fn whatever_the_values_all_is_drawn_inside_the_box(
            values in prop::collection::vec(prop::collection::vec(any::<f64>().prop_filter("JSON has none other", |value| value.is_finite()), 0..5), 0..4),
            is_line in any::<bool>(),
        ) {
            let kind = if is_line { ChartKind::Line } else { ChartKind::Bar };
            let drawing = Drawing::of(&chart(kind, values.iter().map(|values| days(values)).collect()));
            let number = |text: &str| text.parse::<f64>().expect("a number");
            for curve in &drawing.series {
                for bar in &curve.bars {
                    prop_assert!(number(&bar.y) >= 0.0 && number(&bar.y) + number(&bar.height) <= HEIGHT + 0.02, "{:?}", bar);
                    prop_assert!(number(&bar.x) + number(&bar.width) <= number(&drawing.width) + 0.02);
                }
                for point in curve.line.split_whitespace() {
                    let (x, y) = point.split_once(',').expect("two numbers");
                    prop_assert!((0.0..=HEIGHT).contains(&number(y)) && number(x) <= number(&drawing.width));
                }
            }
        }
    }
}
