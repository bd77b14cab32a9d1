//! What changes while a page is open, as server-sent events, for as long as whoever looks may see it.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt, unfold};
use warp::http::Method;
use warp::{Reply, sse};

use super::page::Frame;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response, who};
use crate::measure;
use crate::model::{ConnectionId, Totals};
use crate::store::connections;

/// How often the counters are read. They are one row, and other processes change them too.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a silent stream says that it is alive, for proxies that cut silence off.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How often it is asked again whether whoever listens still may: a login or a role that
/// ends is noticed no later.
const ASK_AGAIN_EVERY: Duration = Duration::from_secs(5);

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/connections/{connection}/live", Access::Member, Surface::Data, totals)]
}

/// The connection's totals, at once and whenever they change.
async fn totals(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "live", connection).await?;
    let events = unfold((app.clone(), None), move |(app, last)| async move {
        let next = next_totals(&app, connection, last).await?;
        let event = sse::Event::default().event("totals").json_data(next).ok()?;
        Some((Ok::<_, Infallible>(event), (app, Some(next))))
    });
    Ok(reply(app, request, connection, events))
}

/// Answers with what happens in a connection, until it ends or the asker may hear no more of it.
pub fn reply<S>(app: App, request: Request, connection: ConnectionId, events: S) -> Response
where
    S: Stream<Item = Result<sse::Event, Infallible>> + Send + Sync + 'static,
{
    until(events, shut_out(app, request, connection))
}

/// The same for what happens in the whole server.
pub fn reply_to_server<S>(app: App, request: Request, events: S) -> Response
where
    S: Stream<Item = Result<sse::Event, Infallible>> + Send + Sync + 'static,
{
    until(events, shut_out_of_server(app, request))
}

fn until<S>(events: S, end: impl Future<Output = ()> + Send + Sync + 'static) -> Response
where
    S: Stream<Item = Result<sse::Event, Infallible>> + Send + Sync + 'static,
{
    let held = measure::LISTENERS.hold();
    let events = events.take_until(end).inspect(move |_| {
        let _held = &held;
    });
    let events = sse::keep_alive().interval(KEEP_ALIVE).stream(events);
    sse::reply(events).into_response()
}

/// Returns when whoever sent the request is logged out, or may do something else in the
/// connection than when they asked: a page that asks again is answered by what holds then.
async fn shut_out(app: App, request: Request, connection: ConnectionId) {
    let role = app.scope().role_in(connection);
    loop {
        tokio::time::sleep(ASK_AGAIN_EVERY).await;
        match who::still(&app, &request).await {
            Ok(who) if who.scope.role_in(connection) == role => {}
            _ => return,
        }
    }
}

/// Returns when whoever sent the request may not do everything any more.
async fn shut_out_of_server(app: App, request: Request) {
    loop {
        tokio::time::sleep(ASK_AGAIN_EVERY).await;
        match who::still(&app, &request).await {
            Ok(who) if who.scope.is_everything() => {}
            _ => return,
        }
    }
}

/// Waits for totals other than `last`. `None` when the server stops.
async fn next_totals(app: &App, connection: ConnectionId, last: Option<Totals>) -> Option<Totals> {
    let mut stopping = app.stopping.clone();
    loop {
        let scope = app.scope();
        let read = app.store.read(move |conn| connections::totals(conn, &scope, connection)).await;
        match read {
            Ok(totals) if Some(totals) != last => return Some(totals),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "totals were not read"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stopping.wait() => return None,
        }
    }
}
