//! Sessions: listing them by keyset, finding one, pinning one.

use std::ops::RangeInclusive;

use rusqlite::types::ToSql;
use rusqlite::{Connection as Db, OptionalExtension, Row, Statement, named_params};

use super::{Result, Scope, place, search};
use crate::model::{
    ConnectionId, Counts, FoundCounts, Score, Session, SessionId, Severity, Status, TimestampMs,
};

/// No visit is shown as longer than this: a visitor's clock may say anything.
const LONGEST_DURATION_MS: i64 = 24 * 60 * 60 * 1000;

/// Which way to read from a place in the list, which runs from newest to oldest. A
/// place is the `row` of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest sessions.
    First,
    /// Those older than the place.
    OlderThan(i64),
    /// Those newer than the place, nearest to it.
    NewerThan(i64),
}

/// Which sessions to list. The default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of this status.
    pub status: Option<Status>,
    /// Those that started at this time or later, by the server's clock.
    pub from: Option<TimestampMs>,
    /// Those that started before this time, by the server's clock.
    pub to: Option<TimestampMs>,
    /// Those whose landing URL has this text in it, whatever its case.
    pub url: Option<String>,
    /// Those of whom the page said this.
    pub visitor: Option<String>,
    /// Only those that are finished.
    pub finished: bool,
}

impl Filter {
    fn range(&self, connection: ConnectionId) -> RangeInclusive<i64> {
        place::range(connection, self.from.unwrap_or(0), self.to.unwrap_or(TimestampMs::MAX))
    }

    /// The one index that leaves the least to look through.
    fn source(&self) -> Source {
        let by_url = self.url.as_deref().and_then(search::all_trigrams).is_some();
        match (by_url, &self.visitor, self.status) {
            (true, _, _) => Source::Search,
            (false, Some(_), _) => Source::Visitor,
            (false, None, Some(Status::Active)) => Source::Active,
            (false, None, Some(Status::Completed)) => Source::Completed,
            (false, None, None) => Source::Table,
        }
    }
}

/// A page of sessions, newest first.
#[derive(Debug, Default)]
pub struct Listing {
    /// The sessions.
    pub sessions: Vec<Session>,
    /// Whether there are newer ones.
    pub newer: bool,
    /// Whether there are older ones.
    pub older: bool,
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
    let range = filter.range(connection);
    let (mut first, mut last) = (*range.start(), *range.end());
    match page {
        Page::First => {}
        Page::OlderThan(place) => last = last.min(place.saturating_sub(1)),
        Page::NewerThan(place) => first = first.max(place.saturating_add(1)),
    }
    let backwards = matches!(page, Page::NewerThan(_));
    let mut statement = conn.prepare_cached(list_query(filter.source(), backwards))?;
    bind(&mut statement, ":connection", connection.0)?;
    bind(&mut statement, ":first", first)?;
    bind(&mut statement, ":last", last)?;
    bind(&mut statement, ":completed", filter.status.map(|status| status == Status::Completed))?;
    bind(&mut statement, ":visitor", filter.visitor.clone())?;
    bind(&mut statement, ":finished", filter.finished)?;
    bind(&mut statement, ":url", filter.url.as_deref().map(search::pattern))?;
    bind(&mut statement, ":trigrams", filter.url.as_deref().and_then(search::all_trigrams))?;
    // One more than is shown tells whether there is another page.
    bind(&mut statement, ":limit", limit as i64 + 1)?;
    let mut sessions = statement.raw_query().mapped(from_row).collect::<rusqlite::Result<Vec<_>>>()?;
    let more = sessions.len() > limit;
    sessions.truncate(limit);
    if backwards {
        sessions.reverse();
    }
    Ok(match page {
        Page::First => Listing { sessions, newer: false, older: more },
        Page::OlderThan(_) => Listing { sessions, newer: true, older: more },
        Page::NewerThan(_) => Listing { sessions, newer: more, older: true },
    })
}

/// Binds a value to a parameter, if the statement has it.
fn bind(statement: &mut Statement<'_>, name: &str, value: impl ToSql) -> rusqlite::Result<()> {
    match statement.parameter_index(name)? {
        Some(index) => statement.raw_bind_parameter(index, value),
        None => Ok(()),
    }
}

/// What a listing is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Table,
    Active,
    Completed,
    Visitor,
    Search,
}

/// The columns that [`from_row`] reads.
macro_rules! columns {
    () => {
        "SELECT session.id, connection_id, public_id, started_at, completed_at, first_event_at, last_event_at,
                events, playable, session.landing_url, user_agent, pinned, bytes, visitor, finish_error, finished_at IS NOT NULL,
                pages, clicks, prompts, errors, findings, severity, score, score_why, session.notes "
    };
}

/// A statement that reads from one source: `$place` is the id there.
macro_rules! select {
    ($from:literal, $place:literal, $order:literal) => {
        concat!(
            columns!(),
            $from,
            " AND ",
            $place,
            " BETWEEN :first AND :last
              AND (:completed IS NULL OR (completed_at IS NOT NULL) = :completed)
              AND (:visitor IS NULL OR visitor = :visitor)
              AND (NOT :finished OR finished_at IS NOT NULL)
              AND (:url IS NULL OR session.landing_url LIKE :url ESCAPE '\\')
              ORDER BY ",
            $place,
            $order,
            " LIMIT :limit"
        )
    };
}

/// One text for each index and direction, since SQLite chooses by the text.
fn list_query(source: Source, backwards: bool) -> &'static str {
    macro_rules! both {
        ($from:literal, $place:literal) => {
            if backwards { select!($from, $place, "") } else { select!($from, $place, " DESC") }
        };
    }
    match source {
        Source::Table => both!("FROM session NOT INDEXED WHERE true", "session.id"),
        Source::Active => {
            both!("FROM session INDEXED BY session_active WHERE completed_at IS NULL", "session.id")
        }
        Source::Completed => {
            both!("FROM session INDEXED BY session_completed WHERE completed_at IS NOT NULL", "session.id")
        }
        Source::Visitor => both!(
            "FROM session INDEXED BY session_visitor
             WHERE connection_id = :connection AND visitor = :visitor AND visitor IS NOT NULL",
            "session.id"
        ),
        Source::Search => both!(
            "FROM session_search CROSS JOIN session ON session.id = session_search.rowid
             WHERE session_search MATCH :trigrams",
            "session_search.rowid"
        ),
    }
}

/// The session with this id.
pub fn find(conn: &Db, scope: &Scope, connection: ConnectionId, id: &SessionId) -> Result<Option<Session>> {
    if !scope.allows(connection) {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(concat!(
        columns!(),
        "FROM session WHERE connection_id = :connection AND public_id = :id"
    ))?;
    let found =
        statement.query_row(named_params! { ":connection": connection.0, ":id": id.as_str() }, from_row);
    Ok(found.optional()?)
}

/// The connections that hold a session with this id: more than one only if somebody sent it to several.
pub fn connections_of(conn: &Db, scope: &Scope, id: &SessionId) -> Result<Vec<ConnectionId>> {
    let mut statement = conn.prepare_cached(
        "SELECT connection.id FROM connection
         JOIN session ON session.connection_id = connection.id AND session.public_id = :id
         ORDER BY connection.id",
    )?;
    let mut found = statement
        .query_map(named_params! { ":id": id.as_str() }, |row| row.get(0).map(ConnectionId))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    found.retain(|connection| scope.allows(*connection));
    Ok(found)
}

/// Keeps a session from retention, or no longer. False when there is no such session.
pub fn pin(conn: &Db, connection: ConnectionId, id: &SessionId, pinned: bool) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE session SET pinned = :pinned WHERE connection_id = :connection AND public_id = :id",
        )?
        .execute(named_params! { ":pinned": pinned, ":connection": connection.0, ":id": id.as_str() })?;
    Ok(changed > 0)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    let completed_at: Option<TimestampMs> = row.get(4)?;
    let (first_event_at, last_event_at): (TimestampMs, TimestampMs) = (row.get(5)?, row.get(6)?);
    let public_id: String = row.get(2)?;
    Ok(Session {
        row: row.get(0)?,
        connection: ConnectionId(row.get(1)?),
        id: public_id.parse().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error))
        })?,
        status: if completed_at.is_some() { Status::Completed } else { Status::Active },
        started_at: row.get(3)?,
        events: row.get(7)?,
        duration_ms: (last_event_at - first_event_at).min(LONGEST_DURATION_MS),
        landing_url: row.get(9)?,
        user_agent: row.get(10)?,
        playable: row.get(8)?,
        pinned: row.get(11)?,
        bytes: row.get(12)?,
        visitor: row.get(13)?,
        finish_error: row.get(14)?,
        finished: row.get(15)?,
        first_event_at,
        counts: counts_from(row, 16)?,
        found: found_from(row, 20)?,
        notes: row.get(24)?,
        // Who shows it knows which maskers there are.
        held_back: false,
    })
}

fn counts_from(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Counts>> {
    let Some(pages) = row.get(first)? else { return Ok(None) };
    let (clicks, prompts, errors) = (row.get(first + 1)?, row.get(first + 2)?, row.get(first + 3)?);
    Ok(Some(Counts { pages, clicks, prompts, errors }))
}

fn found_from(row: &Row<'_>, first: usize) -> rusqlite::Result<FoundCounts> {
    let (points, why): (Option<u32>, Option<String>) = (row.get(first + 2)?, row.get(first + 3)?);
    Ok(FoundCounts {
        findings: row.get(first)?,
        severity: row.get::<_, Option<i64>>(first + 1)?.map(Severity::of_number),
        score: points.zip(why).map(|(points, why)| Score { points, why }),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{batches, completing, connections, schema};
    use super::*;
    use crate::model::{Batch, BatchFacts};

    /// Sessions 0 to 4, two of which start in the same millisecond; 0 and 1 are completed.
    fn five_sessions() -> (Db, ConnectionId) {
        let conn = schema::in_memory();
        let shop = connections::add(&conn, "shop", "key", 0).expect("added").expect("new").id;
        for (number, received_at) in [10, 20, 20, 30, 40].into_iter().enumerate() {
            let url = format!("https://shop.example/page-{number}?q=5%");
            let batch = Batch {
                session: format!("session-00000000{number}").parse().expect("an id"),
                stream: "stream-0000000000".parse().expect("an id"),
                seq: 0,
                body: Vec::new(),
                hash: [0; 32],
                facts: BatchFacts {
                    events: 1,
                    page: Some((received_at, url)),
                    visitor: (number % 2 == 0).then(|| "ada".to_owned()),
                    ..BatchFacts::default()
                },
                end: number == 1,
                user_agent: String::new(),
                sent_at: None,
                received_at,
            };
            batches::append(&conn, shop, &batch, &batches::tests::since(0)).expect("appended");
        }
        completing::complete(&conn, 15, 25, 50).expect("completed");
        (conn, shop)
    }

    fn numbers(listing: &Listing) -> String {
        listing.sessions.iter().filter_map(|session| session.id.as_str().chars().last()).collect()
    }

    fn list(conn: &Db, shop: ConnectionId, filter: &Filter, page: Page) -> Listing {
        super::list(conn, &Scope::everything(), shop, filter, page, 2).expect("listed")
    }

    #[test]
    fn pages_run_both_ways_without_skipping_or_repeating() {
        let (conn, shop) = five_sessions();
        let all = Filter::default();
        let first = list(&conn, shop, &all, Page::First);
        assert_eq!((numbers(&first).as_str(), first.newer, first.older), ("43", false, true));
        let second = list(&conn, shop, &all, Page::OlderThan(first.sessions[1].row));
        assert_eq!((numbers(&second).as_str(), second.newer, second.older), ("21", true, true));
        let third = list(&conn, shop, &all, Page::OlderThan(second.sessions[1].row));
        assert_eq!((numbers(&third).as_str(), third.newer, third.older), ("0", true, false));
        let back = list(&conn, shop, &all, Page::NewerThan(third.sessions[0].row));
        assert_eq!((numbers(&back).as_str(), back.newer, back.older), ("21", true, true));
        let top = list(&conn, shop, &all, Page::NewerThan(second.sessions[0].row));
        assert_eq!((numbers(&top).as_str(), top.newer, top.older), ("43", false, true));
    }

    #[test]
    fn filters_let_through_what_they_name() {
        let (conn, shop) = five_sessions();
        let other = connections::add(&conn, "blog", "key 2", 0).expect("added").expect("new").id;
        let by = |filter: Filter| {
            assert_eq!(numbers(&list(&conn, other, &filter, Page::First)), "", "{filter:?}");
            let listing = super::list(&conn, &Scope::everything(), shop, &filter, Page::First, 9);
            numbers(&listing.expect("listed"))
        };
        let all = Filter::default;
        assert_eq!(by(Filter { status: Some(Status::Completed), ..all() }), "10");
        assert_eq!(by(Filter { status: Some(Status::Active), ..all() }), "432");
        assert_eq!(by(Filter { from: Some(20), to: Some(40), ..all() }), "321");
        assert_eq!(by(Filter { visitor: Some("ada".to_owned()), ..all() }), "420");
        assert_eq!(by(Filter { url: Some("PAGE-3".to_owned()), ..all() }), "3");
        assert_eq!(by(Filter { url: Some("q=5%".to_owned()), from: Some(30), ..all() }), "43");
        assert_eq!(by(Filter { url: Some("q=5_".to_owned()), ..all() }), "");
        assert_eq!(
            by(Filter {
                url: Some("shop.example/page".to_owned()),
                status: Some(Status::Active),
                visitor: Some("ada".to_owned()),
                ..all()
            }),
            "42"
        );
        let found = Filter { url: Some("example".to_owned()), ..all() };
        let first = list(&conn, shop, &found, Page::First);
        assert_eq!((numbers(&first).as_str(), first.older), ("43", true));
        let second = list(&conn, shop, &found, Page::OlderThan(first.sessions[1].row));
        assert_eq!(numbers(&second), "21");
        assert_eq!(numbers(&list(&conn, shop, &found, Page::NewerThan(second.sessions[0].row))), "43");
    }

    #[test]
    fn the_search_follows_the_landing_url() {
        let (conn, shop) = five_sessions();
        let by = |text: &str| {
            let filter = Filter { url: Some(text.to_owned()), ..Filter::default() };
            numbers(&list(&conn, shop, &filter, Page::First))
        };
        let earlier = Batch {
            session: "session-000000003".parse().expect("an id"),
            stream: "stream-1111111111".parse().expect("an id"),
            seq: 0,
            body: Vec::new(),
            hash: [1; 32],
            facts: BatchFacts {
                page: Some((5, "https://shop.example/welcome".to_owned())),
                ..BatchFacts::default()
            },
            end: false,
            user_agent: String::new(),
            sent_at: None,
            received_at: 60,
        };
        batches::append(&conn, shop, &earlier, &batches::tests::since(0)).expect("appended");
        assert_eq!((by("page-3").as_str(), by("welcome").as_str()), ("", "3"));
    }

    #[test]
    fn every_listing_is_answered_in_order_from_an_index() {
        let (conn, _) = five_sessions();
        let sources = [Source::Table, Source::Active, Source::Completed, Source::Visitor, Source::Search];
        for source in sources {
            for backwards in [false, true] {
                let mut plan = conn
                    .prepare(&format!("EXPLAIN QUERY PLAN {}", list_query(source, backwards)))
                    .expect("a statement");
                let steps: Vec<String> = plan
                    .raw_query()
                    .mapped(|row| row.get("detail"))
                    .collect::<rusqlite::Result<_>>()
                    .expect("a plan");
                let plan = steps.join("; ");
                assert!(!plan.contains("TEMP B-TREE"), "{source:?} sorts: {plan}");
                let expected = match source {
                    Source::Table => "SEARCH session USING INTEGER PRIMARY KEY",
                    Source::Search => "SCAN session_search VIRTUAL TABLE",
                    _ => "SEARCH session USING INDEX session_",
                };
                assert!(plan.starts_with(expected), "{source:?}: {plan}");
            }
        }
    }
}
