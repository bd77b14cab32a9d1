//! The latest maskings and reports of a plugin, as text.

use serde::Serialize;

use super::figures;
use crate::model::{ConnectionId, TimestampMs};
use crate::plugins::Plugin;
use crate::plugins::recent::RecentRun;
use crate::web::format;
use crate::web::page::{reports_url, sessions_url};

/// So many are listed.
const LISTED: usize = 20;

/// A masking or a report.
#[derive(Serialize)]
pub struct RecentText {
    /// What it was of.
    about: String,
    url: String,
    ran_exact: String,
    ran_relative: String,
    took: String,
    memory: String,
    /// What it was given.
    read: String,
    failure: Option<String>,
}

impl RecentText {
    /// The latest runs for a connection, from the newest.
    pub fn latest(plugin: &Plugin, connection: ConnectionId, now: TimestampMs) -> Vec<Self> {
        let runs = plugin.recent.of_connection(connection);
        runs.iter().take(LISTED).map(|run| Self::of(run, now)).collect()
    }

    fn of(run: &RecentRun, now: TimestampMs) -> Self {
        let connection = run.about.connection;
        let (about, url, thing) = match &run.about.session {
            Some(session) => (session.to_string(), format!("{}/{session}", sessions_url(connection)), "text"),
            None => ("Report".to_owned(), reports_url(connection), "row"),
        };
        let read = i64::try_from(run.usage.items_read).unwrap_or(i64::MAX);
        Self {
            about,
            url,
            ran_exact: format::exact(run.about.at),
            ran_relative: format::relative(run.about.at, now),
            took: figures::milliseconds(figures::cpu_us(run)),
            memory: format::bytes(figures::memory(run)),
            read: format::count(read, thing),
            failure: run.failure.clone(),
        }
    }
}
