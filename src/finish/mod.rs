//! What happens to sessions when they are over, off the request path.
//!
//! One worker writes, one thing after the other: it completes sessions that ended or
//! fell silent, finishes completed ones (`recording`), erases what is outdated or loose,
//! and gives free pages back (`housekeeping`). Another one lets plugins look at what is
//! finished (`inspection`). So nothing here needs a lock, and an interrupted piece of
//! work is taken up again at the next turn or the next start. It never runs in a request.

mod analysis;
pub mod chosen;
mod housekeeping;
mod inspection;
mod masks;
pub mod outdated;
mod passes;
mod reading;
mod recording;
mod reporting;
pub mod reports;
pub mod reruns;
mod rewriting;
pub mod scanning;

use std::time::Duration;

pub use analysis::Analyst;
pub use housekeeping::Housekeeping;
pub use inspection::Inspection;
pub use passes::Passes;
pub use reading::events;
pub use recording::{Finished, Finisher};

use crate::clock::{self, Clock};
use crate::config::Live;
use crate::model::TimestampMs;
use crate::plugins::Host;
use crate::plugins::run::SessionInfo;
use crate::stop::Stopping;
use crate::store::runs::Subject;
use crate::store::{self, Store, completing, held_back};

/// How long the worker rests when there was nothing to do.
const REST: Duration = Duration::from_secs(1);

/// How long it rests between pieces of work, so that others get their turn.
const BREATH: Duration = Duration::from_millis(2);

/// How long it rests between steps of erasing, which the writer takes: so long that
/// uploads hardly notice.
pub const BETWEEN_STEPS: Duration = Duration::from_millis(25);

/// What a turn did; there may be more of it to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Worked,
    KeptHouse,
    Idle,
}

/// The worker with what it keeps between turns.
pub struct Worker {
    store: Store,
    clock: Clock,
    live: Live,
    plugins: Host,
    finisher: Finisher,
    housekeeping: Housekeeping,
    /// The plugins with which sessions were masked last.
    masked_with: u64,
}

impl Worker {
    /// Does nothing yet.
    pub fn new(store: Store, clock: Clock, settings: impl Into<Live>, plugins: Host) -> Self {
        let live = settings.into();
        let finisher = Finisher::new(store.clone(), live.clone(), plugins.clone());
        let housekeeping = Housekeeping::new(store.clone(), live.clone());
        Self { store, clock, live, plugins, finisher, housekeeping, masked_with: 0 }
    }

    /// Works until the server stops. Compressing takes a while, so this wants a thread of its own.
    pub async fn run(mut self, mut stopping: Stopping) {
        // Nothing is stored before it is known which maskers there are.
        let mut versions = self.plugins.versions();
        tokio::select! {
            _ = versions.wait_for(|version| *version > 0) => {}
            () = stopping.wait() => return,
        }
        loop {
            let rest = match self.turn(&stopping).await {
                Ok(Turn::Worked) => BREATH,
                Ok(Turn::KeptHouse) => BETWEEN_STEPS,
                Ok(Turn::Idle) | Err(store::Error::Busy) => REST,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "a turn of upkeep failed");
                    REST
                }
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = stopping.wait() => return,
            }
        }
    }

    /// One piece of each kind of work.
    async fn turn(&mut self, stopping: &Stopping) -> store::Result<Turn> {
        let now = self.clock.now();
        let completed = self.complete(now).await?;
        self.retry_held_back().await?;
        let finished = self.finisher.next(now, stopping).await?;
        let kept_house = self.housekeeping.step(now, self.clock.uptime()).await?;
        // Each finished session leaves batches to be overwritten: those who wait to be
        // finished must not wait for that as well.
        Ok(match (completed > 0 || finished.is_some(), kept_house) {
            (true, _) => Turn::Worked,
            (false, true) => Turn::KeptHouse,
            (false, false) => Turn::Idle,
        })
    }

    /// Works until there is nothing left to do.
    pub async fn catch_up(&mut self, stopping: &Stopping) -> store::Result<()> {
        while self.turn(stopping).await? != Turn::Idle {}
        Ok(())
    }

    /// What could not be masked may work with other plugins.
    async fn retry_held_back(&mut self) -> store::Result<()> {
        let version = *self.plugins.versions().borrow();
        if version != self.masked_with {
            self.store.write(|conn| held_back::retry(conn, None)).await?;
            self.masked_with = version;
        }
        Ok(())
    }

    async fn complete(&self, now: TimestampMs) -> store::Result<usize> {
        let settings = self.live.now();
        let sessions = &settings.sessions;
        let idle_since = now - i64::from(sessions.idle_after_seconds) * 1000;
        let ended_before = now - i64::from(sessions.ended_grace_seconds) * 1000;
        // Most times nothing is due, and then nobody who writes has to wait.
        if !self.store.read(move |conn| completing::any_over(conn, idle_since, ended_before)).await? {
            return Ok(0);
        }
        self.store.write(move |conn| completing::complete(conn, idle_since, ended_before, now)).await
    }
}

/// What a plugin is told of a session.
pub fn info(subject: &Subject) -> SessionInfo {
    SessionInfo {
        id: subject.id.to_string(),
        started_at: clock::rfc3339(subject.started_at),
        duration: u32::try_from(subject.duration_ms).unwrap_or(if subject.duration_ms < 0 {
            0
        } else {
            u32::MAX
        }),
        user_agent: subject.user_agent.clone(),
        landing_url: subject.landing_url.clone(),
        visitor: subject.visitor.clone().unwrap_or_default(),
        bytes: u64::try_from(subject.json_bytes).unwrap_or_default(),
    }
}
