//! Completing sessions that are over.

use rusqlite::{Connection as Db, named_params};

use super::Result;
use super::connections::{self, Change};
use crate::model::{ConnectionId, TimestampMs};

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

/// Completes sessions silent since `idle_since`, and those whose last page went away
/// before `ended_before`: some hundred at once, so that nobody who writes waits long.
/// Returns how many.
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
            connections::count(conn, *connection, Change { active: -1, completed: 1, ..Change::default() })?;
        }
        count += completed.len();
    }
    Ok(count)
}

/// Two statements, since SQLite would scan all active sessions for an `OR`.
const COMPLETE_IDLE: &str = "UPDATE session SET completed_at = :now
     WHERE id IN (SELECT id FROM session
                  WHERE completed_at IS NULL AND last_batch_at < :before LIMIT 250)
     RETURNING connection_id";
const COMPLETE_ENDED: &str = "UPDATE session SET completed_at = :now
     WHERE id IN (SELECT id FROM session
                  WHERE completed_at IS NULL AND ended_at IS NOT NULL AND ended_at < :before LIMIT 250)
     RETURNING connection_id";

#[cfg(test)]
mod tests {
    use super::super::{Scope, batches, connections, schema};
    use super::*;
    use crate::model::Batch;

    #[test]
    fn a_session_completes_once() {
        let conn = schema::in_memory();
        let shop = connections::add(&conn, "shop", "key", 0).expect("added").expect("new").id;
        for (number, received_at) in [10, 20, 30].into_iter().enumerate() {
            let batch = Batch {
                session: format!("session-00000000{number}").parse().expect("an id"),
                end: number == 1,
                received_at,
                ..batches::tests::batch("stream-0000000000", 0, 0)
            };
            batches::append(&conn, shop, &batch, &batches::tests::since(0)).expect("appended");
        }
        assert!(any_over(&conn, 15, 25).expect("ok"));
        assert_eq!(complete(&conn, 15, 25, 50).expect("ok"), 2);
        assert!(!any_over(&conn, 15, 25).expect("ok"));
        assert_eq!(complete(&conn, 15, 25, 60).expect("ok"), 0);
        assert_eq!(complete(&conn, 1000, 0, 60).expect("ok"), 1);
        let totals = connections::totals(&conn, &Scope::everything(), shop).expect("totals");
        assert_eq!((totals.active, totals.completed, totals.total), (0, 3, 3));
    }

    #[test]
    fn what_is_over_is_found_by_an_index() {
        let conn = schema::in_memory();
        for update in [COMPLETE_IDLE, COMPLETE_ENDED] {
            let steps: Vec<String> = conn
                .prepare(&format!("EXPLAIN QUERY PLAN {update}"))
                .expect("a statement")
                .raw_query()
                .mapped(|row| row.get("detail"))
                .collect::<rusqlite::Result<_>>()
                .expect("a plan");
            let plan = steps.join("; ");
            assert!(!plan.contains("SCAN session") && plan.contains("INDEX session_"), "{plan}");
        }
    }
}
