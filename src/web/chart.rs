//! How many sessions started, and prompts arrived, in each hour of a day, each day of a
//! month, or each week of half a year, as a drawing.
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
const WEEK_MS: i64 = 7 * DAY_MS;

/// The first Monday since 1970.
const FIRST_MONDAY: TimestampMs = 4 * DAY_MS;

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
    /// The last 26 weeks, each from Monday on.
    HalfYear,
}

impl Span {
    /// Reads it from an address.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        match request.query("chart")?.as_deref() {
            None | Some("" | "day") => Ok(Self::Day),
            Some("month") => Ok(Self::Month),
            Some("weeks") => Ok(Self::HalfYear),
            Some(_) => Err(Problem::bad_query("chart is one of day, month and weeks.")),
        }
    }

    /// As it stands in an address.
    pub fn field(self) -> Option<(&'static str, String)> {
        match self {
            Self::Day => None,
            Self::Month => Some(("chart", "month".to_owned())),
            Self::HalfYear => Some(("chart", "weeks".to_owned())),
        }
    }

    /// When the first bar starts.
    pub fn start(self, now: TimestampMs) -> TimestampMs {
        let begin = if self == Self::HalfYear { FIRST_MONDAY } else { 0 };
        now - (now - begin).rem_euclid(self.bar_ms()) - (self.bars() - 1) * self.bar_ms()
    }

    fn bars(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Month => 30,
            Self::HalfYear => 26,
        }
    }

    fn bar_ms(self) -> i64 {
        match self {
            Self::Day => HOUR_MS,
            Self::Month => DAY_MS,
            Self::HalfYear => WEEK_MS,
        }
    }

    /// The range of time that a bar counts, as filters have it.
    fn range(self, start: TimestampMs) -> (Moment, Moment) {
        match self {
            Self::Day => (Moment::Time(start), Moment::Time(start + HOUR_MS)),
            Self::Month => (Moment::Day(start), Moment::Day(start)),
            Self::HalfYear => (Moment::Day(start), Moment::Day(start + WEEK_MS - DAY_MS)),
        }
    }

    fn words(self, start: TimestampMs) -> String {
        match self {
            Self::Day => {
                format!("{}–{} UTC", written(start, "%-d %b, %H:%M"), written(start + HOUR_MS, "%H:%M"))
            }
            Self::Month => written(start, "%a %-d %b"),
            Self::HalfYear => {
                format!("{}–{}", written(start, "%-d %b"), written(start + WEEK_MS - DAY_MS, "%-d %b"))
            }
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Day => "hour",
            Self::Month => "day",
            Self::HalfYear => "week",
        }
    }
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Sessions alone.
    Sessions,
    /// Sessions, and prompts beside them.
    WithPrompts,
}

/// What a page says of its chart: which times its list shows, and its addresses.
pub struct Page<'a> {
    /// What is drawn.
    pub series: Series,
    /// The range of time that the list shows.
    pub listed: (Option<Moment>, Option<Moment>),
    /// The address of the list of a range of time.
    pub bar_url: &'a dyn Fn((Moment, Moment)) -> String,
    /// The address of the page with the chart over another span.
    pub span_url: &'a dyn Fn(Span) -> String,
}

/// The chart as its template draws it.
#[derive(Serialize)]
pub struct Chart {
    title: String,
    /// What the highest bar stands for.
    scale: String,
    /// All of it in one sentence.
    summary: String,
    /// Whether prompts stand beside sessions.
    has_prompts: bool,
    width: i64,
    height: i64,
    floor_y: i64,
    bars: Vec<Bar>,
    first: String,
    last: &'static str,
    spans: [Choice; 3],
}

#[derive(Serialize)]
struct Bar {
    /// What it says when it is pointed at.
    words: String,
    /// What it counts. Empty when it counts nothing.
    url: String,
    /// Whether the list shows what it counts.
    listed: bool,
    room_x: i64,
    room_width: i64,
    columns: Vec<Column>,
}

/// One series of a bar.
#[derive(Serialize)]
struct Column {
    class: &'static str,
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

/// What one bar counts.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    sessions: i64,
    prompts: i64,
}

impl Count {
    fn highest(self, series: Series) -> i64 {
        if series == Series::WithPrompts { self.sessions.max(self.prompts) } else { self.sessions }
    }

    fn words(self, series: Series) -> String {
        let sessions = format::count(self.sessions, "session");
        match series {
            Series::Sessions => sessions,
            Series::WithPrompts => format!("{sessions}, {}", format::count(self.prompts, "prompt")),
        }
    }
}

impl Chart {
    /// Draws the sessions of the span that ends now; `filter` is what the list shows.
    pub fn of(
        hours: &[Hour],
        connection: ConnectionId,
        span: Span,
        filter: &Filter,
        now: TimestampMs,
    ) -> Self {
        let bar_url = |(from, to)| {
            Filter { from: Some(from), to: Some(to), ..Filter::default() }.list_url(connection, span)
        };
        let page = Page {
            series: Series::Sessions,
            listed: (filter.from, filter.to),
            bar_url: &bar_url,
            span_url: &|of| filter.list_url(connection, of),
        };
        Self::draw(hours, span, &page, now)
    }

    /// Draws the hours of the span that ends now.
    pub fn draw(hours: &[Hour], span: Span, page: &Page<'_>, now: TimestampMs) -> Self {
        let start = span.start(now);
        let starts = (0..span.bars()).map(|bar| start + bar * span.bar_ms());
        let counts: Vec<(TimestampMs, Count)> =
            starts.map(|start| (start, count(hours, span, start))).collect();
        let highest = counts.iter().map(|(_, count)| count.highest(page.series)).max().unwrap_or_default();
        let total = counts.iter().fold(Count::default(), |total, (_, count)| Count {
            sessions: total.sessions + count.sessions,
            prompts: total.prompts + count.prompts,
        });
        let bar = |(place, (start, count)): (i64, &(TimestampMs, Count))| {
            let range = span.range(*start);
            Bar {
                words: format!("{}: {}", span.words(*start), count.words(page.series)),
                url: if count.highest(page.series) > 0 { (page.bar_url)(range) } else { String::new() },
                listed: page.listed == (Some(range.0), Some(range.1)),
                room_x: place * STEP,
                room_width: STEP,
                columns: columns(place * STEP, *count, page.series, highest),
            }
        };
        let choice = |label, of| Choice { label, url: (page.span_url)(of), current: of == span };
        let what = if page.series == Series::WithPrompts { "Sessions and prompts" } else { "Sessions" };
        let title = format!("{what} per {}", span.unit());
        Self {
            scale: match highest {
                0 => "none in this time".to_owned(),
                _ => format!("{} at most", format::grouped(highest)),
            },
            summary: match page.series {
                Series::Sessions => format!(
                    "{title} in UTC: {} in all, {} at most",
                    format::grouped(total.sessions),
                    format::grouped(highest)
                ),
                Series::WithPrompts => format!("{title} in UTC: {} in all", total.words(page.series)),
            },
            title,
            has_prompts: page.series == Series::WithPrompts,
            width: span.bars() * STEP,
            height: HEIGHT,
            floor_y: HEIGHT - 1,
            bars: (0..).zip(&counts).map(bar).collect(),
            first: match span {
                Span::Day => written(start, "%-d %b, %H:%M UTC"),
                Span::Month | Span::HalfYear => written(start, "%-d %b"),
            },
            last: match span {
                Span::Day => "now",
                Span::Month => "today",
                Span::HalfYear => "this week",
            },
            spans: [
                choice("24 hours", Span::Day),
                choice("30 days", Span::Month),
                choice("26 weeks", Span::HalfYear),
            ],
        }
    }
}

/// The drawing of one bar.
fn columns(room_x: i64, count: Count, series: Series, highest: i64) -> Vec<Column> {
    let column = |class, x, width, count| {
        let height = height(count, highest);
        Column { class, x, y: HEIGHT - height, width, height }
    };
    let x = room_x + (STEP - BAR) / 2;
    let columns = match series {
        Series::Sessions => vec![column("chart-bar", x, BAR, count.sessions)],
        Series::WithPrompts => vec![
            column("chart-bar", x, BAR / 2, count.sessions),
            column("chart-bar chart-prompts", x + BAR / 2, BAR / 2, count.prompts),
        ],
    };
    columns.into_iter().filter(|column| column.height > 0).collect()
}

/// What happened within the bar that starts then.
fn count(hours: &[Hour], span: Span, start: TimestampMs) -> Count {
    let within = hours.iter().filter(|hour| (start..start + span.bar_ms()).contains(&hour.starts_at));
    within.fold(Count::default(), |count, hour| Count {
        sessions: count.sessions + hour.sessions,
        prompts: count.prompts + hour.prompts,
    })
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
        Hour { starts_at, sessions, events: 0, bytes: 0, prompts: sessions * 2, unanswered: 0 }
    }

    #[test]
    fn hours_are_drawn_up_to_the_one_that_runs() {
        let hours = [hour(NEW_YEAR - HOUR_MS, 1), hour(NEW_YEAR, 80)];
        let chart =
            Chart::of(&hours, ConnectionId(1), Span::Day, &Filter::default(), NEW_YEAR + 59 * 60 * 1000);
        let last_two: Vec<_> = chart.bars[22..]
            .iter()
            .map(|bar| (bar.words.as_str(), bar.columns[0].y, bar.columns[0].height))
            .collect();
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
        assert_eq!((chart.bars[0].columns.len(), chart.bars[0].url.as_str()), (0, ""));
        assert_eq!(chart.summary, "Sessions per hour in UTC: 81 in all, 80 at most");
    }

    #[test]
    fn days_are_the_sums_of_their_hours() {
        let hours = [hour(NEW_YEAR - DAY_MS, 2), hour(NEW_YEAR - HOUR_MS, 3), hour(NEW_YEAR, 4)];
        let (from, to) = Span::Month.range(NEW_YEAR);
        let listed = Filter { from: Some(from), to: Some(to), ..Filter::default() };
        let chart = Chart::of(&hours, ConnectionId(1), Span::Month, &listed, NEW_YEAR);
        let words: Vec<_> = chart.bars[28..].iter().map(|bar| (bar.words.as_str(), bar.listed)).collect();
        assert_eq!(words, [("Wed 31 Dec: 5 sessions", false), ("Thu 1 Jan: 4 sessions", true)]);
        assert_eq!(chart.bars[28].url, "/connections/1/sessions?from=2025-12-31&to=2025-12-31&chart=month");
        assert_eq!(Span::Month.start(NEW_YEAR + 1), NEW_YEAR - 29 * DAY_MS);
    }

    #[test]
    fn weeks_start_on_monday_and_prompts_stand_beside_sessions() {
        let hours = [hour(NEW_YEAR, 4)];
        let page = Page {
            series: Series::WithPrompts,
            listed: (None, None),
            bar_url: &|(from, to)| format!("{} to {}", from.address(), to.address()),
            span_url: &|_| String::new(),
        };
        let chart = Chart::draw(&hours, Span::HalfYear, &page, NEW_YEAR);
        let last = chart.bars.last().expect("a bar");
        assert_eq!(last.words, "29 Dec–4 Jan: 4 sessions, 8 prompts");
        assert_eq!(last.url, "2025-12-29 to 2026-01-04");
        let heights: Vec<i64> = last.columns.iter().map(|column| column.height).collect();
        assert_eq!(heights, [HEIGHT / 2, HEIGHT]);
        assert_eq!(chart.summary, "Sessions and prompts per week in UTC: 4 sessions, 8 prompts in all");
    }
}
