//! What is to be done, and how much there is of everything: for whoever watches over the server.

use rusqlite::{Connection as Db, named_params};

use super::{Result, finishing};

/// Queues are counted so far; nobody needs to know more exactly.
const MOST: i64 = 100_000;

/// What there is, over all connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Sessions of which more is expected.
    pub active: i64,
    /// Sessions that are over.
    pub completed: i64,
    /// Of these, those that are to be finished.
    pub finishing: i64,
    /// Sessions that plugins are to look at.
    pub analysis: i64,
    /// Events that webhooks are to be told.
    pub webhooks: i64,
}

/// Counts it. From counters and small indexes, so that it may be asked often.
pub fn now(conn: &Db) -> Result<Work> {
    let (active, completed) = conn
        .prepare_cached(
            "SELECT coalesce(sum(active_sessions), 0), coalesce(sum(completed_sessions), 0) FROM connection",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let count = |sql| conn.prepare_cached(sql)?.query_row(named_params! { ":most": MOST }, |row| row.get(0));
    let analysis =
        count("SELECT count(*) FROM (SELECT 1 FROM session WHERE analysis_due_at IS NOT NULL LIMIT :most)")?;
    let webhooks =
        count("SELECT count(*) FROM (SELECT 1 FROM webhook_event WHERE next_at IS NOT NULL LIMIT :most)")?;
    Ok(Work { active, completed, finishing: finishing::waiting(conn, MOST)?, analysis, webhooks })
}

#[cfg(test)]
mod tests {
    use super::super::{connections, schema};
    use super::*;

    #[test]
    fn of_a_new_database_there_is_nothing_to_do() {
        let conn = schema::in_memory();
        connections::add(&conn, "shop", "key", 0).expect("added").expect("new");
        assert_eq!(now(&conn).expect("counted"), Work::default());
    }
}
