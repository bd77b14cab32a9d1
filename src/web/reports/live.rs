//! Says when something about the reports has changed, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::unfold;
use serde::Serialize;
use warp::sse;

use crate::model::ConnectionId;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, live};

/// A maker may tell of every session; nobody reads faster than this.
const PAUSE: Duration = Duration::from_millis(500);

/// What the page compares with its own.
#[derive(Serialize)]
struct Version {
    version: u64,
}

/// The version of what is being made, at once and whenever it changes.
pub async fn changes(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "live", connection).await?;
    let changes = app.reports.changes();
    let first = Some(app.reports.version());
    let stopping = app.stopping.clone();
    let events = unfold((first, changes, stopping), |(first, mut changes, mut stopping)| async move {
        let version = match first {
            Some(version) => version,
            None => tokio::select! {
                version = changes.next() => version?,
                () = stopping.wait() => return None,
            },
        };
        if first.is_none() {
            tokio::time::sleep(PAUSE).await;
        }
        let event = sse::Event::default().event("reports").json_data(Version { version }).ok()?;
        Some((Ok::<_, Infallible>(event), (None, changes, stopping)))
    });
    Ok(live::reply(app, request, connection, events))
}
