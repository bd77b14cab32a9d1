//! Where a session stands in every list: its id.
//!
//! An id is made of the connection, the millisecond the session started at, and a
//! number among those that started in the same one. Lists, ranges of time and pages
//! of either are ranges of the table itself, and of the search index, whose rows have
//! the same ids.

use std::ops::RangeInclusive;

use rusqlite::{Connection as Db, named_params};

use super::Result;
use crate::model::{ConnectionId, TimestampMs};

/// Bits for the sessions that start in one millisecond; more of them go on into the next.
const NUMBER_BITS: u32 = 7;

/// Bits for the millisecond since 1970: enough until 2109.
const TIME_BITS: u32 = 42;

/// The last millisecond that an id can hold.
const LAST_TIME: TimestampMs = (1 << TIME_BITS) - 1;

/// The highest number a connection may have.
pub const MAX_CONNECTION: i64 = (1 << (63 - TIME_BITS - NUMBER_BITS)) - 1;

/// The first id of those that start at a time. Times outside of what fits count as its ends.
pub fn first_at(connection: ConnectionId, started_at: TimestampMs) -> i64 {
    let time = started_at.clamp(0, LAST_TIME);
    (connection.0 << (TIME_BITS + NUMBER_BITS)) | (time << NUMBER_BITS)
}

/// All ids of a connection's sessions that start from `from` on and before `to`.
pub fn range(connection: ConnectionId, from: TimestampMs, to: TimestampMs) -> RangeInclusive<i64> {
    let end = if to > LAST_TIME {
        first_at(connection, LAST_TIME) + (1 << NUMBER_BITS) - 1
    } else {
        first_at(connection, to) - 1
    };
    first_at(connection, from)..=end
}

/// When a session of this id started, unless many did in the same millisecond.
pub fn started_at(id: i64) -> TimestampMs {
    (id >> NUMBER_BITS) & LAST_TIME
}

/// All ids of a connection's sessions.
pub fn all(connection: ConnectionId) -> RangeInclusive<i64> {
    range(connection, 0, TimestampMs::MAX)
}

/// An id for a session that starts now.
pub fn take(conn: &Db, connection: ConnectionId, started_at: TimestampMs) -> Result<i64> {
    take_from(conn, "SELECT max(id) FROM session WHERE id BETWEEN :first AND :last", connection, started_at)
}

/// An id for a prompt that arrives now: prompts have places of their own, in the same order.
pub fn take_for_prompt(conn: &Db, connection: ConnectionId, asked_at: TimestampMs) -> Result<i64> {
    take_from(conn, "SELECT max(id) FROM prompt WHERE id BETWEEN :first AND :last", connection, asked_at)
}

fn take_from(conn: &Db, highest: &str, connection: ConnectionId, at: TimestampMs) -> Result<i64> {
    let mut statement = conn.prepare_cached(highest)?;
    let mut first = first_at(connection, at);
    loop {
        let last = first + (1 << NUMBER_BITS) - 1;
        let highest: Option<i64> =
            statement.query_row(named_params! { ":first": first, ":last": last }, |row| row.get(0))?;
        match highest {
            None => return Ok(first),
            Some(highest) if highest < last => return Ok(highest + 1),
            Some(_) => first = last + 1,
        }
    }
}

/// The connection that an id belongs to.
pub fn connection_of(id: i64) -> ConnectionId {
    ConnectionId(id >> (TIME_BITS + NUMBER_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: ConnectionId = ConnectionId(3);

    #[test]
    fn ids_rise_by_connection_then_time() {
        let rising = [
            first_at(ConnectionId(1), TimestampMs::MAX),
            first_at(SHOP, -1),
            first_at(SHOP, 1),
            first_at(SHOP, 1_700_000_000_000),
            first_at(ConnectionId(MAX_CONNECTION), TimestampMs::MAX),
        ];
        assert!(rising.is_sorted() && rising[0] > 0, "{rising:?}");
        assert_eq!(first_at(SHOP, -1), first_at(SHOP, 0));
    }

    #[test]
    fn a_range_of_time_holds_its_start_and_not_its_end() {
        let range = range(SHOP, 1000, 2000);
        assert!(range.contains(&first_at(SHOP, 1000)) && !range.contains(&first_at(SHOP, 2000)));
        assert!(range.contains(&(first_at(SHOP, 1999) + 127)));
        assert!(all(SHOP).contains(&(first_at(SHOP, TimestampMs::MAX) + 127)));
        assert!(!all(SHOP).contains(&first_at(ConnectionId(4), 0)));
    }
}
