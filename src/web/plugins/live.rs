//! Says when runs over past sessions have come further, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::unfold;
use serde::Serialize;
use warp::sse;

use super::Asked;
use super::rerun::{SHOWN, version};
use crate::model::ConnectionId;
use crate::store::reruns;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, live};

/// How often it is looked: other processes start runs too.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the page compares with its own.
#[derive(Serialize)]
struct Version {
    version: String,
}

/// The version of what is under way, at once and whenever it changes.
pub async fn changes(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let connection = asked.connection;
    let start = (app.clone(), connection, asked.name, None);
    let events = unfold(start, |(app, connection, name, last)| async move {
        let version = next(&app, connection, &name, last.as_deref()).await?;
        let data = Version { version: version.clone() };
        let event = sse::Event::default().event("reruns").json_data(data).ok()?;
        Some((Ok::<_, Infallible>(event), (app, connection, name, Some(version))))
    });
    Ok(live::reply(app, request, connection, events))
}

/// Waits for another version than `last`. `None` when the server stops.
async fn next(app: &App, connection: ConnectionId, name: &str, last: Option<&str>) -> Option<String> {
    let mut stopping = app.stopping.clone();
    loop {
        let asked = name.to_owned();
        let read = app.store.read(move |conn| reruns::latest(conn, &asked, connection, SHOWN)).await;
        match read.map(|latest| version(&latest)) {
            Ok(version) if Some(version.as_str()) != last => return Some(version),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "runs over past sessions were not read"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stopping.wait() => return None,
        }
    }
}
