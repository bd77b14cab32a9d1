//! What is told about one run of a plugin.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::log::Log;

/// What a plugin is told of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionInfo {
    /// The session's id.
    pub id: String,
    /// RFC 3339. The plugin's clock stands at it.
    pub started_at: String,
    /// Until the last event, in milliseconds.
    pub duration: u32,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The first page.
    pub landing_url: String,
    /// Whom the page said it is, "" when it did not.
    pub visitor: String,
    /// How large the recording is; it gives the plugin its time, and is not told to it.
    #[serde(skip)]
    pub bytes: u64,
}

impl SessionInfo {
    /// When it started, since 1970; then where that is not to be read.
    pub fn start(&self) -> Duration {
        wall_time(&self.started_at)
    }
}

/// A time of RFC 3339, since 1970.
pub fn wall_time(rfc3339: &str) -> Duration {
    let time = rfc3339.parse::<jiff::Timestamp>();
    time.ok()
        .and_then(|time| u64::try_from(time.as_millisecond()).ok())
        .map_or(Duration::ZERO, Duration::from_millis)
}

/// How a run ended, and what it took.
#[derive(Clone, Debug)]
pub struct Run<T> {
    /// What it returned, or why there is nothing.
    pub outcome: Result<T, Failure>,
    /// What it took.
    pub usage: Usage,
    /// What it printed.
    pub log: Log,
}

impl<T> Run<T> {
    /// The same run with something else made of what it returned.
    pub fn map<R>(self, make: impl FnOnce(T) -> R) -> Run<R> {
        Run { outcome: self.outcome.map(make), usage: self.usage, log: self.log }
    }
}

/// What a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time, the making of the instance included.
    pub cpu: Duration,
    /// Instructions, roughly, where the engine counts them.
    pub fuel: Option<u64>,
    /// All its memories at the end, which is their peak.
    pub memory_bytes: usize,
    /// Events, rows or texts that it was given.
    pub items_read: u64,
}

/// Why a run gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind of failure it is.
    pub cause: Cause,
    /// A sentence for people.
    pub message: String,
}

/// What a run failed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It returned an error of its own.
    GaveUp,
    /// It crashed.
    Crashed,
    /// It took too long. On another day it may not.
    TooSlow,
    /// It asked for more than it may have.
    TooMuch,
    /// It returned something that it may not return.
    Output,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into() }
    }

    /// Whether the same run would fail again in the same way, so that it need not be tried.
    pub fn would_repeat(&self) -> bool {
        self.cause != Cause::TooSlow
    }
}
