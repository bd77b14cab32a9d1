//! Sessions: listing them by keyset, finding one, completing those that are over.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::connections::{self, Change};
use super::{Result, Scope};
use crate::model::{ConnectionId, Session, SessionId, Status, TimestampMs};

/// No visit is shown as longer than this: a visitor's clock may say anything.
const LONGEST_DURATION_MS: i64 = 24 * 60 * 60 * 1000;

/// A place in the list: between the session with this start and row, and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The session's `started_at`.
    pub started_at: TimestampMs,
    /// The session's `row`.
    pub row: i64,
}

/// Which way to read from a place in the list, which runs from newest to oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest sessions.
    First,
    /// Those older than the place.
    OlderThan(Cursor),
    /// Those newer than the place, nearest to it.
    NewerThan(Cursor),
}

/// A page of sessions, newest first.
#[derive(Debug)]
pub struct Listing {
    /// The sessions.
    pub sessions: Vec<Session>,
    /// Whether there are newer ones.
    pub newer: bool,
    /// Whether there are older ones.
    pub older: bool,
}

/// Lists the sessions of a connection, all or those of one status.
pub fn list(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    status: Option<Status>,
    page: Page,
    limit: usize,
) -> Result<Listing> {
    if !scope.allows(connection) {
        return Ok(Listing { sessions: Vec::new(), newer: false, older: false });
    }
    let place = match page {
        Page::First => Cursor { started_at: i64::MAX, row: i64::MAX },
        Page::OlderThan(place) | Page::NewerThan(place) => place,
    };
    let backwards = matches!(page, Page::NewerThan(_));
    let mut sessions = conn
        .prepare_cached(list_query(status, backwards))?
        .query_map(
            named_params! {
                ":connection": connection.0,
                ":started_at": place.started_at,
                ":row": place.row,
                // One more than is shown tells whether there is another page.
                ":limit": limit as i64 + 1,
            },
            from_row,
        )?
        .collect::<rusqlite::Result<Vec<_>>>()?;
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

/// The columns that [`from_row`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, connection_id, public_id, started_at, completed_at, first_event_at, last_event_at,
                    events, playable, landing_url, user_agent
             FROM session WHERE connection_id = :connection ",
            $rest
        )
    };
}

/// One text for each index, since SQLite chooses a partial index by the text of the condition.
fn list_query(status: Option<Status>, backwards: bool) -> &'static str {
    match (status, backwards) {
        (None, false) => select!(
            "AND (started_at, id) < (:started_at, :row) ORDER BY started_at DESC, id DESC LIMIT :limit"
        ),
        (None, true) => {
            select!("AND (started_at, id) > (:started_at, :row) ORDER BY started_at, id LIMIT :limit")
        }
        (Some(Status::Active), false) => select!(
            "AND completed_at IS NULL AND (started_at, id) < (:started_at, :row)
             ORDER BY started_at DESC, id DESC LIMIT :limit"
        ),
        (Some(Status::Active), true) => select!(
            "AND completed_at IS NULL AND (started_at, id) > (:started_at, :row)
             ORDER BY started_at, id LIMIT :limit"
        ),
        (Some(Status::Completed), false) => select!(
            "AND completed_at IS NOT NULL AND (started_at, id) < (:started_at, :row)
             ORDER BY started_at DESC, id DESC LIMIT :limit"
        ),
        (Some(Status::Completed), true) => select!(
            "AND completed_at IS NOT NULL AND (started_at, id) > (:started_at, :row)
             ORDER BY started_at, id LIMIT :limit"
        ),
    }
}

/// The session with this id.
pub fn find(conn: &Db, scope: &Scope, connection: ConnectionId, id: &SessionId) -> Result<Option<Session>> {
    if !scope.allows(connection) {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(select!("AND public_id = :id"))?;
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

/// Whether [`complete`] would find any session.
pub fn any_over(conn: &Db, idle_since: TimestampMs, ended_before: TimestampMs) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM session WHERE completed_at IS NULL AND last_batch_at < :idle_since)
             OR EXISTS (SELECT 1 FROM session WHERE completed_at IS NULL AND ended_at IS NOT NULL
                                                AND ended_at < :ended_before)",
    )?;
    let over = statement
        .query_row(named_params! { ":idle_since": idle_since, ":ended_before": ended_before }, |row| {
            row.get(0)
        });
    Ok(over?)
}

/// Completes the sessions silent since `idle_since`, and those whose last page went
/// away before `ended_before`. Returns how many.
pub fn complete(
    conn: &Db,
    idle_since: TimestampMs,
    ended_before: TimestampMs,
    now: TimestampMs,
) -> Result<usize> {
    let due = [(COMPLETE_IDLE, idle_since), (COMPLETE_ENDED, ended_before)];
    let mut count = 0;
    for (update, before) in due {
        let completed = conn
            .prepare_cached(update)?
            .query_map(named_params! { ":before": before, ":now": now }, |row| row.get(0).map(ConnectionId))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for connection in &completed {
            connections::count(conn, *connection, Change { active: -1, completed: 1, events: 0 })?;
        }
        count += completed.len();
    }
    Ok(count)
}

/// Two statements, since SQLite would scan all active sessions for an `OR`.
const COMPLETE_IDLE: &str = "UPDATE session SET completed_at = :now
     WHERE completed_at IS NULL AND last_batch_at < :before
     RETURNING connection_id";
const COMPLETE_ENDED: &str = "UPDATE session SET completed_at = :now
     WHERE completed_at IS NULL AND ended_at IS NOT NULL AND ended_at < :before
     RETURNING connection_id";

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
    })
}

#[cfg(test)]
mod tests {
    use super::super::{batches, schema};
    use super::*;
    use crate::model::{Batch, BatchFacts};

    /// Sessions 0 to 4, two of which start in the same millisecond; 0 and 1 are completed.
    fn five_sessions() -> (Db, ConnectionId) {
        let conn = schema::in_memory();
        let shop = connections::add(&conn, "shop", "key", 0).expect("added").expect("new").id;
        for (number, received_at) in [10, 20, 20, 30, 40].into_iter().enumerate() {
            let batch = Batch {
                session: format!("session-00000000{number}").parse().expect("an id"),
                stream: "stream-0000000000".parse().expect("an id"),
                seq: 0,
                body: Vec::new(),
                hash: [0; 32],
                facts: BatchFacts { events: 1, ..BatchFacts::default() },
                end: number == 1,
                user_agent: String::new(),
                received_at,
            };
            batches::append(&conn, shop, &batch, 0).expect("appended");
        }
        complete(&conn, 15, 25, 50).expect("completed");
        (conn, shop)
    }

    fn numbers(listing: &Listing) -> String {
        listing.sessions.iter().filter_map(|session| session.id.as_str().chars().last()).collect()
    }

    fn list(conn: &Db, shop: ConnectionId, status: Option<Status>, page: Page) -> Listing {
        super::list(conn, &Scope::everything(), shop, status, page, 2).expect("listed")
    }

    fn place(session: &Session) -> Cursor {
        Cursor { started_at: session.started_at, row: session.row }
    }

    #[test]
    fn pages_run_both_ways_without_skipping_or_repeating() {
        let (conn, shop) = five_sessions();
        let first = list(&conn, shop, None, Page::First);
        assert_eq!((numbers(&first).as_str(), first.newer, first.older), ("43", false, true));
        let second = list(&conn, shop, None, Page::OlderThan(place(&first.sessions[1])));
        assert_eq!((numbers(&second).as_str(), second.newer, second.older), ("21", true, true));
        let third = list(&conn, shop, None, Page::OlderThan(place(&second.sessions[1])));
        assert_eq!((numbers(&third).as_str(), third.newer, third.older), ("0", true, false));
        let back = list(&conn, shop, None, Page::NewerThan(place(&third.sessions[0])));
        assert_eq!((numbers(&back).as_str(), back.newer, back.older), ("21", true, true));
        let top = list(&conn, shop, None, Page::NewerThan(place(&second.sessions[0])));
        assert_eq!((numbers(&top).as_str(), top.newer, top.older), ("43", false, true));
    }

    #[test]
    fn the_list_is_filtered_by_status() {
        let (conn, shop) = five_sessions();
        assert_eq!(numbers(&list(&conn, shop, Some(Status::Completed), Page::First)), "10");
        assert_eq!(numbers(&list(&conn, shop, Some(Status::Active), Page::First)), "43");
    }

    #[test]
    fn a_session_completes_once() {
        let (conn, shop) = five_sessions();
        assert_eq!(complete(&conn, 15, 25, 60).expect("ok"), 0);
        assert_eq!(complete(&conn, 1000, 0, 60).expect("ok"), 3);
        let totals = connections::totals(&conn, &Scope::everything(), shop).expect("totals");
        assert_eq!((totals.active, totals.completed, totals.total), (0, 5, 5));
    }

    #[test]
    fn every_listing_is_answered_from_an_index() {
        let (conn, _) = five_sessions();
        for status in [None, Some(Status::Active), Some(Status::Completed)] {
            for backwards in [false, true] {
                let plan: String = conn
                    .prepare(&format!("EXPLAIN QUERY PLAN {}", list_query(status, backwards)))
                    .and_then(|mut plan| {
                        let params =
                            named_params! { ":connection": 1, ":started_at": 1, ":row": 1, ":limit": 1 };
                        plan.query_row(params, |row| row.get("detail"))
                    })
                    .expect("a plan of one step, which is one without sorting");
                assert!(plan.starts_with("SEARCH session USING INDEX session_"), "{plan}");
            }
        }
        for update in [COMPLETE_IDLE, COMPLETE_ENDED] {
            let plan: String = conn
                .query_row(
                    &format!("EXPLAIN QUERY PLAN {update}"),
                    named_params! { ":before": 1, ":now": 1 },
                    |row| row.get("detail"),
                )
                .expect("a plan");
            assert!(plan.starts_with("SEARCH session USING INDEX session_"), "{plan}");
        }
    }
}
