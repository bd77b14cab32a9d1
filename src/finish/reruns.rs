//! Plugins over sessions of the past, one session at a time, when nobody waits.
//!
//! An analyzer runs over the stored timeline. Masking takes back that a session was
//! finished: the worker writes it anew, through all maskers of its connection, and
//! nobody sees it meanwhile. A trial goes the same way as masking as far as the
//! decisions, counts, and changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::analysis::{Analyst, Ran};
use super::chosen::{self, Chosen};
use super::masks;
use super::passes::{Error, Passes};
use crate::masking;
use crate::model::span::Place;
use crate::stop::Stopping;
use crate::store::reruns::{self, Rerun, State, Work};
use crate::store::{self, choices, finishing, runs};

/// Samples of a trial that are kept, of each kind in each place.
const SAMPLES: usize = 5;

/// What a trial of maskers came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Sessions that would be changed.
    pub changed: u64,
    /// What would be hidden.
    pub hidden: Vec<Hidden>,
    /// Elements that would become grey boxes.
    pub blocked: u64,
    /// Why a session could not be tried, of the last one.
    pub failure: Option<String>,
}

/// What would be hidden of one kind in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// What it is: "e-mail".
    pub kind: String,
    /// Where it stands.
    pub place: Place,
    /// How often.
    pub times: u64,
    /// Some of the texts, as they would be.
    pub samples: Vec<String>,
}

impl Trial {
    fn add(&mut self, report: masking::Report) {
        if report.events > 0 {
            self.changed += 1;
        }
        self.blocked += report.blocked;
        let mut known: BTreeMap<(String, Place), Hidden> = std::mem::take(&mut self.hidden)
            .into_iter()
            .map(|hidden| ((hidden.kind.clone(), hidden.place), hidden))
            .collect();
        for masking::Hidden { kind, place, times } in report.hidden {
            let none = Hidden { kind: kind.clone(), place, times: 0, samples: Vec::new() };
            known.entry((kind, place)).or_insert(none).times += times;
        }
        for masking::Sample { kind, place, masked } in report.samples {
            let Some(hidden) = known.get_mut(&(kind, place)) else { continue };
            if hidden.samples.len() < SAMPLES && !hidden.samples.contains(&masked) {
                hidden.samples.push(masked);
            }
        }
        self.hidden = known.into_values().collect();
    }
}

/// How far a step came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A session is done.
    Done,
    /// A session is being written anew by the worker.
    Waiting,
    /// There is nothing to do.
    Idle,
}

/// Runs plugins over the past.
pub struct Reruns {
    analyst: Analyst,
    /// The rerun and the session that the worker writes anew for it.
    masking: Option<(i64, i64)>,
}

impl Reruns {
    /// Does nothing yet.
    pub fn new(analyst: Analyst) -> Self {
        Self { analyst, masking: None }
    }

    /// Takes the next session of the rerun that was asked for first.
    pub async fn step(&mut self, stopping: &Stopping) -> store::Result<Step> {
        let Some(rerun) = self.analyst.store.read(reruns::running).await? else { return Ok(Step::Idle) };
        if let Some((of, session)) = self.masking
            && of == rerun.id
        {
            return self.look_after(&rerun, session).await;
        }
        let asked = rerun.clone();
        let next = self.analyst.store.read(move |conn| reruns::next_session(conn, &asked)).await?;
        let Some(session) = next else {
            let (id, now) = (rerun.id, self.analyst.clock.now());
            self.analyst.store.write(move |conn| reruns::set_state(conn, id, State::Done, now)).await?;
            return Ok(Step::Done);
        };
        let Some(plugin) = self.plugin(&rerun).await? else { return self.pause(&rerun).await };
        match rerun.work {
            Work::Analyze => {
                let ran = self.analyst.run(session, &plugin).await?;
                self.advance(&rerun, session, ran == Ran::Badly, None).await
            }
            Work::Try => {
                let trial = self.try_on(&rerun, session, plugin, stopping).await?;
                let failed = trial.failure.is_some();
                let json = serde_json::to_string(&trial).expect("a plain value is always JSON");
                self.advance(&rerun, session, failed, Some(json)).await
            }
            Work::Mask => self.begin_masking(&rerun, session).await,
        }
    }

    /// The plugin as it works for the connection now. `None`: it is gone, or cannot.
    async fn plugin(&self, rerun: &Rerun) -> store::Result<Option<Chosen>> {
        let (name, connection) = (rerun.plugin.clone(), rerun.connection);
        let choice = self.analyst.store.read(move |conn| choices::find(conn, &name, connection)).await?;
        let registry = self.analyst.plugins.plugins();
        let entry = registry.get(&rerun.plugin);
        Ok(entry.and_then(|entry| chosen::with_settings(entry, &choice).ok()))
    }

    /// Whoever asked for it sees that it waits, and the Plugins page says what is wrong.
    async fn pause(&self, rerun: &Rerun) -> store::Result<Step> {
        let (id, now) = (rerun.id, self.analyst.clock.now());
        tracing::warn!(plugin = rerun.plugin, "a run over past sessions is paused: the plugin does not work");
        self.analyst.store.write(move |conn| reruns::set_state(conn, id, State::Paused, now)).await?;
        Ok(Step::Done)
    }

    async fn advance(
        &self,
        rerun: &Rerun,
        session: i64,
        failed: bool,
        outcome: Option<String>,
    ) -> store::Result<Step> {
        let id = rerun.id;
        let advance = move |conn: &store::Db| reruns::advance(conn, id, session, failed, outcome.as_deref());
        self.analyst.store.write(advance).await?;
        Ok(Step::Done)
    }

    async fn begin_masking(&mut self, rerun: &Rerun, session: i64) -> store::Result<Step> {
        let connection = rerun.connection;
        let (choices, masked) = self
            .analyst
            .store
            .read(move |conn| Ok((choices::of_connection(conn, connection)?, runs::masked(conn, session)?)))
            .await?;
        let Ok(maskers) = chosen::maskers(&self.analyst.plugins, &choices) else {
            return self.pause(rerun).await;
        };
        if masked == Some(masks::digest(&maskers)) {
            return self.advance(rerun, session, false, None).await;
        }
        self.analyst.store.write(move |conn| reruns::unfinish(conn, session)).await?;
        self.masking = Some((rerun.id, session));
        Ok(Step::Waiting)
    }

    /// Goes on once the worker is through with the session.
    async fn look_after(&mut self, rerun: &Rerun, session: i64) -> store::Result<Step> {
        let state = self.analyst.store.read(move |conn| finishing::state(conn, session)).await?;
        let failed = match state {
            Some(finishing::State::Waiting) => return Ok(Step::Waiting),
            Some(finishing::State::Failed) => true,
            Some(finishing::State::Finished) | None => false,
        };
        self.masking = None;
        self.advance(rerun, session, failed, None).await
    }

    async fn try_on(
        &self,
        rerun: &Rerun,
        session: i64,
        plugin: Chosen,
        stopping: &Stopping,
    ) -> store::Result<Trial> {
        let mut trial: Trial = serde_json::from_str(&rerun.outcome).unwrap_or_default();
        match self.try_session(rerun, session, plugin, stopping).await {
            Ok(report) => trial.add(report),
            Err(Error::Store(error)) => return Err(error),
            Err(error) => trial.failure = Some(error.to_string()),
        }
        Ok(trial)
    }

    async fn try_session(
        &self,
        rerun: &Rerun,
        session: i64,
        plugin: Chosen,
        stopping: &Stopping,
    ) -> Result<masking::Report, Error> {
        let store = &self.analyst.store;
        let read =
            move |conn: &store::Db| Ok((runs::subject(conn, session)?, finishing::sources(conn, session)?));
        let (Some(subject), sources) = store.read(read).await? else {
            return Ok(masking::Report::default());
        };
        let passes = Passes::new(store, rerun.connection, stopping);
        let maskers = [plugin];
        let now = self.analyst.clock.now();
        let mut rewriting = masks::decide(passes, &sources, &maskers, &subject, now).await?.rewriting();
        let rewrite = |stream, event: &crate::rrweb::Event<'_>| {
            rewriting.rewrite(stream, event);
            Ok(())
        };
        passes.each(&sources, rewrite).await?;
        Ok(rewriting.finish())
    }
}
