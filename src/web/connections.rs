//! `/` and the short links: ways into a connection's pages.

use warp::http::Method;

use super::page::{first_connection, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response, connection_list, see_other};
use crate::model::SessionId;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/", Access::LoggedIn, Surface::Page, home),
        Route::new(Method::GET, "/connections/{connection}", Access::Member, Surface::Page, connection),
        Route::new(Method::GET, "/go/{key}/{session}", Access::LoggedIn, Surface::Page, go),
    ]
}

async fn home(app: App, _: Request) -> Result<Response, Problem> {
    let connection = match app.demo.filter(|demo| app.scope().allows(*demo)) {
        Some(demo) => Some(demo),
        None => first_connection(&app).await?,
    };
    Ok(see_other(&connection.map_or_else(|| connection_list::URL.to_owned(), sessions_url)))
}

async fn connection(_: App, request: Request) -> Result<Response, Problem> {
    Ok(see_other(&sessions_url(request.param("connection")?)))
}

/// Leads to a replay from what a recorded page knows: its write key and session. What
/// follows is up to the page it leads to, so the key opens nothing.
async fn go(app: App, request: Request) -> Result<Response, Problem> {
    let session: SessionId = request.param("session")?;
    let holder = app.keys.holder(request.param_text("key")).await?;
    let connection = holder.map(|holder| holder.connection).filter(|seen| app.scope().allows(*seen));
    let connection = connection.ok_or_else(Problem::no_session)?;
    let at = request.query("at")?.and_then(|text| text.parse::<u64>().ok()).map(|at| format!("?at={at}"));
    let seconds = request.query("t")?.and_then(|text| text.parse::<f32>().ok()).filter(|t| *t >= 0.0);
    let moment = at.or(seconds.map(|seconds| format!("?t={seconds}"))).unwrap_or_default();
    Ok(see_other(&format!("{}/{session}{moment}", sessions_url(connection))))
}
