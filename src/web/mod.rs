//! HTTP: the accept loop, the table of routes, and what stands behind each URL.
//!
//! Routes are data (`router`), one file for each group of URLs; `problem` is the
//! only place that turns an error into a status code; `headers` says what every
//! response carries. Nothing here writes SQL or looks into a recording.

mod activity;
mod answers;
mod app;
mod ask;
mod assets;
mod body;
mod bulk;
mod chart;
mod confirm;
mod connection_list;
mod connection_settings;
mod connections;
mod conversation;
mod csv;
mod delete;
mod demo;
mod doctor;
mod download;
mod downloads;
mod event_line;
mod events;
mod filter;
mod findings;
mod form;
mod format;
mod framing;
mod headers;
mod held_back;
mod ingest;
mod kinds;
mod leaks;
mod live;
mod look;
mod manifest;
mod markdown;
mod moment;
mod neighbours;
mod notes;
mod origin;
mod outlook;
mod page;
mod part;
mod peer;
mod pin;
mod plugins;
mod problem;
mod refusal;
mod replay;
mod reports;
mod request;
mod retention;
mod router;
mod row;
mod server;
mod sessions;
mod settings;
mod share;
mod storage;
mod story;
mod timeline;
mod viewer;
mod views;
mod visitors;
mod watched;
mod who;

use warp::http::{HeaderName, HeaderValue, StatusCode, header};

pub use app::{App, Start};
pub use reports::as_markdown;
pub use router::{Access, Route, Surface, routes};
pub use server::{Ready, Server};

/// What the log calls a refused upload, so that a site's owner and ours can speak of the same one.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a handler answers with.
pub type Response = warp::reply::Response;

/// Leads a browser on to another of our addresses.
fn see_other(url: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(url).expect("our own addresses are plain ASCII");
    response.headers_mut().insert(header::LOCATION, location);
    response
}
