//! A recording from a file, stored: whole or not at all.

use anyhow::anyhow;

use super::reading::Recording;
use crate::model::{ConnectionId, SessionId, TimestampMs};
use crate::store::audit::{self, Entry};
use crate::store::batches::{self, Appended};
use crate::store::{self, Db, Scope, Store, sessions};

/// What somebody imports is taken as it is.
const NO_RULES: batches::Rules = batches::Rules {
    reopen_since: TimestampMs::MIN,
    session_ms: i64::MAX,
    session_bytes: i64::MAX,
    session_batches: i64::MAX,
    daily_bytes: None,
};

/// Whether a recording was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is new.
    New,
    /// It was imported before; nothing changed.
    Before,
}

/// Stores a recording; the entry stands in the audit log where it is new.
pub async fn store(
    store: &Store,
    connection: ConnectionId,
    recording: Recording,
    entry: Option<Entry>,
) -> anyhow::Result<Stored> {
    let bytes = recording.batches.iter().map(|batch| batch.body.len()).sum();
    let session = recording.session.clone();
    let stored = store.write_sized(bytes, move |conn| append_all(conn, connection, &recording, entry));
    match stored.await {
        Err(store::Error::Abandoned) => Err(why_not(store, connection, session).await),
        stored => Ok(stored?),
    }
}

async fn why_not(store: &Store, connection: ConnectionId, session: SessionId) -> anyhow::Error {
    let found = store
        .read(move |conn| sessions::find(conn, &Scope::everything(), connection, &session))
        .await
        .map(|found| found.is_some());
    match found {
        Ok(true) => anyhow!("a session of this id is there with other content, and stays as it is"),
        Ok(false) => anyhow!(
            "this session was erased here lately, and what is erased stays away; import it into another connection"
        ),
        Err(error) => error.into(),
    }
}

fn append_all(
    conn: &Db,
    connection: ConnectionId,
    recording: &Recording,
    entry: Option<Entry>,
) -> store::Result<Stored> {
    let append = |batch| match batches::append(conn, connection, batch, &NO_RULES)? {
        taken @ (Appended::Stored { .. } | Appended::Duplicate { .. }) => Ok(taken),
        _ => Err(store::Error::Abandoned),
    };
    let appended = recording.batches.iter().map(append).collect::<store::Result<Vec<_>>>()?;
    let is_new = |outcome: &Appended| matches!(outcome, Appended::Stored { .. });
    if let (Some(about), true) = (&recording.about, appended.iter().all(is_new)) {
        about.apply(conn, connection, &recording.session)?;
    }
    if !appended.iter().any(is_new) {
        return Ok(Stored::Before);
    }
    if let Some(entry) = entry {
        audit::append(conn, &entry)?;
    }
    Ok(Stored::New)
}
