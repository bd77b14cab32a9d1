//! Making and ending tokens, with the entry in the audit log that says so.

use serde_json::json;

use crate::store::audit::{self, Entry};
use crate::store::tokens::{self, Draft, Whose};
use crate::store::{self, Db};

/// Makes a token, as `tokens::add` does. The entry says who and when.
pub fn make(conn: &Db, draft: &Draft, entry: Entry) -> store::Result<Option<i64>> {
    let added = tokens::add(conn, draft, entry.at)?;
    if let Some(id) = added {
        let connections = draft.connections.as_ref();
        let named = connections.map(|named| named.iter().map(|connection| connection.0).collect::<Vec<_>>());
        let detail = json!({
            "token": id,
            "scopes": draft.scopes.names(),
            "connections": named,
            "expires_at": draft.expires_at,
        });
        audit::append(conn, &Entry { subject: draft.name.clone(), detail, ..entry })?;
    }
    Ok(added)
}

/// Ends a token, as `tokens::revoke` does.
pub fn revoke(conn: &Db, whose: Whose, id: i64, entry: Entry) -> store::Result<bool> {
    let is_ended = tokens::revoke(conn, whose, id, entry.at)?;
    if is_ended {
        let subject = tokens::find(conn, whose, id)?.map(|token| token.name).unwrap_or_default();
        audit::append(conn, &Entry { subject, detail: json!({ "token": id }), ..entry })?;
    }
    Ok(is_ended)
}
