//! Sessions that are over, could not be masked, and are not shown for that.

use rusqlite::{Connection as Db, named_params};

use super::Result;
use crate::model::ConnectionId;

/// How a reason begins that says that a session could not be masked.
pub const REASON: &str = "held back";

/// The conditions of the index `session_failed`, word for word, and the reason.
macro_rules! held_back {
    ($before:literal) => {
        concat!(
            $before,
            " WHERE completed_at IS NOT NULL AND finished_at IS NULL AND finish_attempts >= 3
                AND finish_error LIKE :reason || '%'
                AND (:connection IS NULL OR connection_id = :connection)"
        )
    };
}

const RETRY: &str = held_back!("UPDATE session INDEXED BY session_failed SET finish_attempts = 0");
const COUNT: &str = held_back!("SELECT count(*), max(finish_error) FROM session INDEXED BY session_failed");

/// Tries sessions again that could not be masked; those of one connection, or all. Answers
/// how many these are.
pub fn retry(conn: &Db, connection: Option<ConnectionId>) -> Result<usize> {
    let params =
        named_params! { ":connection": connection.map(|connection| connection.0), ":reason": REASON };
    Ok(conn.prepare_cached(RETRY)?.execute(params)?)
}

/// Sessions that could not be masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    /// How many there are.
    pub sessions: i64,
    /// Why, of one of them.
    pub reason: Option<String>,
}

/// The sessions of a connection that could not be masked.
pub fn of_connection(conn: &Db, connection: ConnectionId) -> Result<HeldBack> {
    let params = named_params! { ":connection": connection.0, ":reason": REASON };
    let found = conn
        .prepare_cached(COUNT)?
        .query_row(params, |row| Ok(HeldBack { sessions: row.get(0)?, reason: row.get(1)? }));
    Ok(found?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn they_are_found_without_looking_at_other_sessions() {
        let conn = schema::in_memory();
        for query in [RETRY, COUNT] {
            let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("a statement");
            let params = named_params! { ":connection": 1, ":reason": REASON };
            let step: String = plan.query_row(params, |row| row.get("detail")).expect("a plan");
            assert!(step.contains("session_failed"), "{query}: {step}");
        }
    }
}
