//! Plugins look at finished sessions.
//!
//! What they are given is the stored timeline, so a session that was just finished and
//! one of last year go the same way. A run is counted before it is made and stored with
//! its digest: the same plugin with the same settings over the same recording is never
//! run twice.

use futures_util::future;

use super::chosen::{self, Chosen};
use super::{info, passes, reading};
use crate::clock::Clock;
use crate::model::Analysis;
use crate::plugins::Host;
use crate::plugins::log::Log;
use crate::plugins::run::{Failure, Run};
use crate::stop::Stopping;
use crate::store::runs::{self, Cost, Due, Outcome, Subject, Turn};
use crate::store::{self, Store, choices, timelines};

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It was made, or had been made before.
    Well,
    /// It failed, or had failed too often before, or its plugin is paused.
    Badly,
}

/// Runs analyzers over sessions.
#[derive(Clone)]
pub struct Analyst {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) plugins: Host,
}

impl Analyst {
    /// Does nothing yet.
    pub fn new(store: Store, clock: Clock, plugins: Host) -> Self {
        Self { store, clock, plugins }
    }

    /// Looks at the session that has waited longest. False when none waits.
    pub async fn next(&self, stopping: &Stopping) -> store::Result<bool> {
        let Some(due) = self.store.read(runs::next_due).await? else { return Ok(false) };
        if let Err(error) = self.look_at(&due, stopping).await {
            // It is tried again when it is written anew; a damaged one must not hold up the rest.
            let session = due.session;
            tracing::warn!(error = &error as &dyn std::error::Error, session, "a session was not read");
        }
        if !stopping.has_stopped() {
            self.store.write(move |conn| runs::settle(conn, &due)).await?;
        }
        Ok(true)
    }

    async fn look_at(&self, due: &Due, stopping: &Stopping) -> Result<(), passes::Error> {
        if !due.is_read {
            reading::read_again(&self.store, due, self.clock.now(), stopping).await?;
        }
        let connection = due.connection;
        let choices = self.store.read(move |conn| choices::of_connection(conn, connection)).await?;
        let analyzers = chosen::analyzers(&self.plugins, &choices);
        let runs = analyzers.iter().map(|analyzer| self.run(due.session, analyzer));
        future::try_join_all(runs).await?;
        Ok(())
    }

    /// Runs one analyzer over a session that has a timeline, unless that was done before.
    pub async fn run(&self, session: i64, analyzer: &Chosen) -> store::Result<Ran> {
        let Some(subject) = self.store.read(move |conn| runs::subject(conn, session)).await? else {
            return Ok(Ran::Badly);
        };
        let (name, health) = (analyzer.plugin.id().to_owned(), analyzer.digest(""));
        let digest = analyzer.digest_over(&subject);
        let (asked, now) = (name.clone(), self.clock.now());
        if self.store.read(move |conn| choices::paused(conn, &asked, &health)).await?.is_some() {
            return Ok(Ran::Badly);
        }
        loop {
            let begun = name.clone();
            let begin = move |conn: &store::Db| runs::begin(conn, session, &begun, &digest, now);
            match self.store.write(begin).await? {
                Turn::Known => return Ok(Ran::Well),
                Turn::Exhausted => return Ok(Ran::Badly),
                Turn::Run(_) => {}
            }
            let run = self.analyze(session, &subject, analyzer).await?;
            let (failure, outcome) = outcome(run);
            let finished = name.clone();
            self.store.write(move |conn| runs::finish(conn, session, &finished, &digest, &outcome)).await?;
            match failure {
                None => {
                    self.note_success(&name).await?;
                    return Ok(Ran::Well);
                }
                Some(failure) if failure.would_repeat() => {
                    self.note_failure(&name, health, &failure).await?;
                    return Ok(Ran::Badly);
                }
                Some(failure) => self.note_failure(&name, health, &failure).await?,
            }
        }
    }

    async fn analyze(
        &self,
        session: i64,
        subject: &Subject,
        analyzer: &Chosen,
    ) -> store::Result<Run<Analysis>> {
        let bodies = self.store.read(move |conn| timelines::bodies(conn, session)).await?;
        let (info, analyzer) = (info(subject), analyzer.clone());
        let work = move || {
            let Chosen { plugin, settings } = &analyzer;
            plugin.analyze(&info, reading::events(bodies, plugin.wanted()), settings)
        };
        Ok(self.plugins.on_worker(work).await)
    }

    async fn note_success(&self, plugin: &str) -> store::Result<()> {
        let name = plugin.to_owned();
        let asked = name.clone();
        if self.store.read(move |conn| choices::has_failed(conn, &asked)).await? {
            self.store.write(move |conn| choices::note_success(conn, &name)).await?;
        }
        Ok(())
    }

    async fn note_failure(&self, plugin: &str, health: runs::Digest, failure: &Failure) -> store::Result<()> {
        let (name, reason) = (plugin.to_owned(), failure.to_string());
        let note = move |conn: &store::Db| choices::note_failure(conn, &name, &health, &reason);
        if self.store.write(note).await? {
            tracing::error!(plugin, %failure, "the plugin keeps failing and is paused");
        }
        Ok(())
    }
}

fn outcome(run: Run<Analysis>) -> (Option<Failure>, Outcome) {
    let cost = Cost {
        cpu_us: i64::try_from(run.usage.cpu.as_micros()).unwrap_or(i64::MAX),
        memory: i64::try_from(run.usage.memory_bytes).unwrap_or(i64::MAX),
        events: i64::try_from(run.usage.items_read).unwrap_or(i64::MAX),
    };
    let log = log_text(&run.log);
    match run.outcome {
        Ok(Analysis { findings, facts, score }) => {
            (None, Outcome { failure: None, cost, log, findings, facts, score })
        }
        Err(failure) => {
            let said = Some(failure.to_string());
            (Some(failure), Outcome { failure: said, cost, log, ..Outcome::default() })
        }
    }
}

/// What is kept of a log, in bytes.
const LOG_BYTES: usize = 8 * 1024;

/// A line for each line, with its level.
fn log_text(log: &Log) -> String {
    let mut text = String::new();
    for line in &log.lines {
        let written = format!("{:?}: {}\n", line.level, line.text).to_lowercase();
        if text.len() + written.len() > LOG_BYTES {
            text.push_str("…\n");
            break;
        }
        text.push_str(&written);
    }
    if log.dropped > 0 {
        text.push_str(&format!("({} more lines were not kept)\n", log.dropped));
    }
    text
}
