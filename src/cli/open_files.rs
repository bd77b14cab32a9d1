//! How many files the system lets the server have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Settings;

/// What is open besides connections from outside: files that are served, the log, the
/// runtime's own.
const OTHERS: u64 = 64;

/// SQLite opens the file, its log, and the log's map.
const FILES_PER_READER: u64 = 3;

/// Asks for as many as the settings may need; says so in the log when they cannot be had.
pub fn raise(settings: &Settings) {
    let wanted = u64::from(settings.server.max_connections)
        + settings.answers.asks_at_once as u64
        + FILES_PER_READER * (settings.store.readers as u64 + 2)
        + OTHERS;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        tracing::info!(open_files = limit.current, "the system allows enough open files");
        return;
    }
    let current = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: limit.maximum });
    if raised.is_ok() && current >= wanted {
        tracing::info!(open_files = current, was = limit.current, "the limit of open files was raised");
    } else {
        tracing::warn!(
            wanted,
            limit = if raised.is_ok() { Some(current) } else { limit.current },
            "the system allows fewer open files than `server.max_connections` may need; raise its limit \
             (ulimit -n, or LimitNOFILE=), or lower the setting"
        );
    }
}
