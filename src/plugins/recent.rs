//! What the latest runs of a plugin took, of those that leave no row behind: maskings and
//! reports.
//!
//! It stands beside the plugin in memory: another version, or another start of the server,
//! begins anew.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::run::{Run, Usage};
use crate::model::{ConnectionId, SessionId, TimestampMs};

/// So many runs of a plugin are kept, over all connections.
const KEPT: usize = 500;

/// What a run is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The connection that it is for.
    pub connection: ConnectionId,
    /// The session that is masked. `None`: a report is made.
    pub session: Option<SessionId>,
    /// When it begins.
    pub at: TimestampMs,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentRun {
    /// What it was of.
    pub about: About,
    /// What it took.
    pub usage: Usage,
    /// Why it failed. `None`: it did not.
    pub failure: Option<String>,
}

/// The latest runs of one plugin.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<RecentRun>>);

impl Recent {
    /// Keeps what a run took.
    pub fn note<T>(&self, about: About, run: &Run<T>) {
        let failure = run.outcome.as_ref().err().map(ToString::to_string);
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.truncate(KEPT - 1);
        runs.push_front(RecentRun { about, usage: run.usage, failure });
    }

    /// Those for a connection, from the newest.
    pub fn of_connection(&self, connection: ConnectionId) -> Vec<RecentRun> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter().filter(|run| run.about.connection == connection).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::log::Log;
    use crate::plugins::run::{Cause, Failure};

    #[test]
    fn the_latest_runs_of_a_connection_are_kept() {
        let recent = Recent::default();
        let about = |at| About { connection: ConnectionId(at % 2), session: None, at };
        for at in 0..700 {
            let outcome = if at == 699 { Err(Failure::new(Cause::GaveUp, "no")) } else { Ok(()) };
            recent.note(about(at), &Run { outcome, usage: Usage::default(), log: Log::default() });
        }
        let kept = recent.of_connection(ConnectionId(1));
        assert_eq!(kept.len(), KEPT / 2);
        assert_eq!((kept[0].about.at, kept[0].failure.as_deref()), (699, Some("no")));
        assert_eq!((kept[1].about.at, &kept[1].failure), (697, &None));
    }
}
