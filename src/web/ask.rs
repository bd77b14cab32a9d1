//! `POST {ingest path}/KEY/ask`: a visitor's question, answered in pieces as they come.
//!
//! Its address is one of the ingest path's, where no batch can stand. The format is
//! described in `browser/contracts/answers.ts`. Nothing of what is asked is kept or logged;
//! a visitor who goes away takes the question back.

use std::convert::Infallible;

use futures_util::StreamExt;
use warp::Reply;
use warp::http::{HeaderValue, header};

use super::body::Pace;
use super::ingest::{check_media_type, check_origin, check_rate_of_address, holder};
use super::problem::Problem;
use super::request::Request;
use super::{App, Response};
use crate::answers::{Ask, Failure, Kind, Piece, Plan, Turn};
use crate::ingest::Refused;
use crate::model::{Connection, ConnectionId};
use crate::store::answering;

/// What follows the key in the address.
const NAME: &str = "/ask";

/// Whether a request on the ingest path is a question.
pub fn is_meant(request: &Request) -> bool {
    request.param_text("address").strip_suffix(NAME).is_some_and(|key| !key.contains('/'))
}

/// Answers a question.
pub async fn answer(app: App, mut request: Request) -> Result<Response, Problem> {
    match begin(&app, &mut request).await {
        Ok((connection, plan, ask, turn)) => Ok(pieces(&app, &connection, plan, ask, turn)),
        Err(mut problem) => {
            request.let_go(&mut problem).await;
            Err(problem)
        }
    }
}

/// Checks a question, from the cheapest to the dearest.
async fn begin(app: &App, request: &mut Request) -> Result<(Connection, Plan, Ask, Turn), Problem> {
    if app.stopping.has_stopped() {
        return Err(Refused::ShuttingDown.into());
    }
    check_rate_of_address(app, &app.ask_rates, request.peer()).map_err(too_often)?;
    let key = request.param_text("address").strip_suffix(NAME).unwrap_or_default().to_owned();
    // A chat goes on where nothing is recorded, be it that recording is paused.
    let holder = holder(app, &key).await?;
    check_origin(&holder, request)?;
    app.ask_rates.take_of_key(holder.connection).map_err(too_often)?;
    check_media_type(request)?;
    let limit = app.settings.answers.max_ask_bytes;
    if request.header(header::CONTENT_LENGTH).parse::<usize>().is_ok_and(|announced| announced > limit) {
        return Err(Problem::question_too_large(limit));
    }
    let turn = app.answers.turn(holder.connection).ok_or_else(Problem::too_many_questions)?;
    let body = request.body.read(limit, Pace::from(&app.settings.ingest)).await;
    let body = body.map_err(|refused| match refused {
        Refused::BodyTooLarge { .. } => Problem::question_too_large(limit),
        other => other.into(),
    })?;
    let ask = Ask::read(&body).map_err(|wrong| Problem::bad_question(&wrong))?;
    let (connection, plan) = plan(app, holder.connection).await?;
    if plan.kind == Kind::None {
        return Err(Problem::answers_off());
    }
    Ok((connection, plan, ask, turn))
}

fn too_often(refused: Refused) -> Problem {
    match refused {
        Refused::RateLimited { after_seconds } => Problem::asked_too_often(after_seconds),
        other => other.into(),
    }
}

/// The connection with what was decided about its answers.
pub async fn plan(app: &App, connection: ConnectionId) -> Result<(Connection, Plan), Problem> {
    let found = app.store.read(move |conn| answering::plan(conn, connection)).await?;
    let (connection, json) = found.ok_or_else(Problem::not_found)?;
    let plan = Plan::read(&json).map_err(|error| {
        tracing::error!(connection = %connection.id, %error, "a connection's settings cannot be used");
        Problem::internal()
    })?;
    Ok((connection, plan))
}

/// The answer, a line of JSON for each piece. The turn is over when it is, or when it is dropped.
fn pieces(app: &App, connection: &Connection, plan: Plan, ask: Ask, turn: Turn) -> Response {
    let id = connection.id;
    let lines = app.answers.ask(connection, plan, ask).map(move |piece| {
        let _held = &turn;
        let piece = piece.unwrap_or_else(|failure| failed(id, &failure));
        let line = serde_json::to_string(&piece).expect("a piece of texts is always JSON");
        Ok::<_, Infallible>(format!("{line}\n"))
    });
    let mut response = warp::reply::stream(lines).into_response();
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, ndjson);
    // Some proxies would collect it first.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn failed(connection: ConnectionId, failure: &Failure) -> Piece {
    tracing::warn!(%connection, error = %failure, "a question could not be answered");
    Piece::Failed { text: failure.for_visitors().to_owned() }
}
