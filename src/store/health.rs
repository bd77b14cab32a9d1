//! How the latest recordings of a connection came in: what the doctor goes by.

use rusqlite::{Connection as Db, named_params};

use super::{Result, Scope, place};
use crate::model::{ConnectionId, TimestampMs};

/// So many of the latest sessions are looked at.
const LOOKED_AT: i64 = 200;

/// So many addresses of stylesheets are named.
const MOST_STYLES: usize = 5;

/// The latest sessions, in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// When the latest batch arrived.
    pub last_batch_at: Option<TimestampMs>,
    /// How many sessions these figures are of.
    pub sessions: i64,
    /// Those without a full snapshot.
    pub without_snapshot: i64,
    /// Those of visitors whose clock is far from the server's.
    pub skewed: i64,
    /// The addresses of stylesheets that the recorder could not read, the latest first.
    pub unread_styles: Vec<String>,
    /// How many sessions have such.
    pub with_unread_styles: i64,
}

/// Looks at the sessions that started lately; the latest batch may be older.
pub fn look(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    since: TimestampMs,
    skew_ms: i64,
) -> Result<Health> {
    let mut health = Health::default();
    if !scope.allows(connection) {
        return Ok(health);
    }
    let ids = place::all(connection);
    let mut statement = conn.prepare_cached(
        "SELECT last_batch_at, started_at, playable, abs(first_event_at - started_at) > :skew, unread_styles
         FROM session WHERE id BETWEEN :first AND :last ORDER BY id DESC LIMIT :limit",
    )?;
    let params = named_params! {
        ":first": ids.start(), ":last": ids.end(), ":skew": skew_ms, ":limit": LOOKED_AT,
    };
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        health.last_batch_at = health.last_batch_at.max(Some(row.get(0)?));
        if row.get::<_, TimestampMs>(1)? < since {
            continue;
        }
        health.sessions += 1;
        health.without_snapshot += i64::from(!row.get::<_, bool>(2)?);
        health.skewed += i64::from(row.get::<_, bool>(3)?);
        let styles: String = row.get(4)?;
        health.with_unread_styles += i64::from(!styles.is_empty());
        for url in styles.lines() {
            if health.unread_styles.len() < MOST_STYLES
                && !health.unread_styles.iter().any(|known| known == url)
            {
                health.unread_styles.push(url.to_owned());
            }
        }
    }
    Ok(health)
}
