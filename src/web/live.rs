//! What changes while a page is open, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::unfold;
use warp::http::Method;
use warp::{Reply, sse};

use super::page::Frame;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::model::{ConnectionId, Totals};
use crate::store::connections;

/// How often the counters are read. They are one row, and other processes change them too.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a silent stream says that it is alive, for proxies that cut silence off.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/connections/{connection}/live", Access::Member, Surface::Data, totals)]
}

/// The connection's totals, at once and whenever they change.
async fn totals(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "live", connection).await?;
    let events = unfold((app, None), move |(app, last)| async move {
        let next = next_totals(&app, connection, last).await?;
        let event = sse::Event::default().event("totals").json_data(next).ok()?;
        Some((Ok::<_, Infallible>(event), (app, Some(next))))
    });
    let events = sse::keep_alive().interval(KEEP_ALIVE).stream(events);
    Ok(sse::reply(events).into_response())
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
