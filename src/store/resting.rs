//! Connections that nobody has used for a while give back what they hold of the file.

use std::time::Duration;

use rusqlite::Connection;

/// A connection that nobody has used for so long rests.
pub const AFTER: Duration = Duration::from_secs(10);

/// Gives back the pages that a connection has in memory: they are read again when they are asked for.
pub fn give_back(conn: &Connection) {
    if let Err(error) = conn.execute_batch("PRAGMA shrink_memory") {
        tracing::warn!(%error, "a resting connection keeps its memory");
    }
}
