//! What is done from the command line, noted in the audit log.

use serde_json::Value;

use crate::clock::Clock;
use crate::model::ConnectionId;
use crate::store::Store;
use crate::store::audit::{self, Entry, What};

/// How the log calls whoever uses the command line.
pub const WHO: &str = "command line";

/// An entry about what is done now, to be appended where it is done.
pub fn entry(
    what: What,
    connection: Option<ConnectionId>,
    subject: impl Into<String>,
    detail: Value,
) -> Entry {
    let at = Clock::system().now();
    Entry { at, who: WHO.to_owned(), what, connection, subject: subject.into(), detail }
}

/// Notes what only reads, where the database can be written.
pub async fn note(store: &Store, entry: Entry) {
    if let Err(error) = store.write(move |conn| audit::append(conn, &entry)).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "this is not in the audit log");
    }
}
