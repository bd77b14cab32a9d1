//! Reading the pieces of a session as the JSON that came in, as often as is needed.

use crate::model::ConnectionId;
use crate::rrweb::{self, Event, Limits};
use crate::segment::frame;
use crate::stop::Stopping;
use crate::store::finishing::{Piece, Source};
use crate::store::held_back;
use crate::store::{self, Store};
use crate::{pieces, timeline};

/// What was stored was within the limits when it came.
pub const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// Why a session was not finished.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Piece(#[from] pieces::Error),
    #[error("a part of the recording is not a list of events")]
    Events(#[from] rrweb::Error),
    #[error(transparent)]
    Frame(#[from] frame::Error),
    #[error(transparent)]
    Timeline(#[from] timeline::block::Error),
    /// Nobody may see the session before it is masked.
    #[error("{held_back}, since it could not be masked: {0}", held_back = held_back::REASON)]
    Masking(String),
    #[error("the server stops")]
    Stopping,
}

/// Reads the pieces of one session.
#[derive(Clone, Copy)]
pub struct Passes<'a> {
    store: &'a Store,
    connection: ConnectionId,
    stopping: &'a Stopping,
}

impl<'a> Passes<'a> {
    /// Reads nothing yet.
    pub fn new(store: &'a Store, connection: ConnectionId, stopping: &'a Stopping) -> Self {
        Self { store, connection, stopping }
    }

    /// The connection that the session belongs to.
    pub fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// The events of a piece as a JSON array.
    pub async fn json(&self, stream: i64, piece: &Piece) -> Result<String, Error> {
        if self.stopping.has_stopped() {
            return Err(Error::Stopping);
        }
        Ok(pieces::json(self.store, self.connection, stream, piece).await?)
    }

    /// Gives all events of all streams, each stream's in its order.
    pub async fn each(
        &self,
        sources: &[Source],
        mut take: impl FnMut(i64, &Event<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for source in sources {
            for piece in &source.pieces {
                let json = self.json(source.stream, piece).await?;
                for event in rrweb::events(&json, &LIMITS)? {
                    take(source.stream, &event)?;
                }
            }
        }
        Ok(())
    }
}
