//! Where the clients of PostHog and Sentry send to, when they are pointed here.
//!
//! What they record becomes uploads like those of our recorder, with the same checks and
//! the same refusals; it is answered when all of it is on disk. Other messages are
//! counted, and dropped. See `docs/moving.md`.

mod identities;
mod posthog;
mod sentry;

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};
use warp::http::{HeaderValue, header};

use super::connection_settings::origin_of;
use super::problem::Problem;
use super::request::Request;
use super::router::Route;
use super::{App, Response, ingest};
use crate::clients::{Contents, Limits, Piece};
use crate::ingest::{Body, Refused, Upload};
use crate::model::recording::Consent;
use crate::store::connections::Holder;
use identities::Identities;

/// What is counted of messages that are dropped.
const OTHER_MESSAGES: &str = "other-messages";

/// How many uploads are read and stored at the same time, which `memory_bound` counts on.
const READ_AT_ONCE: usize = 1;

/// What is known of the clients.
pub struct Clients {
    reading: Semaphore,
    identities: Identities,
}

impl Default for Clients {
    fn default() -> Self {
        Self { reading: Semaphore::new(READ_AT_ONCE), identities: Identities::default() }
    }
}

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    posthog::routes().into_iter().chain(sentry::routes()).collect()
}

type Reader = fn(&[u8], &Limits) -> Result<Contents, Refused>;

/// Reads the body, off the threads that answer. The turn is held until what was read is stored, since it
/// takes memory as long.
async fn read<'a>(
    app: &'a App,
    request: &mut Request,
    reader: Reader,
) -> Result<(Contents, SemaphorePermit<'a>), Problem> {
    let body = ingest::body(app, request).await?;
    if body.bytes().is_empty() {
        return Err(Refused::EmptyBody.into());
    }
    let limits = Limits::from(&app.settings.ingest);
    let turn = app.clients.reading.acquire().await.map_err(|_| Refused::Busy)?;
    let contents = tokio::task::spawn_blocking(move || reader(body.bytes(), &limits)).await;
    let contents = contents.map_err(|error| {
        tracing::error!(%error, "reading an upload panicked");
        Problem::internal()
    })?;
    Ok((contents?, turn))
}

/// Who holds the key, if the connection takes what such clients record.
async fn admit(app: &App, request: &Request, key: &str) -> Result<Arc<Holder>, Problem> {
    request.key.is(key);
    if key.is_empty() {
        return Err(Refused::UnknownKey.into());
    }
    let holder = ingest::admit(app, request, key).await?;
    if asks_first(&holder) { Err(Refused::AsksFirst.into()) } else { Ok(holder) }
}

/// Whether visitors are asked before anything is recorded, by our recorder.
fn asks_first(holder: &Holder) -> bool {
    matches!(holder.settings.recording.consent, Some(Consent::Required | Consent::Ask))
}

/// Stores what an upload holds; returns when it is on disk.
async fn keep(app: &App, request: &Request, holder: &Holder, contents: Contents) -> Result<(), Problem> {
    if contents.others > 0 {
        app.sightings.note(holder.connection, OTHER_MESSAGES, &origin_of(request));
    }
    for (session, claim) in contents.claims {
        app.clients.identities.says(holder.connection, session, claim);
    }
    for piece in contents.pieces {
        keep_piece(app, request, holder, piece, contents.sent_at).await?;
    }
    Ok(())
}

async fn keep_piece(
    app: &App,
    request: &Request,
    holder: &Holder,
    mut piece: Piece,
    sent_at: Option<i64>,
) -> Result<(), Problem> {
    let connection = holder.connection;
    ingest::check_beginning(app, request.peer(), connection, &piece.session)?;
    let claim = app.clients.identities.new_of(&app.store, connection, &piece).await?;
    piece.events.extend(claim.as_ref().map(|claim| claim.event(piece.last_at)));
    let session = piece.session.clone();
    let upload = Upload {
        connection,
        daily_bytes: holder.rules.daily_bytes,
        rules: app.ingest.rules.of(holder),
        session: piece.session,
        stream: piece.stream,
        seq: piece.seq,
        end: false,
        labelled_gzip: false,
        user_agent: ingest::user_agent(app, request),
        country: ingest::country(app, request),
        sent_at,
        body: batch(app, &piece.events)?,
        received_at: app.clock.now(),
        hash: Some(piece.hash),
    };
    app.ingest.take(upload).await?;
    if let Some(claim) = claim {
        app.clients.identities.is_stored(connection, session, claim);
    }
    Ok(())
}

/// The JSON array of a batch, with its share of the memory that all bodies have.
fn batch(app: &App, events: &[String]) -> Result<Body, Refused> {
    let length = events.iter().map(|event| event.len() + 1).sum::<usize>() + 1;
    let mut body = app.ingest.budget.body(app.settings.ingest.max_inflated_bytes.max(length));
    for (index, event) in events.iter().enumerate() {
        body.push(if index == 0 { b"[" } else { b"," })?;
        body.push(event.as_bytes())?;
    }
    body.push(b"]")?;
    Ok(body)
}

/// Tells a client why it is refused, once it has sent what it was sending.
async fn refused<T>(result: Result<T, Problem>, request: &mut Request) -> Result<T, Problem> {
    match result {
        Err(mut problem) => {
            request.let_go(&mut problem).await;
            Err(problem)
        }
        taken => taken,
    }
}

fn json(text: String) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
