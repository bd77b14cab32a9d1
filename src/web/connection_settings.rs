//! `GET {ingest path}/KEY`: what a connection's owner decided, for pages of any site.
//!
//! The answer is described in `browser/contracts/settings.ts`.

use serde::Serialize;
use serde_json::value::RawValue;
use warp::http::{HeaderValue, Method, header};

use super::ingest::allows_origin;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::ingest::Refused;
use crate::store::connections;

/// A change reaches visitors within this time.
const FRESH: &str = "max-age=60";

/// The route of this file, below the configured path.
pub fn routes(ingest_path: &str) -> Vec<Route> {
    vec![Route::new(
        Method::GET,
        format!("{ingest_path}/{{*address}}"),
        Access::WriteKey,
        Surface::Ingest,
        show,
    )]
}

#[derive(Serialize)]
struct Shown {
    recording: Box<RawValue>,
    widget: Box<RawValue>,
}

async fn show(app: App, request: Request) -> Result<Response, Problem> {
    let key = request.param_text("address");
    if key.contains('/') {
        // An upload's address, which is only posted to.
        return Err(Problem::method_not_allowed("POST, OPTIONS".to_owned()));
    }
    let holder = app.keys.holder(key).await?.ok_or(Refused::UnknownKey)?;
    if holder.revoked {
        return Err(Refused::KeyRevoked.into());
    }
    if !allows_origin(&holder, &request) {
        return Err(Refused::OriginNotAllowed.into());
    }
    let id = holder.connection;
    let stored = app.store.read(move |conn| connections::page_settings(conn, id)).await?;
    let (recording, widget) = stored.ok_or(Refused::UnknownKey)?;
    let shown = Shown { recording: json(recording)?, widget: json(widget)? };
    let text = serde_json::to_string(&shown).map_err(|_| Problem::internal())?;
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FRESH));
    Ok(response)
}

fn json(text: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(text).map_err(|_| Problem::internal())
}
