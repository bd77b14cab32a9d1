//! Noting that somebody has watched a session.

use warp::http::{Method, StatusCode};

use super::held_back::find_shown;
use super::problem::Problem;
use super::replay::PAGE;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::viewer::Viewer;
use super::{App, Response};
use crate::store::watched;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::POST, format!("{PAGE}/watched"), Access::Member, Surface::Data, note)]
}

async fn note(app: App, request: Request) -> Result<Response, Problem> {
    let session = find_shown(&app, &request).await?;
    let viewer = Viewer::of(&app, &request);
    let (id, now) = (viewer.id.clone(), app.clock.now());
    app.store.write(move |conn| watched::note(conn, &id, session.row, now)).await?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(viewer.remembered_in(response))
}
