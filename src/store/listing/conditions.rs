//! The SQL of a list.
//!
//! Statements are put together from the constants below, so that each has the conditions
//! that are asked and no others; values are bound, and never become text. SQLite keeps the
//! statements that it has prepared.

use rusqlite::Statement;
use rusqlite::types::{ToSql, Value};

use super::source::{Source, Text};
use super::{Asked, COLUMNS, Filter, Order, Page, Place, Prompts, bind};
use crate::model::{Severity, Status};
use crate::store::{search, sessions};

/// The conditions of a statement, with the values of its parameters.
pub(super) struct Conditions {
    texts: Vec<&'static str>,
    values: Vec<(&'static str, Value)>,
}

impl Conditions {
    /// What the source asks for by itself, from the place of the page on.
    pub(super) fn of_source(source: Source, asked: &Asked<'_>) -> Self {
        let Asked { connection, filter, page, .. } = asked;
        let range = filter.range(*connection);
        let (mut first, mut last) = (*range.start(), *range.end());
        let mut conditions = Self { texts: Vec::new(), values: Vec::new() };
        if filter.order == Order::Newest {
            match page {
                Page::First => {}
                Page::OlderThan(place) => last = last.min(place.row.saturating_sub(1)),
                Page::NewerThan(place) => first = first.max(place.row.saturating_add(1)),
            }
        } else if source.text().value.is_some() {
            conditions.begin_at(asked.filter.order, *page);
        }
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        conditions.values.extend([
            (":connection", Value::Integer(connection.0)),
            (":first", Value::Integer(first)),
            (":last", Value::Integer(last)),
            (":words", text(&filter.words)),
            (":trigrams", text(&filter.url.as_deref().and_then(search::all_trigrams))),
            (":visitor", text(&filter.visitor)),
            (":browser", text(&filter.browser)),
            (":os", text(&filter.os)),
            (":device", text(&filter.device)),
            (":country", text(&filter.country)),
            (":kind", text(&filter.kind)),
            (":tag", text(&filter.tag)),
            (":viewer", text(&filter.watched.as_ref().map(|(viewer, _)| viewer.clone()))),
        ]);
        conditions
    }

    fn add(&mut self, text: &'static str, values: impl IntoIterator<Item = (&'static str, Value)>) {
        self.texts.push(text);
        self.values.extend(values);
    }

    /// All that the filter asks, up to where looking stops.
    pub(super) fn narrow(&mut self, source: Source, asked: &Asked<'_>, stop: Option<Place>) {
        let filter = asked.filter;
        let is_ordered = source.text().value.is_some();
        if filter.order != Order::Newest && !is_ordered {
            self.begin_at(filter.order, asked.page);
        }
        if let Some(stop) = stop {
            self.up_to(filter.order, asked.page, stop, is_ordered);
        }
        self.of_status(filter);
        self.of_visit(filter);
        self.of_content(filter);
        self.of_people(filter);
        if filter.words.is_some() && source != Source::Words {
            self.add(
                "EXISTS (SELECT 1 FROM session_words
                         WHERE session_words MATCH :words AND session_words.rowid = session.id)",
                [],
            );
        }
        match filter.order {
            Order::Newest => {}
            Order::Longest | Order::MostEvents => self.add("session.completed_at IS NOT NULL", []),
            Order::MostErrors => self.add("session.errors > 0", []),
            Order::HighestScore => self.add("session.score IS NOT NULL", []),
        }
    }

    fn of_status(&mut self, filter: &Filter) {
        match filter.status {
            Some(Status::Active) => self.add("session.completed_at IS NULL", []),
            Some(Status::Completed) => self.add("session.completed_at IS NOT NULL", []),
            None => {}
        }
        if filter.finished {
            self.add("session.finished_at IS NOT NULL", []);
        }
        if filter.pinned {
            self.add("session.pinned = 1", []);
        }
        if filter.unsaid {
            self.add(concat!("NOT ", sessions::said!()), []);
        }
    }

    fn of_visit(&mut self, filter: &Filter) {
        if let Some(url) = &filter.url {
            let pattern = Value::Text(search::pattern(url));
            self.add("session.landing_url LIKE :url ESCAPE '\\'", [(":url", pattern)]);
        }
        let texts = [
            (&filter.visitor, "session.visitor = :visitor"),
            (&filter.browser, "session.browser = :browser"),
            (&filter.os, "session.os = :os"),
            (&filter.device, "session.device = :device"),
            (&filter.country, "session.country = :country"),
        ];
        for (_, text) in texts.into_iter().filter(|(value, _)| value.is_some()) {
            self.add(text, []);
        }
        let numbers = [
            (
                filter.min_duration_ms,
                ":min_duration",
                "session.last_event_at - session.first_event_at >= :min_duration",
            ),
            (
                filter.max_duration_ms,
                ":max_duration",
                "session.last_event_at - session.first_event_at <= :max_duration",
            ),
            (filter.min_events, ":min_events", "session.events >= :min_events"),
            (filter.max_events, ":max_events", "session.events <= :max_events"),
        ];
        for (number, name, text) in numbers {
            if let Some(number) = number {
                self.add(text, [(name, Value::Integer(number))]);
            }
        }
    }

    fn of_content(&mut self, filter: &Filter) {
        match filter.prompts {
            Some(Prompts::Any) => self.add("session.prompts > 0", []),
            Some(Prompts::Unanswered) => self.add("session.unanswered > 0", []),
            None => {}
        }
        if filter.errors {
            self.add("session.errors > 0", []);
        }
        match filter.severity {
            None => {}
            Some(Severity::Info) => self.add("session.findings > 0", []),
            Some(Severity::Low) => self.add("session.severity >= 1", []),
            Some(Severity::Medium) => self.add("session.severity >= 2", []),
            Some(Severity::High) => self.add("session.severity >= 3", []),
        }
        if filter.kind.is_some() {
            self.add(
                "EXISTS (SELECT 1 FROM finding WHERE finding.session_id = session.id AND finding.kind = :kind)",
                [],
            );
        }
        if let Some(score) = filter.min_score {
            self.add("session.score >= :min_score", [(":min_score", Value::Integer(score))]);
        }
    }

    fn of_people(&mut self, filter: &Filter) {
        if filter.tag.is_some() {
            self.add(
                "EXISTS (SELECT 1 FROM session_tag WHERE session_tag.connection_id = :connection
                             AND session_tag.tag = :tag AND session_tag.session_id = session.id)",
                [],
            );
        }
        match filter.watched {
            None => {}
            Some((_, true)) => self.add(
                "EXISTS (SELECT 1 FROM watched WHERE watched.viewer = :viewer AND watched.session_id = session.id)",
                [],
            ),
            Some((_, false)) => self.add(
                "NOT EXISTS (SELECT 1 FROM watched WHERE watched.viewer = :viewer AND watched.session_id = session.id)",
                [],
            ),
        }
    }

    /// From the place of the page on, in an order that is not that of time.
    fn begin_at(&mut self, order: Order, page: Page) {
        let (place, texts) = match page {
            Page::First => return,
            Page::OlderThan(place) => (place, texts_of(order).after),
            Page::NewerThan(place) => (place, texts_of(order).before),
        };
        let [bound, tie] = texts;
        self.add(bound, [(":value", Value::Integer(place.value)), (":row", Value::Integer(place.row))]);
        self.add(tie, []);
    }

    /// Up to the place where looking stops, which is in the order that the source has. It
    /// must be what ends the reading of an index: as a mere condition it would be asked of
    /// every session behind it.
    fn up_to(&mut self, order: Order, page: Page, stop: Place, is_ordered: bool) {
        let backwards = matches!(page, Page::NewerThan(_));
        let row = Value::Integer(stop.row);
        if !is_ordered {
            self.values.push((if backwards { ":last" } else { ":first" }, row));
            return;
        }
        let texts = texts_of(order);
        let [bound, tie] = if backwards { texts.up_to } else { texts.down_to };
        self.add(bound, [(":stop", row), (":stop_value", Value::Integer(stop.value))]);
        self.add(tie, []);
    }

    /// The place of the last session that may be looked at.
    pub(super) fn probe(&mut self, source: Source, asked: &Asked<'_>) -> String {
        let text = source.text();
        let value = text.value.unwrap_or("0");
        let [from, asks] = text.from;
        // What stands in the source says all: no session is looked up.
        let mut sql = ["SELECT ", value, ", ", text.row, " FROM ", from, " WHERE ", asks].concat();
        self.write(&mut sql, &text);
        let direction = if matches!(asked.page, Page::NewerThan(_)) { "" } else { " DESC" };
        if let Some(value) = text.value {
            sql += &[" ORDER BY ", value, direction, ", session.id", direction].concat();
        } else {
            sql += &[" ORDER BY ", text.row, direction].concat();
        }
        sql + " LIMIT 1 OFFSET :look"
    }

    /// The sessions of the page.
    pub(super) fn list(&self, source: Source, asked: &Asked<'_>) -> String {
        let text = source.text();
        let value = texts_of(asked.filter.order).value;
        let [from, asks] = text.from;
        let mut sql = [COLUMNS, ", ", value, " AS value FROM ", from, text.join, " WHERE ", asks].concat();
        self.write(&mut sql, &text);
        let direction = if matches!(asked.page, Page::NewerThan(_)) { "" } else { " DESC" };
        if asked.filter.order == Order::Newest {
            sql += &[" ORDER BY ", text.row, direction].concat();
        } else {
            sql += &[" ORDER BY ", value, direction, ", session.id", direction].concat();
        }
        sql + " LIMIT :limit"
    }

    /// How many there are, up to a limit.
    pub(super) fn count(&self, source: Source) -> String {
        let text = source.text();
        let [from, asks] = text.from;
        let mut sql = ["SELECT count(*) FROM (SELECT 1 FROM ", from, text.join, " WHERE ", asks].concat();
        self.write(&mut sql, &text);
        sql + " LIMIT :limit)"
    }

    fn write(&self, sql: &mut String, text: &Text) {
        *sql += &[" AND ", text.row, " BETWEEN :first AND :last"].concat();
        for condition in &self.texts {
            *sql += &[" AND ", condition].concat();
        }
        if text.repeats {
            *sql += &[" GROUP BY ", text.row].concat();
        }
    }

    /// Binds what the statement has.
    pub(super) fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        self.values.iter().try_for_each(|(name, value)| bind(statement, name, value as &dyn ToSql))
    }
}

/// How an order is written. The first condition of two is what its index is read by, the
/// second one tells sessions of the same value apart.
struct OrderTexts {
    value: &'static str,
    after: [&'static str; 2],
    before: [&'static str; 2],
    down_to: [&'static str; 2],
    up_to: [&'static str; 2],
}

macro_rules! order_texts {
    ($value:literal) => {
        OrderTexts {
            value: $value,
            after: [concat!($value, " <= :value"), concat!("(", $value, " < :value OR session.id < :row)")],
            before: [concat!($value, " >= :value"), concat!("(", $value, " > :value OR session.id > :row)")],
            down_to: [
                concat!($value, " >= :stop_value"),
                concat!("(", $value, " > :stop_value OR session.id >= :stop)"),
            ],
            up_to: [
                concat!($value, " <= :stop_value"),
                concat!("(", $value, " < :stop_value OR session.id <= :stop)"),
            ],
        }
    };
}

fn texts_of(order: Order) -> OrderTexts {
    match order {
        // Never compared by: the row says all.
        Order::Newest => order_texts!("0"),
        Order::Longest => order_texts!("(session.last_event_at - session.first_event_at)"),
        Order::MostEvents => order_texts!("session.events"),
        Order::MostErrors => order_texts!("session.errors"),
        Order::HighestScore => order_texts!("session.score"),
    }
}
