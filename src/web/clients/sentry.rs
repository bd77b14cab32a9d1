//! Where Sentry's browser client sends its envelopes, with a DSN of
//! `https://WRITE-KEY@this-server/1`. The number at its end may be any.
//!
//! The client stops recording for as long as `Retry-After` says, and for good after any
//! other refusal.

use warp::http::{HeaderName, HeaderValue, Method, header};

use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, ingest};
use crate::clients::sentry;

const PATH: &str = "/api/{project}/envelope/";

/// The key, as `Sentry sentry_key=KEY, ...`.
const AUTH: HeaderName = HeaderName::from_static("x-sentry-auth");

const KEY: &str = "sentry_key";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, PATH, Access::WriteKey, Surface::Ingest, take),
        Route::new(Method::OPTIONS, PATH, Access::Public, Surface::Ingest, preflight),
    ]
}

async fn take(app: App, mut request: Request) -> Result<Response, Problem> {
    let taken = receive(&app, &mut request).await;
    super::refused(taken, &mut request).await?;
    Ok(super::json("{}".to_owned()))
}

async fn receive(app: &App, request: &mut Request) -> Result<(), Problem> {
    ingest::check_room(app, request)?;
    let key = key(request)?;
    let holder = super::admit(app, request, &key).await?;
    let (contents, _turn) = super::read(app, request, sentry::read).await?;
    super::keep(app, request, &holder, contents).await
}

fn key(request: &Request) -> Result<String, Problem> {
    if let Some(key) = request.query(KEY)? {
        return Ok(key);
    }
    let fields = request.header(AUTH).trim_start_matches("Sentry ").split(',');
    let key = fields.filter_map(|field| field.trim().split_once('=')).find(|(name, _)| *name == KEY);
    Ok(key.map(|(_, key)| key.to_owned()).unwrap_or_default())
}

async fn preflight(app: App, request: Request) -> Result<Response, Problem> {
    let mut response = ingest::preflight_of(&app, &request, &key(&request)?).await?;
    let headers = response.headers_mut();
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS) {
        let allowed = HeaderValue::from_static("content-type, content-encoding, x-sentry-auth");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    Ok(response)
}
