//! How many sessions started in each hour of a day, or each day of a month, as a drawing.
//!
//! Positions and sizes are computed here, in units of the drawing's own box: the
//! pages' policy allows no styles in the markup.

use jiff::Timestamp;
use serde::Serialize;

use super::filter::Filter;
use super::format;
use super::moment::Moment;
use super::problem::Problem;
use super::request::Request;
use crate::model::{ConnectionId, TimestampMs};
use crate::store::activity::Hour;

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The drawing's box: each bar's room, the bar in it, and the height of the highest.
const STEP: i64 = 12;
const BAR: i64 = 10;
const HEIGHT: i64 = 40;

/// A bar that stands for any session at all is at least this high.
const LEAST_HEIGHT: i64 = 3;

/// What the chart shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// The last 24 hours, by the hour.
    #[default]
    Day,
    /// The last 30 days, by the day.
    Month,
}

impl Span {
    /// Reads it from an address.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        match request.query("chart")?.as_deref() {
            None | Some("" | "day") => Ok(Self::Day),
            Some("month") => Ok(Self::Month),
            Some(_) => Err(Problem::bad_query("chart is one of day and month.")),
        }
    }

    /// As it stands in an address.
    pub fn field(self) -> Option<(&'static str, String)> {
        match self {
            Self::Day => None,
            Self::Month => Some(("chart", "month".to_owned())),
        }
    }

    /// When the first bar starts.
    pub fn start(self, now: TimestampMs) -> TimestampMs {
        now - now.rem_euclid(self.bar_ms()) - (self.bars() - 1) * self.bar_ms()
    }

    fn bars(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Month => 30,
        }
    }

    fn bar_ms(self) -> i64 {
        match self {
            Self::Day => HOUR_MS,
            Self::Month => DAY_MS,
        }
    }

    /// The filter that lets through what a bar counts.
    fn filter(self, start: TimestampMs) -> Filter {
        let (from, to) = match self {
            Self::Day => (Moment::Time(start), Moment::Time(start + HOUR_MS)),
            Self::Month => (Moment::Day(start), Moment::Day(start)),
        };
        Filter { from: Some(from), to: Some(to), ..Filter::default() }
    }

    fn words(self, start: TimestampMs) -> String {
        match self {
            Self::Day => {
                format!("{}–{} UTC", written(start, "%-d %b, %H:%M"), written(start + HOUR_MS, "%H:%M"))
            }
            Self::Month => written(start, "%a %-d %b"),
        }
    }
}

/// The chart as its template draws it.
#[derive(Serialize)]
pub struct Chart {
    title: &'static str,
    /// What the highest bar stands for.
    scale: String,
    /// All of it in one sentence.
    summary: String,
    width: i64,
    height: i64,
    floor_y: i64,
    bars: Vec<Bar>,
    first: String,
    last: &'static str,
    spans: [Choice; 2],
}

#[derive(Serialize)]
struct Bar {
    /// What it says when it is pointed at.
    words: String,
    /// The sessions that it counts. Empty when it counts none.
    url: String,
    /// Whether the list shows what it counts.
    listed: bool,
    room_x: i64,
    room_width: i64,
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

#[derive(Serialize)]
struct Choice {
    label: &'static str,
    url: String,
    current: bool,
}

impl Chart {
    /// Draws the hours of the span that ends now; `filter` is what the list shows.
    pub fn of(
        hours: &[Hour],
        connection: ConnectionId,
        span: Span,
        filter: &Filter,
        now: TimestampMs,
    ) -> Self {
        let start = span.start(now);
        let starts = (0..span.bars()).map(|bar| start + bar * span.bar_ms());
        let counts: Vec<(TimestampMs, i64)> =
            starts.map(|start| (start, count(hours, span, start))).collect();
        let highest = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let total: i64 = counts.iter().map(|(_, count)| *count).sum();
        let draw = |(place, (start, count)): (i64, &(TimestampMs, i64))| {
            let height = height(*count, highest);
            let shown = span.filter(*start);
            Bar {
                words: format!("{}: {}", span.words(*start), format::count(*count, "session")),
                url: if *count > 0 { shown.list_url(connection, span) } else { String::new() },
                listed: (filter.from, filter.to) == (shown.from, shown.to),
                room_x: place * STEP,
                room_width: STEP,
                x: place * STEP + (STEP - BAR) / 2,
                y: HEIGHT - height,
                width: BAR,
                height,
            }
        };
        let choice = |label, of| Choice { label, url: filter.list_url(connection, of), current: of == span };
        let title = match span {
            Span::Day => "Sessions per hour",
            Span::Month => "Sessions per day",
        };
        Self {
            title,
            scale: match highest {
                0 => "none in this time".to_owned(),
                _ => format!("{} at most", format::grouped(highest)),
            },
            summary: format!(
                "{title} in UTC: {} in all, {} at most",
                format::grouped(total),
                format::grouped(highest)
            ),
            width: span.bars() * STEP,
            height: HEIGHT,
            floor_y: HEIGHT - 1,
            bars: (0..).zip(&counts).map(draw).collect(),
            first: match span {
                Span::Day => written(start, "%-d %b, %H:%M UTC"),
                Span::Month => written(start, "%-d %b"),
            },
            last: match span {
                Span::Day => "now",
                Span::Month => "today",
            },
            spans: [choice("24 hours", Span::Day), choice("30 days", Span::Month)],
        }
    }
}

/// The sessions that started within the bar that starts then.
fn count(hours: &[Hour], span: Span, start: TimestampMs) -> i64 {
    let within = hours.iter().filter(|hour| (start..start + span.bar_ms()).contains(&hour.starts_at));
    within.map(|hour| hour.sessions).sum()
}

fn height(count: i64, highest: i64) -> i64 {
    match count {
        ..=0 => 0,
        count => (count.saturating_mul(HEIGHT) / highest.max(1)).max(LEAST_HEIGHT),
    }
}

fn written(at: TimestampMs, form: &str) -> String {
    Timestamp::from_millisecond(at).unwrap_or_default().strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z.
    const NEW_YEAR: TimestampMs = 1_767_225_600_000;

    fn hour(starts_at: TimestampMs, sessions: i64) -> Hour {
        Hour { starts_at, sessions, events: 0, bytes: 0 }
    }

    #[test]
    fn hours_are_drawn_up_to_the_one_that_runs() {
        let hours = [hour(NEW_YEAR - HOUR_MS, 1), hour(NEW_YEAR, 80)];
        let chart =
            Chart::of(&hours, ConnectionId(1), Span::Day, &Filter::default(), NEW_YEAR + 59 * 60 * 1000);
        let last_two: Vec<_> =
            chart.bars[22..].iter().map(|bar| (bar.words.as_str(), bar.y, bar.height)).collect();
        assert_eq!(
            last_two,
            [
                ("31 Dec, 23:00–00:00 UTC: 1 session", HEIGHT - LEAST_HEIGHT, LEAST_HEIGHT),
                ("1 Jan, 00:00–01:00 UTC: 80 sessions", 0, HEIGHT),
            ]
        );
        assert_eq!(chart.bars.len(), 24);
        assert_eq!(
            chart.bars[23].url,
            "/connections/1/sessions?from=2026-01-01T00%3A00Z&to=2026-01-01T01%3A00Z"
        );
        assert_eq!((chart.bars[0].height, chart.bars[0].url.as_str()), (0, ""));
        assert_eq!(chart.summary, "Sessions per hour in UTC: 81 in all, 80 at most");
    }

    #[test]
    fn days_are_the_sums_of_their_hours() {
        let hours = [hour(NEW_YEAR - DAY_MS, 2), hour(NEW_YEAR - HOUR_MS, 3), hour(NEW_YEAR, 4)];
        let listed = Span::Month.filter(NEW_YEAR);
        let chart = Chart::of(&hours, ConnectionId(1), Span::Month, &listed, NEW_YEAR);
        let words: Vec<_> = chart.bars[28..].iter().map(|bar| (bar.words.as_str(), bar.listed)).collect();
        assert_eq!(words, [("Wed 31 Dec: 5 sessions", false), ("Thu 1 Jan: 4 sessions", true)]);
        assert_eq!(chart.bars[28].url, "/connections/1/sessions?from=2025-12-31&to=2025-12-31&chart=month");
        assert_eq!(Span::Month.start(NEW_YEAR + 1), NEW_YEAR - 29 * DAY_MS);
    }
}
