//! What the sessions of a connection have in common, as a filter offers it.
//!
//! Each list is read by stepping from one value to the next in an index, over all
//! sessions that have it.

use rusqlite::{Connection as Db, named_params};

use super::{Result, Scope, place, tags};
use crate::model::ConnectionId;

/// The values that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Browsers, without versions.
    pub browsers: Vec<String>,
    /// Operating systems.
    pub systems: Vec<String>,
    /// Desktop, Phone, Tablet.
    pub devices: Vec<String>,
    /// Two letters each.
    pub countries: Vec<String>,
    /// What plugins found.
    pub kinds: Vec<String>,
    /// What people put on sessions.
    pub tags: Vec<String>,
}

/// The steps through one column of an index of sessions.
macro_rules! steps {
    ($column:literal) => {
        concat!(
            "WITH RECURSIVE each (value) AS (
                 SELECT min(",
            $column,
            ") FROM session WHERE connection_id = :connection AND ",
            $column,
            " > ''
                 UNION ALL
                 SELECT (SELECT min(",
            $column,
            ") FROM session
                         WHERE connection_id = :connection AND ",
            $column,
            " > each.value AND ",
            $column,
            " <> '')
                 FROM each WHERE each.value IS NOT NULL
                 LIMIT 300
             )
             SELECT value FROM each WHERE value IS NOT NULL"
        )
    };
}

const COUNTRIES: &str = "WITH RECURSIVE each (value) AS (
     SELECT min(country) FROM session WHERE connection_id = :connection AND country <> ''
     UNION ALL
     SELECT (SELECT min(country) FROM session
             WHERE connection_id = :connection AND country > each.value AND country <> '')
     FROM each WHERE each.value IS NOT NULL
     LIMIT 300
 )
 SELECT value FROM each WHERE value IS NOT NULL";

/// Kinds stand in one index for all connections: each is asked for in this one.
const KINDS: &str = "WITH RECURSIVE each (value) AS (
     SELECT min(kind) FROM finding
     UNION ALL
     SELECT (SELECT min(kind) FROM finding WHERE kind > each.value) FROM each WHERE each.value IS NOT NULL
     LIMIT 300
 )
 SELECT value FROM each
 WHERE value IS NOT NULL
   AND EXISTS (SELECT 1 FROM finding WHERE kind = value AND session_id BETWEEN :first AND :last)";

const COLUMNS: [&str; 3] = [steps!("browser"), steps!("os"), steps!("device")];

/// What there is among the sessions of a connection.
pub fn of_connection(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Facets> {
    if !scope.allows(connection) {
        return Ok(Facets::default());
    }
    let read = |query: &str| {
        let mut statement = conn.prepare_cached(query)?;
        let values = statement.query_map(named_params! { ":connection": connection.0 }, |row| row.get(0))?;
        Ok::<Vec<String>, super::Error>(values.collect::<rusqlite::Result<_>>()?)
    };
    let [browsers, systems, devices] = COLUMNS;
    Ok(Facets {
        browsers: read(browsers)?,
        systems: read(systems)?,
        devices: read(devices)?,
        countries: read(COUNTRIES)?,
        kinds: kinds(conn, connection)?,
        tags: tags::of_connection(conn, scope, connection)?,
    })
}

fn kinds(conn: &Db, connection: ConnectionId) -> Result<Vec<String>> {
    let range = place::all(connection);
    let mut statement = conn.prepare_cached(KINDS)?;
    let params = named_params! { ":first": range.start(), ":last": range.end() };
    let kinds = statement.query_map(params, |row| row.get(0))?;
    Ok(kinds.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn values_are_stepped_through_in_an_index() {
        let conn = schema::in_memory();
        for query in COLUMNS.into_iter().chain([COUNTRIES, KINDS]) {
            let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("a statement");
            let steps = plan.raw_query().mapped(|row| row.get::<_, String>("detail"));
            for step in steps.collect::<rusqlite::Result<Vec<_>>>().expect("a plan") {
                let reads_all = step.starts_with("SCAN session") || step.starts_with("SCAN finding");
                assert!(!reads_all, "{query}: {step}");
            }
        }
    }
}
