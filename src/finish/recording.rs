//! Finishing one session: its batches become segments.
//!
//! Batches are read in the order of `seq`, whatever order they came in; times are
//! made to run forward; the result is published in one transaction, and given up if
//! more of the session has arrived meanwhile.

use crate::model::{StyleHash, TimestampMs};
use crate::rrweb::{self, Limits};
use crate::segment::frame::{self, Press};
use crate::segment::{Cutter, Origin, Segment};
use crate::stop::Stopping;
use crate::store::erasing;
use crate::store::finishing::{self, Due, NewSegment, Piece, Rewritten, Source};
use crate::store::ledger::Entry;
use crate::store::{self, Store};
use crate::{config, pieces};

/// What was stored was within the limits when it came.
const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

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

/// Why a session was not finished.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Piece(#[from] pieces::Error),
    #[error("a part of the recording is not a list of events")]
    Events(#[from] rrweb::Error),
    #[error(transparent)]
    Frame(#[from] frame::Error),
    #[error("the server stops")]
    Stopping,
}

/// Finishes sessions, one after the other.
pub struct Finisher {
    store: Store,
    settings: config::Sessions,
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
    pub fn new(store: Store, settings: config::Sessions) -> Self {
        Self { store, settings, press: None }
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
        let session = due.session;
        match self.finish(due, now, stopping).await {
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
                let reason = error.to_string();
                self.store.write(move |conn| finishing::note_failure(conn, session, &reason)).await?;
                Ok(Some(Finished::Failed))
            }
        }
    }

    fn is_worth_keeping(&self, due: &Due) -> bool {
        let long_enough = due.duration_ms >= i64::from(self.settings.keep_min_seconds) * 1000;
        due.pinned || (long_enough && due.events >= i64::from(self.settings.keep_min_events))
    }

    async fn finish(&mut self, due: Due, now: TimestampMs, stopping: &Stopping) -> Result<bool, Error> {
        let session = due.session;
        let (sources, waiting) = self
            .store
            .read(move |conn| Ok((finishing::sources(conn, session)?, finishing::waiting(conn, BACKLOG)?)))
            .await?;
        let press = press(&mut self.press, if waiting < BACKLOG { Pace::Small } else { Pace::Fast })?;
        let mut rewritten = Vec::with_capacity(sources.len());
        for source in sources.into_iter().filter(Source::has_batches) {
            rewritten
                .push(Rewriting::of(&self.store, &due, press, &source).await?.run(source, stopping).await?);
        }
        let finished = finishing::Finished { streams: rewritten, ..finishing::Finished::default() };
        Ok(self.store.write(move |conn| finishing::publish(conn, &due, &finished, now)).await?)
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

/// One stream that is being written anew.
struct Rewriting<'a> {
    store: &'a Store,
    due: &'a Due,
    press: &'a mut Press,
    stream: i64,
    segments: i64,
    cutter: Cutter,
    ledger: Vec<Entry>,
}

impl<'a> Rewriting<'a> {
    async fn of(
        store: &'a Store,
        due: &'a Due,
        press: &'a mut Press,
        source: &Source,
    ) -> Result<Self, Error> {
        let old = source.stream;
        let stream = store.write(move |conn| finishing::add_loose_stream(conn, old)).await?;
        Ok(Self { store, due, press, stream, segments: 0, cutter: Cutter::default(), ledger: Vec::new() })
    }

    async fn run(mut self, source: Source, stopping: &Stopping) -> Result<Rewritten, Error> {
        let old = source.stream;
        for piece in &source.pieces {
            if stopping.has_stopped() {
                return Err(Error::Stopping);
            }
            match piece {
                Piece::Batch { seq, hash, first_at, last_at } => {
                    self.take_batch(old, *seq, hash, (*first_at, *last_at)).await?;
                }
                Piece::Segment { id, first_seq } => {
                    self.take_segment(*id, *first_seq, &source.ledger).await?;
                }
            }
        }
        if let Some(last) = std::mem::take(&mut self.cutter).finish() {
            self.store_segment(last).await?;
        }
        Ok(Rewritten { old, new: self.stream, ledger: self.ledger })
    }

    async fn take_batch(
        &mut self,
        stream: i64,
        seq: i64,
        hash: &[u8; 32],
        times: (TimestampMs, TimestampMs),
    ) -> Result<(), Error> {
        let body = self.store.read(move |conn| finishing::batch_body(conn, stream, seq)).await?;
        let json = pieces::batch(&body)?;
        let events = rrweb::events(&json, &LIMITS)?;
        self.ledger.push(Entry::new(seq, events.len() as i64, hash));
        for (index, event) in (0..).zip(&events) {
            if let Some(segment) = self.cutter.push(Origin { seq, index }, event, times) {
                self.store_segment(segment).await?;
            }
        }
        Ok(())
    }

    /// Takes the events of a segment that was made before, each as of its own batch.
    async fn take_segment(&mut self, id: i64, first_seq: i64, ledger: &[Entry]) -> Result<(), Error> {
        let (body, hashes) = self.store.read(move |conn| finishing::segment_body(conn, id)).await?;
        let json = pieces::segment(self.store, self.due.connection, &body, hashes).await?;
        let mut origins = origins(ledger, first_seq, self.ledger.last().copied());
        for event in rrweb::events(&json, &LIMITS)? {
            let Some((entry, origin)) = origins.next() else { break };
            if self.ledger.last().is_none_or(|last| last.seq < entry.seq) {
                self.ledger.push(Entry { events: 0, ..entry });
            }
            if let Some(last) = self.ledger.last_mut() {
                last.events += 1;
            }
            if let Some(segment) = self.cutter.push(origin, &event, (TimestampMs::MIN, TimestampMs::MAX)) {
                self.store_segment(segment).await?;
            }
        }
        Ok(())
    }

    async fn store_segment(&mut self, segment: Segment) -> Result<(), Error> {
        let body = self.press.compress(segment.json.as_bytes())?;
        let mut styles = Vec::with_capacity(segment.styles.len());
        for (hash, sheet) in &segment.styles {
            styles.push((*hash, self.frame_if_new(*hash, sheet).await?));
        }
        let new = NewSegment {
            number: self.segments,
            first_seq: segment.first.seq,
            first_index: segment.first.index,
            last_seq: segment.last_seq,
            first_at: segment.first_at,
            last_at: segment.last_at,
            events: segment.events,
            interactions: segment.interactions,
            snapshot: segment.snapshot,
            json_bytes: segment.json.len() as i64,
            active: segment.active,
            body,
            styles,
        };
        self.segments += 1;
        let (connection, stream) = (self.due.connection, self.stream);
        let bytes = new.body.len();
        let add = move |conn: &store::Db| finishing::add_segment(conn, connection, stream, &new);
        Ok(self.store.write_sized(bytes, add).await?)
    }

    async fn frame_if_new(&mut self, hash: StyleHash, sheet: &str) -> Result<Option<Vec<u8>>, Error> {
        let connection = self.due.connection;
        let known = self.store.read(move |conn| finishing::has_style(conn, connection, &hash)).await?;
        Ok(if known { None } else { Some(self.press.compress(sheet.as_bytes())?) })
    }
}

/// Where the events of a segment came from: what of its first batch was in segments
/// before it is left out.
fn origins(ledger: &[Entry], first_seq: i64, taken: Option<Entry>) -> impl Iterator<Item = (Entry, Origin)> {
    let before = taken.filter(|taken| taken.seq == first_seq).map_or(0, |taken| taken.events);
    let entries = ledger.iter().filter(move |entry| entry.seq >= first_seq);
    entries.flat_map(move |entry| {
        let from = if entry.seq == first_seq { before } else { 0 };
        (from..entry.events).map(move |index| (*entry, Origin { seq: entry.seq, index }))
    })
}
