//! Finishing one session: its batches become segments, and what happened is read.
//!
//! Batches are read in the order of `seq`, whatever order they came in; times are
//! made to run forward; maskers see all texts before anything is stored; the result is
//! published in one transaction, and given up if more of the session has arrived
//! meanwhile.

use std::time::Instant;

use super::chosen::{self, Chosen};
use super::masks;
use super::passes::{Error, Passes};
use super::reading::Reader;
use super::rewriting::{self, Hiding, Tools};
use crate::config::Live;
use crate::measure;
use crate::model::TimestampMs;
use crate::plugins::Host;
use crate::privacy::leaks::Leak;
use crate::privacy::{self, Marks};
use crate::segment::frame::{self, Press};
use crate::stop::Stopping;
use crate::store::finishing::{self, Due, Finished as Published, Masked, Source};
use crate::store::runs::Subject;
use crate::store::{self, Store, choices, connection_settings, erasing, leaks, runs};

/// When more sessions wait than this, recordings are made less small, and faster.
const BACKLOG: i64 = 200;

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is stored in segments.
    Segments,
    /// It was not worth keeping.
    Erased,
    /// More of it has arrived meanwhile, or it was erased: nothing is changed.
    Outrun,
    /// The attempt failed; the log says why.
    Failed,
}

/// Finishes sessions, one after the other.
pub struct Finisher {
    store: Store,
    live: Live,
    plugins: Host,
    press: Option<(Pace, Press)>,
}

/// How recordings are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Small,
    Fast,
}

impl Finisher {
    /// Does nothing yet.
    pub fn new(store: Store, live: Live, plugins: Host) -> Self {
        Self { store, live, plugins, press: None }
    }

    /// Finishes the session that was completed first. `None` when none waits.
    pub async fn next(&mut self, now: TimestampMs, stopping: &Stopping) -> store::Result<Option<Finished>> {
        if !self.store.read(finishing::any_due).await? {
            // Compressing takes some memory, which nobody needs meanwhile.
            self.press = None;
            return Ok(None);
        }
        let Some(due) = self.store.write(finishing::next_due).await? else { return Ok(None) };
        if !self.is_worth_keeping(&due) {
            let session = due.session;
            self.store.write(move |conn| erasing::erase_session(conn, session, now)).await?;
            return Ok(Some(Finished::Erased));
        }
        let (session, start) = (due.session, Instant::now());
        let finished = self.finish(due, now, stopping).await;
        measure::FINISH_SECONDS.note(start.elapsed());
        match finished {
            Ok(true) => Ok(Some(Finished::Segments)),
            Ok(false) => Ok(Some(Finished::Outrun)),
            Err(Error::Stopping) => {
                self.store.write(move |conn| finishing::release(conn, session)).await?;
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    session,
                    "a session was not finished"
                );
                measure::FINISHES_FAILED.add(1);
                let reason = error.to_string();
                self.store.write(move |conn| finishing::note_failure(conn, session, &reason)).await?;
                Ok(Some(Finished::Failed))
            }
        }
    }

    fn is_worth_keeping(&self, due: &Due) -> bool {
        let settings = self.live.now();
        let long_enough = due.duration_ms >= i64::from(settings.sessions.keep_min_seconds) * 1000;
        due.pinned || (long_enough && due.events >= i64::from(settings.sessions.keep_min_events))
    }

    async fn finish(&mut self, due: Due, now: TimestampMs, stopping: &Stopping) -> Result<bool, Error> {
        let Some(found) = Found::of(&self.store, &due).await? else { return Ok(false) };
        let maskers = chosen::maskers(&self.plugins, &found.choices).map_err(Error::Masking)?;
        let passes = Passes::new(&self.store, due.connection, stopping);
        let masks = match &maskers[..] {
            [] => None,
            maskers => {
                let decided = masks::decide(passes, &found.sources, maskers, &found.subject, now).await?;
                Some(decided.rewriting())
            }
        };
        let press = press(&mut self.press, if found.waiting < BACKLOG { Pace::Small } else { Pace::Fast })?;
        let reader = Reader::new(found.subject.first_event_at);
        let hiding = found.hiding();
        let mut tools = Tools { store: &self.store, passes, press, masks, hiding, reader };
        let mut published = Published::default();
        for source in &found.sources {
            if tools.masks.is_some() || tools.hiding.is_some() || source.has_batches() {
                published.streams.push(rewriting::rewrite(&mut tools, &due, source).await?);
            } else {
                tools.reader.read_stream(passes, source).await?;
            }
        }
        let read = tools.reader.finish(tools.press)?;
        let is_other = !maskers.is_empty() || !found.to_remask.is_empty();
        published.masked = is_other.then(|| masked_row(&maskers, read.first_page, read.visitor));
        published.remasked = found.to_remask;
        published.reading = read.reading;
        Ok(self.store.write(move |conn| finishing::publish(conn, &due, &published, now)).await?)
    }
}

fn masked_row(maskers: &[Chosen], landing_url: Option<String>, visitor: Option<String>) -> Masked {
    let digest = (!maskers.is_empty()).then(|| masks::digest(maskers));
    Masked { digest, landing_url: landing_url.unwrap_or_default(), visitor }
}

/// What is known of a session that is to be finished.
struct Found {
    sources: Vec<Source>,
    waiting: i64,
    subject: Subject,
    choices: Vec<(String, choices::Choice)>,
    /// What a scan has found in it, and somebody wants to be gone.
    to_remask: Vec<String>,
    settings: connection_settings::Settings,
}

impl Found {
    fn hiding(&self) -> Option<Hiding> {
        let leaks: Vec<Leak> = self.to_remask.iter().filter_map(|kind| Leak::named(kind)).collect();
        (!leaks.is_empty()).then(|| {
            let rules = privacy::Rules::of(&self.settings.recording, &self.settings.texts).with_leaks(&leaks);
            Hiding { rules, marks: Marks::default() }
        })
    }

    /// `None` when the session is gone.
    async fn of(store: &Store, due: &Due) -> store::Result<Option<Self>> {
        let (session, connection) = (due.session, due.connection);
        store
            .read(move |conn| {
                let Some(subject) = runs::subject(conn, session)? else { return Ok(None) };
                Ok(Some(Self {
                    sources: finishing::sources(conn, session)?,
                    waiting: finishing::waiting(conn, BACKLOG)?,
                    subject,
                    choices: choices::of_connection(conn, connection)?,
                    to_remask: leaks::to_remask(conn, session)?,
                    settings: connection_settings::find(conn, connection)?.unwrap_or_default(),
                }))
            })
            .await
    }
}

/// The press for this pace; another one is given up.
fn press(kept: &mut Option<(Pace, Press)>, pace: Pace) -> Result<&mut Press, frame::Error> {
    let fitting = kept.take().filter(|(kept, _)| *kept == pace);
    let press = match (fitting, pace) {
        (Some(fitting), _) => fitting,
        (None, Pace::Small) => (pace, Press::small()?),
        (None, Pace::Fast) => (pace, Press::fast()?),
    };
    Ok(&mut kept.insert(press).1)
}
