//! Lists of sessions: narrowed, in several orders, by keyset both ways.
//!
//! A list is read from one index of those that its filter could be read from: the one
//! whose first [`LOOK`] sessions reach furthest back. No page looks at more sessions than
//! that. Where a filter lets few through, the page says how far it has looked, and the
//! next one goes on from there.

mod conditions;
mod source;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use rusqlite::types::ToSql;
use rusqlite::{Connection as Db, Statement};

use super::sessions::{COLUMNS, from_row};
use super::{Result, Scope, place};
use crate::model::{ConnectionId, Session, Severity, Status, TimestampMs};
use conditions::Conditions;
use source::Source;

/// So many sessions are looked at for one page.
pub const LOOK: i64 = 5_000;

/// A place in a list: a session's value in the order of the list, and its row. In the
/// order of time the row says all, and the value is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the list is ordered by.
    pub value: i64,
    /// The session's row.
    pub row: i64,
}

impl Place {
    /// A place in the order of time.
    pub fn at(row: i64) -> Self {
        Self { value: 0, row }
    }

    /// The place of a session in an order.
    pub fn of(session: &Session, order: Order) -> Self {
        let value = match order {
            Order::Newest => 0,
            Order::Longest => session.duration_ms,
            Order::MostEvents => session.events,
            Order::MostErrors => session.counts.map_or(0, |counts| counts.errors),
            Order::HighestScore => session.found.score.as_ref().map_or(0, |score| score.points.into()),
        };
        Self { value, row: session.row }
    }

    /// When the session there started, or nearly.
    pub fn started_at(self) -> TimestampMs {
        place::started_at(self.row)
    }
}

/// Which way to read from a place in the list, which runs from newest to oldest, or from
/// most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// From its start.
    First,
    /// Those after the place.
    OlderThan(Place),
    /// Those before the place, nearest to it.
    NewerThan(Place),
}

/// What comes first. All but the first one list sessions that are over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// The newest.
    #[default]
    Newest,
    /// The longest, from the first event to the last.
    Longest,
    /// Those with most rrweb events.
    MostEvents,
    /// Those with most errors; only those that have any.
    MostErrors,
    /// Those with the highest score; only those that have one.
    HighestScore,
}

/// What became of prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompts {
    /// There are some.
    Any,
    /// One or more of them got no answer.
    Unanswered,
}

/// Which sessions to list. The default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it, where nothing more is to be said")]
pub struct Filter {
    pub status: Option<Status>,
    /// Those that started at this time or later, by the server's clock.
    pub from: Option<TimestampMs>,
    /// Those that started before this time, by the server's clock.
    pub to: Option<TimestampMs>,
    /// Those that have words or URLs, as `words::query` writes it.
    pub words: Option<String>,
    /// Those whose landing URL has this text in it, whatever its case.
    pub url: Option<String>,
    /// Those of whom the page said this.
    pub visitor: Option<String>,
    pub browser: Option<String>,
    pub os: Option<String>,
    pub device: Option<String>,
    pub country: Option<String>,
    /// From the first event to the last, at least.
    pub min_duration_ms: Option<i64>,
    /// The same, at most.
    pub max_duration_ms: Option<i64>,
    pub min_events: Option<i64>,
    pub max_events: Option<i64>,
    pub prompts: Option<Prompts>,
    pub errors: bool,
    /// Those with a finding as grave as this.
    pub severity: Option<Severity>,
    /// Those with a finding of this kind.
    pub kind: Option<String>,
    pub min_score: Option<i64>,
    pub tag: Option<String>,
    pub pinned: bool,
    /// Those that this viewer has watched, or has not.
    pub watched: Option<(String, bool)>,
    /// Only those that are finished.
    pub finished: bool,
    /// Only those in which nothing was said to an assistant.
    pub unsaid: bool,
    pub order: Order,
}

impl Filter {
    fn range(&self, connection: ConnectionId) -> RangeInclusive<i64> {
        place::range(connection, self.from.unwrap_or(0), self.to.unwrap_or(TimestampMs::MAX))
    }
}

/// A page of sessions.
#[derive(Debug, Default)]
pub struct Listing {
    /// The sessions, in the order of the list.
    pub sessions: Vec<Session>,
    /// The place that the page before goes on from, if there is one.
    pub newer: Option<Place>,
    /// The place that the page after goes on from, if there is one.
    pub older: Option<Place>,
    /// Where looking has stopped before the page was full, although there may be more.
    pub stopped: Option<Place>,
    /// How many sessions it has looked at by then.
    pub looked: i64,
}

/// Lists the sessions of a connection that the filter lets through.
pub fn list(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    filter: &Filter,
    page: Page,
    limit: usize,
) -> Result<Listing> {
    if !scope.allows(connection) {
        return Ok(Listing::default());
    }
    Asked { conn, connection, filter, page, look: LOOK }.list(limit)
}

/// What is asked of the database.
struct Asked<'a> {
    conn: &'a Db,
    connection: ConnectionId,
    filter: &'a Filter,
    page: Page,
    look: i64,
}

impl Asked<'_> {
    fn list(&self, limit: usize) -> Result<Listing> {
        let (source, stop) = self.choose()?;
        let mut found = self.read(source, stop, limit)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let stopped = stop.filter(|_| !more);
        let backwards = matches!(self.page, Page::NewerThan(_));
        if backwards {
            found.reverse();
        }
        let first = found.first().map(|(_, place)| *place);
        let last = found.last().map(|(_, place)| *place);
        Ok(Listing {
            newer: first.filter(|_| if backwards { more } else { self.page != Page::First }),
            older: last.filter(|_| backwards || more),
            sessions: found.into_iter().map(|(session, _)| session).collect(),
            stopped,
            looked: self.look_in(source),
        })
    }

    /// The source that leaves the least to look through, and where looking in it stops.
    fn choose(&self) -> Result<(Source, Option<Place>)> {
        let mut best: Option<(Source, Option<Place>)> = None;
        for source in source::fitting(self.filter) {
            let stop = self.stop(source)?;
            if stop.is_none() {
                return Ok((source, None));
            }
            let reaches_further = match &best {
                Some((_, Some(known))) => stop.is_some_and(|stop| self.is_before(*known, stop)),
                _ => true,
            };
            if reaches_further {
                best = Some((source, stop));
            }
        }
        let (source, stop) = best.unwrap_or((Source::Table, None));
        match Source::of_order(self.filter.order) {
            // What is looked at is not all there is: it is to be what comes first.
            Some(ordered) => Ok((ordered, self.stop(ordered)?)),
            None => Ok((source, stop)),
        }
    }

    /// Whether the first of two places comes before the second, the way the page is read.
    fn is_before(&self, first: Place, second: Place) -> bool {
        let older = (second.value, second.row) < (first.value, first.row);
        older != matches!(self.page, Page::NewerThan(_))
    }

    /// The last session to be looked at. `None`: all of the source may be.
    fn stop(&self, source: Source) -> Result<Option<Place>> {
        let mut asked = Conditions::of_source(source, self);
        let text = asked.probe(source, self);
        let mut statement = self.conn.prepare_cached(&text)?;
        asked.bind(&mut statement)?;
        bind(&mut statement, ":look", &self.look_in(source))?;
        let mut rows = statement.raw_query();
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Place { value: row.get(0)?, row: row.get(1)? }))
    }

    /// How many sessions of a source are looked at: fewer where each costs more, as where parts
    /// of addresses are looked up, and where words are looked up session by session because the
    /// order is not theirs.
    fn look_in(&self, source: Source) -> i64 {
        let one_by_one = self.filter.words.is_some() && Source::of_order(self.filter.order) == Some(source);
        let share = match source {
            _ if one_by_one => 10,
            Source::Url => 4,
            _ => 1,
        };
        (self.look / share).max(1)
    }

    fn read(&self, source: Source, stop: Option<Place>, limit: usize) -> Result<Vec<(Session, Place)>> {
        let mut asked = Conditions::of_source(source, self);
        asked.narrow(source, self, stop);
        let text = asked.list(source, self);
        let mut statement = self.conn.prepare_cached(&text)?;
        asked.bind(&mut statement)?;
        // One more than is shown tells whether there is another page.
        bind(&mut statement, ":limit", &(limit as i64 + 1))?;
        let in_time = self.filter.order == Order::Newest;
        let rows = statement.raw_query().mapped(|row| {
            let session = from_row(row)?;
            let place = Place { value: if in_time { 0 } else { row.get("value")? }, row: session.row };
            Ok((session, place))
        });
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// Binds a value to a parameter, if the statement has it.
fn bind(statement: &mut Statement<'_>, name: &str, value: &dyn ToSql) -> rusqlite::Result<()> {
    match statement.parameter_index(name)? {
        Some(index) => statement.raw_bind_parameter(index, value),
        None => Ok(()),
    }
}

/// How many sessions a filter lets through, counted up to a limit among those that one page
/// looks at. The second value says whether there may be more.
pub fn count(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    filter: &Filter,
    limit: i64,
) -> Result<(i64, bool)> {
    if !scope.allows(connection) {
        return Ok((0, false));
    }
    let asked = Asked { conn, connection, filter, page: Page::First, look: LOOK };
    let (source, stop) = asked.choose()?;
    let mut conditions = Conditions::of_source(source, &asked);
    conditions.narrow(source, &asked, stop);
    let text = conditions.count(source);
    let mut statement = conn.prepare_cached(&text)?;
    conditions.bind(&mut statement)?;
    bind(&mut statement, ":limit", &limit)?;
    let mut rows = statement.raw_query();
    let count: i64 = rows.next()?.map_or(Ok(0), |row| row.get(0))?;
    Ok((count, stop.is_some() || count >= limit))
}
