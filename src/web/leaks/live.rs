//! How far looking for leaks has come, told to pages that are open.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use serde_json::json;
use warp::sse::Event;

use crate::model::ConnectionId;
use crate::store::leaks;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, live};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The versions of two parts of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Of what changes with each session.
    pub progress: String,
    /// Of what changes when there is something else to be done.
    pub found: String,
}

/// Of what stands in the database now.
pub async fn versions(app: &App, connection: ConnectionId) -> Result<Versions, Problem> {
    let read = move |conn: &crate::store::Db| {
        let scan = leaks::find(conn, connection)?;
        let (places, remasking) = (leaks::places(conn, connection)?, leaks::remasking(conn, connection)?);
        let (state, done) = scan.map_or((None, 0), |scan| (Some(scan.state), scan.done));
        Ok(Versions {
            progress: format!("{done}-{remasking}"),
            found: format!("{state:?}-{places}-{}", remasking > 0),
        })
    };
    Ok(app.store.read(read).await?)
}

/// Both versions, at once and whenever one of them changes.
pub async fn answer(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "live", connection).await?;
    let events = stream::unfold((app.clone(), Versions::default()), move |(app, last)| async move {
        let next = next_versions(&app, connection, &last).await?;
        let told = [("progress", &next.progress, &last.progress), ("found", &next.found, &last.found)];
        let events: Vec<Result<Event, Infallible>> = told
            .into_iter()
            .filter(|(_, next, last)| next != last)
            .filter_map(|(name, version, _)| {
                Event::default().event(name).json_data(json!({ "version": version })).ok()
            })
            .map(Ok)
            .collect();
        Some((stream::iter(events), (app, next)))
    });
    Ok(live::reply(app, request, connection, events.flatten()))
}

/// Waits for others than `last`. `None` when the server stops.
async fn next_versions(app: &App, connection: ConnectionId, last: &Versions) -> Option<Versions> {
    let mut stopping = app.stopping.clone();
    loop {
        match versions(app, connection).await {
            Ok(versions) if versions != *last => return Some(versions),
            Ok(_) => {}
            Err(problem) => tracing::error!(problem = problem.detail, "how far a scan is was not read"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stopping.wait() => return None,
        }
    }
}
