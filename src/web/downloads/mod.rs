//! A session as a file: its events, a page that plays them without a server, or a test
//! that does again what the visitor did. Files are written while they are sent, piece by piece.

mod offline;
mod playwright;
mod sending;

use warp::http::Method;

use super::held_back::find_shown;
use super::problem::Problem;
use super::replay::PAGE;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response, format};
use crate::export::{self, Source};
use crate::model::Session;
use sending::{File, Sink, send};

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let below = |path: &str| format!("{PAGE}/{path}");
    vec![
        Route::new(Method::GET, below("recording.json"), Access::Viewer, Surface::Data, recording),
        Route::new(Method::GET, below("replay.html"), Access::Viewer, Surface::Data, offline::file),
        Route::new(Method::GET, below("visit.spec.ts"), Access::Viewer, Surface::Data, playwright::file),
    ]
}

/// The events, as `hindsight import` and any rrweb player take them.
pub async fn recording(app: App, request: Request) -> Result<Response, Problem> {
    let session = find_shown(&app, &request).await?;
    let source = source(&app, &session);
    app.downloads(&session, "recording.json");
    let file = File { name: name_of(&session, "json"), content_type: "application/json" };
    send(file, async move |sink: Sink| {
        export::write(&source, Vec::new(), async |written: &mut Vec<u8>| {
            sink.send(std::mem::take(written)).await.map_err(export::Error::Write)
        })
        .await
        .map_err(anyhow::Error::from)
    })
}

fn source(app: &App, session: &Session) -> Source {
    Source {
        store: app.store.clone(),
        scope: app.scope(),
        connection: session.connection,
        session: session.id.clone(),
    }
}

/// What a file is called: where and when it was recorded, and the beginning of the session's id.
fn name_of(session: &Session, extension: &str) -> String {
    let is_plain = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-');
    let (domain, _) = format::domain_and_path(&session.landing_url);
    let domain: String = domain.replace(':', "-").chars().filter(is_plain).take(60).collect();
    let domain = if domain.is_empty() { "session" } else { &domain };
    let day: String = format::exact(session.started_at).chars().take(10).collect();
    let id: String = session.id.as_str().chars().take(8).collect();
    format!("{domain}-{day}-{id}.{extension}")
}
