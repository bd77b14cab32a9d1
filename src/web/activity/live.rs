//! Tells pages that are open that something happened.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::unfold;
use serde::Serialize;
use warp::sse;

use super::list::version;
use crate::model::ConnectionId;
use crate::store::{connections, prompts};
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, live};

/// How often the counters are read: they are one row. A prompt is on the page within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Serialize)]
struct Changed {
    version: String,
}

/// The version of the feed, at once and whenever it changes.
pub async fn live(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "live", connection).await?;
    let events = unfold((app.clone(), None), move |(app, last)| async move {
        let version = next_version(&app, connection, last).await?;
        let changed = Changed { version: version.clone() };
        let event = sse::Event::default().event("activity").json_data(changed).ok()?;
        Some((Ok::<_, Infallible>(event), (app, Some(version))))
    });
    Ok(live::reply(app, request, connection, events))
}

/// Waits for a version other than `last`. `None` when the server stops.
async fn next_version(app: &App, connection: ConnectionId, last: Option<String>) -> Option<String> {
    let mut stopping = app.stopping.clone();
    loop {
        let scope = app.scope();
        let read = app.store.read(move |conn| {
            let totals = connections::totals(conn, &scope, connection)?;
            Ok(version(totals, prompts::totals(conn, &scope, connection)?))
        });
        match read.await {
            Ok(version) if Some(&version) != last.as_ref() => return Some(version),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "totals were not read"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stopping.wait() => return None,
        }
    }
}
