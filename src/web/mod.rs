//! HTTP: the accept loop, the table of routes, and what stands behind each URL.
//!
//! Routes are data (`router`), one file for each group of URLs; `problem` is the
//! only place that turns an error into a status code; `headers` says what every
//! response carries. Nothing here writes SQL or looks into a recording.

mod accounts;
mod activity;
mod answers;
mod api;
mod app;
mod ask;
mod assets;
mod audit;
mod audited;
mod body;
mod bulk;
mod chart;
mod clients;
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
mod draining;
mod event_line;
mod events;
mod filter;
mod findings;
mod forget;
mod form;
mod format;
mod forwarded;
mod framing;
mod headers;
mod health;
mod held_back;
mod host;
mod idle;
mod ingest;
mod kinds;
mod leaks;
mod listener;
mod live;
mod look;
mod look_again;
mod manifest;
mod markdown;
mod may;
pub mod metrics;
mod moment;
mod neighbours;
mod next;
mod notes;
mod operations;
mod origin;
mod outlook;
mod page;
mod part;
mod peer;
mod persons;
mod pin;
mod plugins;
mod privacy;
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
mod shrink;
mod stalling;
mod storage;
mod story;
mod strangers;
mod timeline;
mod tls;
mod tokens;
mod traffic;
mod unasked;
mod viewer;
mod views;
mod visitors;
mod watched;
mod webhook_changes;
mod well_known;
mod who;

use warp::http::{HeaderName, HeaderValue, StatusCode, header};

pub use accounts::setup;
pub use app::{App, Start};
pub use audit::{csv_head as audit_csv_head, csv_line as audit_csv_line};
pub use audited::changed;
pub use operations::Reload;
pub use reports::as_markdown;
pub use request::Request;
pub use router::{Access, Route, Router, Surface, routes};
pub use server::{Ready, Server};
pub use tls::Error as TlsError;
pub use tokens::{Secret, Written, make as make_token, revoke as revoke_token};
pub use who::{Asker, Who};

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
