//! `GET /healthz`: whether the process lives. `GET /readyz`: whether it can do its work, and
//! if not, why, by name.
//!
//! Both are answered from memory, so that asking often costs nothing, and say nothing that
//! strangers may not know.

use serde::Serialize;
use warp::http::{HeaderValue, Method, StatusCode, header};

use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::disk::Room;
use crate::store::Ailment;

/// When to ask again, in seconds.
const RETRY_SECONDS: u16 = 5;

/// Why the server cannot do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It was told to stop.
    Stopping,
    /// Nothing can be written.
    ReadOnly,
    /// There is less room on the disk than the mark.
    DiskLow,
    /// A transaction does not end.
    WriterStalled,
    /// Transactions cannot be committed.
    WritesFailing,
    /// As many uploads wait as may.
    QueueFull,
}

impl Reason {
    /// All that there are.
    pub const ALL: [Self; 6] = [
        Self::Stopping,
        Self::ReadOnly,
        Self::DiskLow,
        Self::WriterStalled,
        Self::WritesFailing,
        Self::QueueFull,
    ];

    /// As the answer and the figures name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::ReadOnly => "read-only",
            Self::DiskLow => "disk-low",
            Self::WriterStalled => "writer-stalled",
            Self::WritesFailing => "writes-failing",
            Self::QueueFull => "queue-full",
        }
    }

    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Stopping => "The server is stopping.",
            Self::ReadOnly => "The data can only be read: uploads are refused.",
            Self::DiskLow => "The disk is nearly full: uploads are refused until there is room.",
            Self::WriterStalled => "A write does not end: the disk may not answer.",
            Self::WritesFailing => "Writes fail: the log says why.",
            Self::QueueFull => "As many uploads wait as may: more are asked to come again.",
        }
    }
}

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/healthz", Access::Public, Surface::Data, healthz),
        Route::new(Method::GET, "/readyz", Access::Public, Surface::Data, readyz),
    ]
}

/// Why the server cannot do its work at the moment; empty when it can.
pub fn reasons(app: &App) -> Vec<Reason> {
    let room = match app.store.disk().room() {
        Room::Enough => None,
        Room::Low => Some(Reason::DiskLow),
        Room::ReadOnly => Some(Reason::ReadOnly),
    };
    let writing = app.store.ailment().map(|ailment| match ailment {
        Ailment::Stalled => Reason::WriterStalled,
        Ailment::Failing => Reason::WritesFailing,
    });
    let stopping = (app.stopping.has_stopped() || app.draining.has_begun()).then_some(Reason::Stopping);
    let (waiting, most) = app.ingest.queue();
    let queue = (waiting >= most).then_some(Reason::QueueFull);
    [stopping, room, writing, queue].into_iter().flatten().collect()
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
}

async fn healthz(_: App, _: Request) -> Result<Response, Problem> {
    Ok(json(&Ready { status: "ok", reasons: Vec::new() }))
}

async fn readyz(app: App, _: Request) -> Result<Response, Problem> {
    let reasons = reasons(&app);
    if reasons.is_empty() {
        return Ok(json(&Ready { status: "ready", reasons }));
    }
    let mut response = json(&Ready { status: "not ready", reasons });
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_SECONDS.into());
    Ok(response)
}

fn json(ready: &Ready) -> Response {
    let text = serde_json::to_string(ready).expect("names are always JSON");
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_the_same_name_everywhere() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_string(&reason).expect("JSON"), format!("\"{}\"", reason.name()));
        }
    }
}
