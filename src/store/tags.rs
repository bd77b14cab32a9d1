//! Words that people put on sessions. A tag is there as long as a session has it.

use rusqlite::{Connection as Db, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, SessionId};

/// A longer one is no word.
pub const MAX_CHARS: usize = 40;

/// So many tags of a connection are offered.
const MOST_OFFERED: i64 = 200;

/// A tag as it is kept: in lower case, with single spaces. `None` when it is no tag.
pub fn normal(text: &str) -> Option<String> {
    let tag = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let is_fine = !tag.is_empty() && tag.chars().count() <= MAX_CHARS && !tag.chars().any(char::is_control);
    is_fine.then_some(tag)
}

/// Puts a tag on sessions, or takes it off. Answers how many of the sessions there are.
pub fn set(
    conn: &Db,
    connection: ConnectionId,
    sessions: &[SessionId],
    tag: &str,
    on: bool,
) -> Result<usize> {
    let mut find =
        conn.prepare_cached("SELECT id FROM session WHERE connection_id = :connection AND public_id = :id")?;
    let mut change = conn.prepare_cached(if on {
        "INSERT OR IGNORE INTO session_tag (connection_id, tag, session_id) VALUES (:connection, :tag, :session)"
    } else {
        "DELETE FROM session_tag WHERE connection_id = :connection AND tag = :tag AND session_id = :session"
    })?;
    let mut found = 0;
    for id in sessions {
        let mut rows = find.query(named_params! { ":connection": connection.0, ":id": id.as_str() })?;
        let Some(row) = rows.next()? else { continue };
        let session: i64 = row.get(0)?;
        change.execute(named_params! { ":connection": connection.0, ":tag": tag, ":session": session })?;
        found += 1;
    }
    Ok(found)
}

/// The tags of a session, in order.
pub fn of_session(conn: &Db, session: i64) -> Result<Vec<String>> {
    let mut statement =
        conn.prepare_cached("SELECT tag FROM session_tag WHERE session_id = :session ORDER BY tag")?;
    let tags = statement.query_map(named_params! { ":session": session }, |row| row.get(0))?;
    Ok(tags.collect::<rusqlite::Result<_>>()?)
}

/// The tags of a connection, in order. It steps from tag to tag, over all their sessions.
pub fn of_connection(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Vec<String>> {
    if !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "WITH RECURSIVE each (tag) AS (
             SELECT min(tag) FROM session_tag WHERE connection_id = :connection
             UNION ALL
             SELECT (SELECT min(tag) FROM session_tag WHERE connection_id = :connection AND tag > each.tag)
             FROM each WHERE each.tag IS NOT NULL
             LIMIT :most
         )
         SELECT tag FROM each WHERE tag IS NOT NULL",
    )?;
    let params = named_params! { ":connection": connection.0, ":most": MOST_OFFERED };
    let tags = statement.query_map(params, |row| row.get(0))?;
    Ok(tags.collect::<rusqlite::Result<_>>()?)
}

/// Forgets the tags of a session.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM session_tag WHERE session_id = :session")?
        .execute(named_params! { ":session": session })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_short_word_in_lower_case() {
        assert_eq!(normal("  Needs   Review "), Some("needs review".to_owned()));
        for bad in ["", "  ", "a\u{7}b", &"x".repeat(41)] {
            assert_eq!(normal(bad), None, "{bad:?}");
        }
    }
}
