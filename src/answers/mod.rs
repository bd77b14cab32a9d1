//! Answers to what visitors ask, from where the operator of a connection says: documents
//! in a folder, an agent of the team's own, or a language model.
//!
//! The face is [`Answers::ask`], which gives an answer in pieces as it comes; dropping them
//! cancels whatever is under way. Requests go out in `outgoing` alone, and only to what was
//! configured. Nothing here knows HTTP as it comes in, nor writes what was asked anywhere.

pub mod ask;
pub mod documents;
mod failure;
mod lines;
mod marker;
mod openai;
pub mod outgoing;
mod piece;
mod pieces;
pub mod plan;
pub mod signature;
mod turns;
mod webhook;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc::Sender;

pub use ask::Ask;
pub use failure::Failure;
pub use piece::{Piece, Source};
pub use pieces::Pieces;
pub use plan::{Kind, Plan};
pub use turns::Turn;

use crate::clock::Clock;
use crate::config;
use crate::measure;
use crate::model::{Connection, ConnectionId};
use crate::stop::Stopping;
use documents::{Libraries, Library};
use outgoing::Outgoing;
use turns::Turns;

/// What is said when nothing fits, unless the connection has words of its own.
pub const UNANSWERED: &str =
    "I could not find anything about that. Try it in other words, or write to us and a person will answer.";

/// What visitors read when the answer could not be had.
pub const FAILED: &str = "I cannot answer just now. Please try again in a moment.";

/// Whoever answers. Clones share it.
#[derive(Clone)]
pub struct Answers(Arc<Parts>);

struct Parts {
    clock: Clock,
    libraries: Libraries,
    outgoing: Outgoing,
    turns: Turns,
}

/// Where an answerer says what it has, piece by piece.
struct Out(Sender<Piece>);

impl Out {
    /// Hands a text on as it comes. Empty ones are left out.
    async fn text(&self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.piece(Piece::Text { text }).await;
        }
    }

    async fn piece(&self, piece: Piece) {
        // Nobody listens any more when this fails, and then the work is dropped as well.
        let _ = self.0.send(piece).await;
    }
}

/// Why nobody can answer at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the certificates of `answers.ca_file`: {0}; name a file in PEM, or leave it empty")]
pub struct BadCertificates(String);

impl Answers {
    /// Nothing is read or watched before somebody asks.
    pub fn new(
        settings: &config::Settings,
        clock: Clock,
        stopping: Stopping,
    ) -> Result<Self, BadCertificates> {
        let answers = &settings.answers;
        Ok(Self(Arc::new(Parts {
            clock,
            libraries: Libraries::new(documents_dir(settings), stopping),
            outgoing: Outgoing::new(answers).map_err(BadCertificates)?,
            turns: Turns::new(answers.asks_at_once, answers.asks_at_once_per_connection),
        })))
    }

    /// A turn to ask, to be kept until the answer is there. `None` while too much is asked.
    pub fn turn(&self, connection: ConnectionId) -> Option<Turn> {
        self.0.turns.take(connection)
    }

    /// Answers as the plan says. The last piece is [`Piece::Done`], or an error.
    pub fn ask(&self, connection: &Connection, plan: Plan, ask: Ask) -> Pieces {
        let (parts, connection) = (Arc::clone(&self.0), connection.clone());
        Pieces::of(|out| async move {
            let answered = answer(&parts, &connection, &plan, &ask, &Out(out)).await;
            if answered.is_ok() {
                measure::ANSWERS_GIVEN.add(1)
            } else {
                measure::ANSWERS_FAILED.add(1)
            }
            answered
        })
    }

    /// The documents of a connection, as they are now.
    pub async fn library(&self, connection: &Connection, plan: &Plan) -> Result<Arc<Library>, Failure> {
        self.0.libraries.open(&plan.folder_of(connection)).await
    }

    /// Where the documents of a connection belong.
    pub fn folder(&self, connection: &Connection, plan: &Plan) -> PathBuf {
        self.0.libraries.path(&plan.folder_of(connection))
    }
}

/// The folder that holds the folders of documents.
pub fn documents_dir(settings: &config::Settings) -> PathBuf {
    if settings.answers.documents_dir.as_os_str().is_empty() {
        settings.server.data_dir.join("documents")
    } else {
        settings.answers.documents_dir.clone()
    }
}

async fn answer(
    parts: &Parts,
    connection: &Connection,
    plan: &Plan,
    ask: &Ask,
    out: &Out,
) -> Result<(), Failure> {
    let done = match plan.kind {
        Kind::None => return Err(Failure::Off),
        Kind::Documents => {
            let library = parts.libraries.open(&plan.folder_of(connection)).await?;
            documents::answer(&library, plan, ask, out).await?
        }
        Kind::Webhook => webhook::answer(&parts.outgoing, &parts.clock, (connection, plan, ask), out).await?,
        Kind::OpenAi => {
            let library = parts.libraries.open(&plan.folder_of(connection)).await?;
            openai::answer(&parts.outgoing, &library, plan, ask, out).await?
        }
    };
    out.piece(done).await;
    Ok(())
}
