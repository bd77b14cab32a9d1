//! A test for Playwright that does again what the visitor did.

use warp::http::{HeaderValue, header};

use super::super::held_back::find_shown;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::story::each_block;
use super::super::{App, Response, format};
use super::name_of;
use super::sending::attachment;
use crate::timeline::{Kinds, playwright};

/// The file.
pub async fn file(app: App, request: Request) -> Result<Response, Problem> {
    let session = find_shown(&app, &request).await?;
    if session.counts.is_none() {
        return Err(Problem::not_read_yet());
    }
    app.downloads(&session, "visit.spec.ts");
    let mut events = Vec::new();
    each_block(&app, &session, Kinds::from_iter(playwright::KINDS), |block| {
        let room = playwright::MOST_EVENTS - events.len();
        events.extend(block.into_iter().take(room));
    })
    .await?;
    let day: String = format::exact(session.started_at).chars().take(10).collect();
    let mut response = Response::new(playwright::spec(&events, &day).into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&name_of(&session, "spec.ts"))?);
    Ok(response)
}
