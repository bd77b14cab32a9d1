//! The pieces of recordings, in the bytes they are stored in.
//!
//! A batch is a gzip member, a segment or a stylesheet a zstd frame. A browser that
//! takes that coding gets them unchanged; it is made another one only for those that
//! do not (browsers take zstd from secure origins and localhost only).

use warp::http::{HeaderValue, Method, header};

use super::held_back::find_watched;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::ingest::gzip;
use crate::model::{ConnectionId, Session, StreamId, StyleHash};
use crate::pieces::MAX_BYTES;
use crate::segment::frame;
use crate::store::recordings;

/// What stands under one of these addresses never changes, so a browser may keep it for itself.
const PRIVATE_FOREVER: &str = "private, max-age=31536000, immutable";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        route("/connections/{connection}/sessions/{session}/streams/{stream}/batches/{seq}", Piece::Batch),
        route("/connections/{connection}/sessions/{session}/segments/{segment}", Piece::Segment),
        route("/connections/{connection}/styles/{style}", Piece::Style),
    ]
}

#[derive(Clone, Copy)]
enum Piece {
    Batch,
    Segment,
    Style,
}

fn route(path: &str, piece: Piece) -> Route {
    Route::new(Method::GET, path, Access::Member, Surface::Data, move |app, request| async move {
        match piece {
            Piece::Batch => batch(&app, &request, find_watched(&app, &request).await?).await,
            Piece::Segment => segment(&app, &request, find_watched(&app, &request).await?).await,
            Piece::Style => style(&app, &request, request.param("connection")?).await,
        }
    })
}

/// Recorded bytes with the coding they are stored in.
enum Stored {
    Gzip(Vec<u8>),
    Zstd(Vec<u8>),
}

/// The batch of this session that the path names.
pub async fn batch(app: &App, request: &Request, session: Session) -> Result<Response, Problem> {
    let Session { connection, id: session, .. } = session;
    let stream: StreamId = request.param("stream")?;
    let seq: i64 = request.param("seq")?;
    let scope = app.scope();
    let read = app
        .store
        .read(move |conn| recordings::batch(conn, &scope, connection, &session, &stream, seq))
        .await?;
    answer(read.map(Stored::Gzip), request).await
}

/// The segment of this session that the path names.
pub async fn segment(app: &App, request: &Request, session: Session) -> Result<Response, Problem> {
    let Session { connection, id: session, .. } = session;
    let segment: i64 = request.param("segment")?;
    let scope = app.scope();
    let read =
        app.store.read(move |conn| recordings::segment(conn, &scope, connection, &session, segment)).await?;
    answer(read.map(Stored::Zstd), request).await
}

/// The stylesheet of this connection that the path names.
pub async fn style(app: &App, request: &Request, connection: ConnectionId) -> Result<Response, Problem> {
    let hash: StyleHash = request.param("style")?;
    let scope = app.scope();
    let read = app.store.read(move |conn| recordings::style(conn, &scope, connection, &hash)).await?;
    answer(read.map(Stored::Zstd), request).await
}

async fn answer(stored: Option<Stored>, request: &Request) -> Result<Response, Problem> {
    stored.ok_or_else(Problem::no_session)?.answer(request).await
}

impl Stored {
    async fn answer(self, request: &Request) -> Result<Response, Problem> {
        let (coding, body) = match self {
            Self::Gzip(body) if request.accepts("gzip") => (Some("gzip"), body),
            Self::Zstd(body) if request.accepts("zstd") => (Some("zstd"), body),
            Self::Gzip(body) => (None, elsewhere(move || inflate(&body)).await?),
            Self::Zstd(body) if request.accepts("gzip") => {
                (Some("gzip"), elsewhere(move || regzip(&body)).await?)
            }
            Self::Zstd(body) => (None, elsewhere(move || decompress(&body)).await?),
        };
        let mut response = Response::new(body.into());
        let headers = response.headers_mut();
        if let Some(coding) = coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(PRIVATE_FOREVER));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        Ok(response)
    }
}

/// Runs what takes a while on a thread that may.
async fn elsewhere(
    work: impl FnOnce() -> anyhow::Result<Vec<u8>> + Send + 'static,
) -> Result<Vec<u8>, Problem> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())?;
    done.map_err(|error| {
        tracing::error!(%error, "a stored piece of a recording cannot be read");
        Problem::internal()
    })
}

fn inflate(body: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok(gzip::inflate(body, gzip::Limits { bytes: MAX_BYTES, ..gzip::Limits::STORED })?)
}

fn decompress(frame: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok(frame::decompress(frame, frame::size(frame, MAX_BYTES))?)
}

fn regzip(frame: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok(gzip::deflate_fast(&decompress(frame)?))
}
