//! Files of a form, imported while they arrive.
//!
//! A thread of its own reads them, to which the system prefers all others, so that recording goes
//! on beside it. What it has not read yet waits with the sender.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use futures_util::stream::unfold;
use multer::{Constraints, Multipart, SizeLimit};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, timeout};
use warp::http::header;

use super::arriving::{Arrival, Pieces, channel};
use super::results::Results;
use crate::disk::Room;
use crate::ingest::Refused;
use crate::model::{ConnectionId, TimestampMs};
use crate::moving::{Homes, Importer};
use crate::store::audit::What;
use crate::store::{Store, connections};
use crate::web::App;
use crate::web::body::Pace;
use crate::web::problem::Problem;
use crate::web::request::Request;

/// The largest recording that is read, inflated: some times as much is in memory while it is.
pub const MOST_RECORDING_BYTES: usize = 100_000_000;

/// More is not taken at once.
const MOST_UPLOAD_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// As long as that may take.
const WITHIN: Duration = Duration::from_secs(6 * 60 * 60);

/// By how much the system prefers everything else.
const NICENESS: i32 = 10;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// One at a time: each takes memory for a recording.
static TURN: Semaphore = Semaphore::const_new(1);

/// A small one before is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The field that has files.
const FIELD: &str = "file";

/// Imports the files of a request into the connection that it names.
pub async fn import(app: &App, request: &mut Request) -> Result<Results, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    check_room(app)?;
    let boundary = multer::parse_boundary(request.header(header::CONTENT_TYPE)).map_err(|_| not_a_form())?;
    let turn = timeout(PATIENCE, TURN.acquire()).await.ok().and_then(Result::ok);
    let turn =
        turn.ok_or_else(|| Problem::busy("Another import is under way. Send this again once it is done."))?;
    let results = Results::new(outdated_before(app, connection).await?);
    let (files, results) = start(app, connection, results, turn)?;
    read(app, request, boundary, &files).await?;
    drop(files);
    let results: Results = results.await.map_err(|_| Problem::internal())?;
    if results.rows.is_empty() {
        return Err(Problem::bad_form("No file was sent. Choose one or more, in the field `file`."));
    }
    Ok(results.conclude())
}

fn not_a_form() -> Problem {
    Problem::bad_form("Files are sent as multipart/form-data, in fields of the name `file`.")
}

fn check_room(app: &App) -> Result<(), Problem> {
    match app.store.disk().room() {
        Room::Enough => Ok(()),
        Room::Low => Err(Refused::StorageFull.into()),
        Room::ReadOnly => Err(crate::store::Error::ReadOnly.into()),
    }
}

/// Sessions of the connection that began before this are erased, unless all are kept.
async fn outdated_before(app: &App, connection: ConnectionId) -> Result<Option<TimestampMs>, Problem> {
    let rules = app.store.read(move |conn| connections::rules(conn, connection)).await?;
    let own = rules.and_then(|rules| rules.keep_days);
    let days = own.unwrap_or(i64::from(app.settings.retention.keep_days));
    Ok((days > 0).then(|| app.clock.now() - days * DAY_MS))
}

/// A file that arrives.
struct File {
    name: PathBuf,
    pieces: Pieces,
}

/// Starts the thread that imports files until no more come, and then tells the results.
fn start(
    app: &App,
    connection: ConnectionId,
    mut results: Results,
    turn: SemaphorePermit<'static>,
) -> Result<(mpsc::Sender<File>, oneshot::Receiver<Results>), Problem> {
    let asker = app.clone();
    let mut importer = Importer {
        store: app.store.clone(),
        runtime: Handle::current(),
        ingest: app.settings.ingest.clone(),
        file_bytes: MOST_RECORDING_BYTES,
        homes: Here { connection, store: app.store.clone() },
        entry: Box::new(move |connection, session, events| {
            let detail = json!({ "events": events });
            asker.entry(What::DataImported, Some(connection), session.to_string(), detail)
        }),
    };
    let (files, mut waiting) = mpsc::channel::<File>(1);
    let (done, outcome) = oneshot::channel();
    let work = move || {
        let _ = rustix::process::nice(NICENESS);
        while let Some(File { name, pieces }) = waiting.blocking_recv() {
            importer.take(&name, pieces, &mut |told| results.add(&told));
        }
        // Who is told may send the next at once; who sent these may be gone.
        drop(turn);
        let _ = done.send(results);
    };
    let thread = std::thread::Builder::new().name("import".to_owned()).spawn(work);
    thread.map_err(|error| {
        tracing::error!(%error, "no thread for an import");
        Problem::internal()
    })?;
    Ok((files, outcome))
}

/// Hands the files of a body to the thread, piece by piece.
async fn read(
    app: &App,
    request: &mut Request,
    boundary: String,
    files: &mpsc::Sender<File>,
) -> Result<(), Problem> {
    let pace = Pace { within: WITHIN, ..Pace::from(&app.settings.ingest) };
    let (body, started) = (&mut request.body, Instant::now());
    let pieces =
        unfold(body, async |body| body.piece(started, pace).await.transpose().map(|piece| (piece, body)));
    let limit = SizeLimit::new().whole_stream(MOST_UPLOAD_BYTES);
    let mut form =
        Multipart::with_constraints(Box::pin(pieces), boundary, Constraints::new().size_limit(limit));
    while let Some(mut field) = form.next_field().await.map_err(problem)? {
        let name = field.file_name().map(file_name).unwrap_or_default();
        if field.name() != Some(FIELD) || name.as_os_str().is_empty() {
            continue;
        }
        let (arrival, pieces) = channel();
        if files.send(File { name, pieces }).await.is_err() {
            return Err(Problem::internal());
        }
        while let Some(piece) = field.chunk().await.map_err(problem)? {
            arrival.came(piece).await;
        }
        Arrival::ended(arrival).await;
    }
    Ok(())
}

/// The name without folders: some browsers send them.
fn file_name(sent: &str) -> PathBuf {
    sent.rsplit(['/', '\\']).next().unwrap_or_default().into()
}

/// Why a body cannot be read as a form.
fn problem(error: multer::Error) -> Problem {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<Refused>() {
            Ok(refused) => (*refused).into(),
            Err(_) => Problem::internal(),
        },
        multer::Error::StreamSizeExceeded { .. } => Problem::import_too_large(MOST_UPLOAD_BYTES),
        _ => not_a_form(),
    }
}

/// All goes into one connection, while there is room.
struct Here {
    connection: ConnectionId,
    store: Store,
}

impl Homes for Here {
    /// The connection is chosen, and keeps its own settings.
    fn describe(&mut self, _: &Path, _: &[u8]) {}

    fn of(&mut self, _: &Path) -> anyhow::Result<ConnectionId> {
        if self.store.disk().room() != Room::Enough {
            bail!("the server's disk is nearly full; make room, and import it again");
        }
        Ok(self.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_name_alone() {
        for sent in ["visit.json", "june/visit.json", "C:\\june\\visit.json", "../visit.json"] {
            assert_eq!(file_name(sent), Path::new("visit.json"));
        }
    }
}
