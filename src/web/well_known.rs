//! What machines ask of every server under `/.well-known/`: whom to tell of a weakness
//! (RFC 9116), and whether Global Privacy Control is honoured.

use warp::http::{HeaderValue, Method, header};

use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::clock;
use crate::model::TimestampMs;
use crate::store::connections;

const DAY_MS: TimestampMs = 24 * 60 * 60 * 1000;

/// The RFC asks for less than a year. It moves on as long as the server runs.
const VALID_MS: TimestampMs = 180 * DAY_MS;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let (contact_path, control_path) = ("/.well-known/security.txt", "/.well-known/gpc.json");
    vec![
        Route::new(Method::GET, contact_path, Access::Public, Surface::Data, contact),
        Route::new(Method::GET, control_path, Access::Public, Surface::Data, privacy_control),
    ]
}

/// Without a contact there is nothing to say.
async fn contact(app: App, _: Request) -> Result<Response, Problem> {
    let contact = &app.settings.server.security_contact;
    if contact.is_empty() {
        return Err(Problem::not_found());
    }
    // By the day, so that the file is the same until the next.
    let expires = clock::rfc3339((app.clock.now() + VALID_MS) / DAY_MS * DAY_MS);
    let canonical = format!("{}/.well-known/security.txt", app.public_url);
    let text =
        format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {canonical}\n");
    Ok(with_type(text, "text/plain; charset=utf-8"))
}

/// True when every connection leaves those visitors alone whose browser asks for it.
async fn privacy_control(app: App, _: Request) -> Result<Response, Problem> {
    let honoured = app.store.read(connections::all_honour_gpc).await?;
    Ok(with_type(format!("{{\"gpc\": {honoured}}}\n"), "application/json"))
}

fn with_type(text: String, content_type: &'static str) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
