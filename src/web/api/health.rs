//! How the recordings of a connection come in.

use schemars::JsonSchema;
use serde::Serialize;
use warp::http::Method;

use super::endpoint::Endpoint;
use super::shapes::Time;
use crate::disk::Room;
use crate::model::{ConnectionId, TokenScope};
use crate::store::{connections, health};
use crate::web::App;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Access;

const LATELY_MS: i64 = 24 * 60 * 60 * 1000;

/// A visitor's clock that is further off than this is told.
const SKEW_MS: i64 = 5 * 60 * 1000;

pub fn endpoints() -> Vec<Endpoint> {
    let place = (Method::GET, "/connections/{connection}/health", Access::Member, TokenScope::Read);
    vec![Endpoint::json(place, "Get a connection's health", get).about(
        "Figures of the sessions that started within 24 hours, of at most 200 of them. The Doctor page says what \
         to do about them.",
    )]
}

/// How recordings come in.
#[derive(Serialize, JsonSchema)]
struct Health {
    state: State,
    /// When the latest batch arrived.
    last_batch_at: Option<Time>,
    /// How many sessions the figures below are of.
    sessions: i64,
    /// Those that cannot be played, since no picture of the page has arrived.
    without_snapshot: i64,
    /// Those of visitors whose clock is more than five minutes off.
    with_skewed_clock: i64,
    /// Those with stylesheets that the recorder could not read.
    with_unread_styles: i64,
    /// Whether the server stores nothing new, since its disk is nearly full or cannot be written.
    storage_is_full: bool,
}

/// Whether a connection records.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// A session started within 24 hours.
    Recording,
    /// None did.
    Quiet,
    /// None ever did.
    Waiting,
    /// Uploads are refused for now.
    Paused,
}

async fn get(app: App, request: Request) -> Result<Health, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let (scope, since) = (app.scope(), app.clock.now() - LATELY_MS);
    let (rules, totals, looked) = app
        .store
        .read(move |conn| {
            let rules = connections::rules(conn, connection)?.unwrap_or_default();
            let totals = connections::totals(conn, &scope, connection)?;
            Ok((rules, totals, health::look(conn, &scope, connection, since, SKEW_MS)?))
        })
        .await?;
    Ok(Health {
        state: match (rules.paused, totals.total, looked.sessions) {
            (true, ..) => State::Paused,
            (_, 0, _) => State::Waiting,
            (.., 0) => State::Quiet,
            _ => State::Recording,
        },
        last_batch_at: looked.last_batch_at.map(Time),
        sessions: looked.sessions,
        without_snapshot: looked.without_snapshot,
        with_skewed_clock: looked.skewed,
        with_unread_styles: looked.with_unread_styles,
        storage_is_full: app.store.disk().room() != Room::Enough,
    })
}
