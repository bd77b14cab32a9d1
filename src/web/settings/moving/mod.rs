//! Moving recordings in and out of a connection: files that are uploaded, and all of it as one archive.

mod arriving;
mod importing;
mod leaving;
mod results;

use serde::Serialize;
use warp::http::{Method, header};

use self::results::Results;
use super::{Head, route, url};
use crate::model::ConnectionId;
use crate::store::connections;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response, format, replay};

/// Where the page is, below the settings.
const PLACE: &str = "/moving";

/// Where the archive is.
const ARCHIVE_PLACE: &str = "/moving/export.tar";

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    vec![
        route(Method::GET, PLACE, page),
        route(Method::POST, PLACE, import).in_its_own_time(),
        route(Method::GET, ARCHIVE_PLACE, leaving::archive),
    ]
}

/// Where the recordings of a connection are moved.
pub fn url_of(connection: ConnectionId) -> String {
    format!("{}{PLACE}", url(connection))
}

#[derive(Serialize)]
struct MovingPage {
    #[serde(flatten)]
    head: Head,
    action: String,
    largest: String,
    archive_url: String,
    /// What an archive would hold, in words; `None`: nothing.
    sessions: Option<String>,
    going_on: Option<String>,
    results: Option<Results>,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    show(&app, &request, None).await
}

async fn show(app: &App, request: &Request, results: Option<Results>) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(app, request, connection, "Import and export").await?;
    let scope = app.scope();
    let totals = app.store.read(move |conn| connections::totals(conn, &scope, connection)).await?;
    let page = MovingPage {
        head,
        action: url_of(connection),
        largest: format::bytes(importing::MOST_RECORDING_BYTES as i64),
        archive_url: format!("{}{ARCHIVE_PLACE}", url(connection)),
        sessions: (totals.total > 0).then(|| format::count(totals.total, "session")),
        going_on: (totals.active > 0).then(|| format::grouped(totals.active)),
        results,
    };
    app.templates.page("pages/settings_moving.html", &page)
}

/// Imports what a form sends; answers the page, or JSON to a script that shows each file as it goes.
async fn import(app: App, mut request: Request) -> Result<Response, Problem> {
    match importing::import(&app, &mut request).await {
        Ok(results) if request.header(header::ACCEPT).contains("application/json") => replay::json(&results),
        Ok(results) => show(&app, &request, Some(results)).await,
        Err(mut problem) => {
            request.let_go(&mut problem).await;
            Err(problem)
        }
    }
}
