//! Pinning: a pinned session is kept, however old it gets.

use serde_json::json;
use warp::http::Method;

use super::form::Form;
use super::held_back::find;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::url_of;
use super::{App, Response, see_other};
use crate::model::Session;
use crate::store::audit::{self, Entry, What};
use crate::store::{Db, sessions};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let path = "/connections/{connection}/sessions/{session}/pin";
    vec![Route::new(Method::POST, path, Access::Editor, Surface::Page, pin)]
}

/// An entry for the audit log about a session that is pinned, or is not any more.
pub fn entry(app: &App, session: &Session, pinned: bool) -> Entry {
    let detail = json!({ "pinned": pinned });
    app.entry(What::SessionPinned, Some(session.connection), session.id.to_string(), detail)
}

async fn pin(app: App, mut request: Request) -> Result<Response, Problem> {
    let session = find(&app, &request).await?;
    let pinned = match Form::read(&app, &mut request).await?.text("pinned") {
        "1" => true,
        "0" => false,
        _ => return Err(Problem::bad_query("pinned is 1, to keep the session, or 0.")),
    };
    let url = url_of(&session);
    let entry = entry(&app, &session, pinned);
    let pin = move |conn: &Db| {
        let is_there = sessions::pin(conn, session.connection, &session.id, pinned)?;
        if is_there {
            audit::append(conn, &entry)?;
        }
        Ok(is_there)
    };
    let is_there = app.store.write(pin).await?;
    if is_there { Ok(see_other(&url)) } else { Err(Problem::no_session()) }
}
