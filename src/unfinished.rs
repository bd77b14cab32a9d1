//! Timelines of sessions that are not finished, read from what has arrived so far.
//!
//! Nothing of it is stored: the timeline that stays is written when the session is
//! finished. One session is read at a time, what was read stands for a while, and of a
//! very large one only the beginning is read, so that who watches a visit costs little.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::model::Session;
use crate::rrweb::{self, Limits};
use crate::store::finishing::{self, Source};
use crate::store::{self, Store};
use crate::timeline::{self, Block, block};
use crate::{pieces, stop};

/// So much is read of a session, in bytes of JSON.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// So many timelines are kept.
const MOST_KEPT: usize = 8;

/// They are kept no longer than this.
const KEPT_FOR: Duration = Duration::from_secs(120);

/// A timeline stands for so many times as long as it took to read: reading takes this share
/// of a processor at most, however many look.
const STANDS_FOR: u32 = 10;

/// What was stored was within the limits when it came.
const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// Why a timeline cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A piece is damaged.
    #[error(transparent)]
    Piece(#[from] pieces::Error),
    /// A piece holds something else than events.
    #[error("a part of the recording is not a list of events")]
    Events(#[from] rrweb::Error),
    /// What was written cannot be read.
    #[error(transparent)]
    Timeline(#[from] block::Error),
    /// The server stops, or reading broke off.
    #[error("reading the recording was broken off")]
    BrokenOff,
}

/// A timeline as far as it is known.
#[derive(Debug)]
pub struct SoFar {
    /// What the visitor did, in the order of time.
    pub blocks: Vec<Block>,
    /// Whether all that has arrived was read.
    pub is_whole: bool,
}

/// Reads timelines. Clones share what is kept.
#[derive(Clone)]
pub struct Unfinished {
    store: Store,
    stopping: stop::Stopping,
    kept: Arc<Mutex<Vec<Kept>>>,
}

struct Kept {
    session: i64,
    /// How many rrweb events the session had.
    events: i64,
    read_at: Instant,
    took: Duration,
    timeline: Arc<SoFar>,
}

impl Kept {
    fn stands(&self, session: &Session) -> bool {
        self.session == session.row
            && (self.events == session.events || self.read_at.elapsed() < self.took * STANDS_FOR)
    }
}

impl Unfinished {
    /// Reads nothing yet.
    pub fn new(store: Store, stopping: stop::Stopping) -> Self {
        Self { store, stopping, kept: Arc::default() }
    }

    /// The timeline of a session, which the asker may see.
    pub async fn timeline(&self, session: &Session) -> Result<Arc<SoFar>, Error> {
        let mut kept = self.kept.lock().await;
        kept.retain(|each| each.read_at.elapsed() < KEPT_FOR);
        if let Some(found) = kept.iter().find(|each| each.stands(session)) {
            return Ok(Arc::clone(&found.timeline));
        }
        kept.retain(|each| each.session != session.row);
        let started_at = Instant::now();
        let timeline = Arc::new(self.read(session).await?);
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push(Kept {
            session: session.row,
            events: session.events,
            read_at: Instant::now(),
            took: started_at.elapsed(),
            timeline: Arc::clone(&timeline),
        });
        Ok(timeline)
    }

    async fn read(&self, session: &Session) -> Result<SoFar, Error> {
        let row = session.row;
        let sources = self.store.read(move |conn| finishing::sources(conn, row)).await?;
        let mut room = MOST_BYTES;
        let mut is_whole = true;
        let mut streams = Vec::with_capacity(sources.len());
        for source in &sources {
            let (blocks, all) = self.read_stream(session, source, &mut room).await?;
            streams.push(blocks);
            is_whole &= all;
        }
        let joined = tokio::task::spawn_blocking(move || timeline::join(streams, |_| {})).await;
        Ok(SoFar { blocks: joined.map_err(|_| Error::BrokenOff)??, is_whole })
    }

    /// Reads a stream as far as there is room, and says whether that is all of it.
    async fn read_stream(
        &self,
        session: &Session,
        source: &Source,
        room: &mut usize,
    ) -> Result<(Vec<Block>, bool), Error> {
        let mut stream = timeline::Stream::of_session(session.first_event_at);
        for piece in &source.pieces {
            if *room == 0 {
                return Ok((stream.finish(), false));
            }
            if self.stopping.has_stopped() {
                return Err(Error::BrokenOff);
            }
            let json = pieces::json(&self.store, session.connection, source.stream, piece).await?;
            *room = room.saturating_sub(json.len());
            let read = tokio::task::spawn_blocking(move || read_piece(stream, &json));
            stream = read.await.map_err(|_| Error::BrokenOff)??;
        }
        Ok((stream.finish(), true))
    }
}

fn read_piece(mut stream: timeline::Stream, json: &str) -> Result<timeline::Stream, Error> {
    for event in rrweb::events(json, &LIMITS)? {
        stream.push(&event, event.timestamp);
    }
    Ok(stream)
}
