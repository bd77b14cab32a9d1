//! The timeline of a session as pages read it, block by block: the one that is stored, or
//! of a session that is not finished, what has arrived so far.

use std::sync::Arc;

use super::App;
use super::problem::Problem;
use crate::model::Session;
use crate::segment::frame;
use crate::store::timelines;
use crate::timeline::{Event, Kinds, block};
use crate::unfinished::SoFar;

/// A block of a timeline is never larger than this.
const MAX_BLOCK_BYTES: usize = 64 * 1024 * 1024;

/// A timeline that is about to be read.
pub struct Timeline {
    app: App,
    source: Source,
}

enum Source {
    Stored { session: i64, numbers: Vec<i64> },
    SoFar(Arc<SoFar>),
}

impl Timeline {
    /// The timeline of a session, which the asker may see.
    pub async fn of(app: &App, session: &Session) -> Result<Self, Problem> {
        let row = session.row;
        let source = if session.finished && session.counts.is_some() {
            let numbers = app.store.read(move |conn| timelines::blocks_from(conn, row, 0)).await?;
            Source::Stored { session: row, numbers }
        } else {
            Source::SoFar(app.unfinished.timeline(session).await.map_err(|error| unreadable(&error))?)
        };
        Ok(Self { app: app.clone(), source })
    }

    /// Whether nothing will be added to it.
    pub fn is_final(&self) -> bool {
        matches!(self.source, Source::Stored { .. })
    }

    /// Whether all that was recorded is in it.
    pub fn is_whole(&self) -> bool {
        match &self.source {
            Source::Stored { .. } => true,
            Source::SoFar(so_far) => so_far.is_whole,
        }
    }

    /// The numbers of its blocks, in the order of time.
    pub fn numbers(&self) -> Vec<i64> {
        match &self.source {
            Source::Stored { numbers, .. } => numbers.clone(),
            Source::SoFar(so_far) => (0_i64..).take(so_far.blocks.len()).collect(),
        }
    }

    /// The events of a block that are of the wanted kinds, read on a thread that may take its time.
    pub async fn events(&self, number: i64, wanted: Kinds) -> Result<Vec<Event>, Problem> {
        let read = match &self.source {
            Source::Stored { session, .. } => {
                let session = *session;
                let body =
                    self.app.store.read(move |conn| timelines::block_body(conn, session, number)).await?;
                // A block that is gone belonged to a timeline that was replaced meanwhile.
                let Some(body) = body else { return Ok(Vec::new()) };
                tokio::task::spawn_blocking(move || stored(&body, wanted))
            }
            Source::SoFar(so_far) => {
                let so_far = Arc::clone(so_far);
                tokio::task::spawn_blocking(move || {
                    let found = usize::try_from(number).ok().and_then(|number| so_far.blocks.get(number));
                    Ok(found.map_or(Ok(Vec::new()), |found| block::read(&found.bytes, wanted))?)
                })
            }
        };
        let done = read.await.map_err(|_| Problem::internal())?;
        done.map_err(|error| unreadable(error.as_ref()))
    }
}

fn stored(body: &[u8], wanted: Kinds) -> anyhow::Result<Vec<Event>> {
    let bytes = frame::decompress(body, frame::size(body, MAX_BLOCK_BYTES))?;
    Ok(block::read(&bytes, wanted)?)
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error, "a timeline cannot be read");
    Problem::internal()
}
