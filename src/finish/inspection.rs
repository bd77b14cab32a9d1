//! What plugins do when nobody waits: they look at finished sessions, make reports, and
//! run over sessions of the past, in this order of urgency.

use std::time::Duration;

use super::analysis::Analyst;
use super::reporting::Reporting;
use super::reports::Orders;
use super::reruns::{Reruns, Step};
use super::scanning;
use crate::clock::Clock;
use crate::plugins::Host;
use crate::stop::Stopping;
use crate::store::{self, Store, leaks};

/// How long it rests when there was nothing to do.
const REST: Duration = Duration::from_millis(500);

/// How long it rests between sessions of the past, so that uploads hardly notice.
const BETWEEN_RERUNS: Duration = Duration::from_millis(5);

/// How long it waits for a session that is being written anew.
const WAITING: Duration = Duration::from_millis(50);

/// Runs plugins over what is finished.
pub struct Inspection {
    analyst: Analyst,
    reporting: Reporting,
    reruns: Reruns,
}

/// What a turn did, and how long to rest after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Worked,
    Past,
    Waiting,
    Idle,
}

impl Inspection {
    /// Does nothing yet.
    pub fn new(store: Store, clock: Clock, plugins: Host, orders: Orders) -> Self {
        let analyst = Analyst::new(store, clock, plugins);
        let reporting = Reporting::new(analyst.clone(), orders);
        Self { reruns: Reruns::new(analyst.clone()), reporting, analyst }
    }

    /// Works until the server stops.
    pub async fn run(mut self, mut stopping: Stopping) {
        let mut versions = self.analyst.plugins.versions();
        tokio::select! {
            _ = versions.wait_for(|version| *version > 0) => {}
            () = stopping.wait() => return,
        }
        loop {
            let rest = match self.turn(&stopping).await {
                Ok(Turn::Worked) => Duration::ZERO,
                Ok(Turn::Past) => BETWEEN_RERUNS,
                Ok(Turn::Waiting) => WAITING,
                Ok(Turn::Idle) | Err(store::Error::Busy) => REST,
                Err(store::Error::Closed) => return,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "plugins could not go on");
                    REST
                }
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = stopping.wait() => return,
            }
        }
    }

    async fn turn(&mut self, stopping: &Stopping) -> store::Result<Turn> {
        if self.analyst.next(stopping).await? || self.reporting.next().await? {
            return Ok(Turn::Worked);
        }
        Ok(match self.reruns.step(stopping).await? {
            Step::Done => Turn::Past,
            Step::Waiting => Turn::Waiting,
            Step::Idle => self.scan(stopping).await?,
        })
    }

    /// Looks through one session of a scan that somebody asked for.
    async fn scan(&self, stopping: &Stopping) -> store::Result<Turn> {
        let (store, now) = (&self.analyst.store, self.analyst.clock.now());
        let Some(scan) = store.read(leaks::running).await? else { return Ok(Turn::Idle) };
        if !scanning::step(store, &scan, stopping).await? {
            store.write(move |conn| leaks::set_state(conn, scan.connection, leaks::State::Done, now)).await?;
        }
        Ok(Turn::Past)
    }

    /// Works until there is nothing left to do but to wait.
    pub async fn catch_up(&mut self, stopping: &Stopping) -> store::Result<()> {
        while matches!(self.turn(stopping).await?, Turn::Worked | Turn::Past) {}
        Ok(())
    }
}
