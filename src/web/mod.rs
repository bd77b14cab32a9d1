//! HTTP: the accept loop, the table of routes, and what stands behind each URL.
//!
//! Routes are data (`router`), one file for each group of URLs; `problem` is the
//! only place that turns an error into a status code; `headers` says what every
//! response carries. Nothing here writes SQL or looks into a recording.

mod app;
mod assets;
mod body;
mod connections;
mod demo;
mod format;
mod headers;
mod ingest;
mod live;
mod page;
mod problem;
mod replay;
mod request;
mod router;
mod server;
mod sessions;
mod user_agent;

pub use app::{App, Start};
pub use router::{Access, Route, Surface, routes};
pub use server::Server;

/// What a handler answers with.
pub type Response = warp::reply::Response;
