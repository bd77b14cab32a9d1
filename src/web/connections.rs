//! `/` and the short links: ways into a connection's pages.

use warp::http::{HeaderValue, Method, StatusCode, header};

use super::page::{first_connection, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::model::{ConnectionId, SessionId};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/", Access::Viewer, Surface::Page, home),
        Route::new(Method::GET, "/connections/{connection}", Access::Viewer, Surface::Page, connection),
        Route::new(Method::GET, "/go/{key}/{session}", Access::Viewer, Surface::Page, go),
    ]
}

async fn home(app: App, _: Request) -> Result<Response, Problem> {
    let first = first_connection(&app).await?.ok_or_else(Problem::not_found)?;
    Ok(see_other(&sessions_url(first)))
}

async fn connection(_: App, request: Request) -> Result<Response, Problem> {
    Ok(see_other(&sessions_url(request.param("connection")?)))
}

/// Leads to a replay from what a recorded page knows: its write key and session. What
/// follows is up to the page it leads to, so the key opens nothing.
async fn go(app: App, request: Request) -> Result<Response, Problem> {
    let session: SessionId = request.param("session")?;
    let connection: Option<ConnectionId> = app.keys.connection(request.param_text("key")).await?;
    let connection = connection.ok_or_else(Problem::no_session)?;
    let number = |name| Ok::<_, Problem>(request.query(name)?.and_then(|text| text.parse::<f64>().ok()));
    let moment = match (number("at")?, number("t")?) {
        (Some(at), _) if at.is_finite() => format!("?at={at:.0}"),
        (_, Some(seconds)) if seconds.is_finite() => format!("?t={seconds}"),
        _ => String::new(),
    };
    Ok(see_other(&format!("{}/{session}{moment}", sessions_url(connection))))
}

fn see_other(url: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(url).expect("our own addresses are plain ASCII");
    response.headers_mut().insert(header::LOCATION, location);
    response
}
