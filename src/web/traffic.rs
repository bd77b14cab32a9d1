//! How often each row of the table of routes was answered, with which status, and how long
//! that took; the log hears the same. Rows are known by their templates, so no address that was
//! asked for is kept.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use warp::http::Method;

use super::router::{Route, Surface};
use super::{REQUEST_ID, Response};
use crate::measure::{Durations, Seen};

/// The statuses that are counted one by one; any other counts as the last, which is none.
const STATUSES: [u16; 27] = [
    200, 201, 202, 204, 206, 301, 302, 303, 304, 400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 416,
    422, 429, 500, 503, 507, 0,
];

/// The answers of a server.
#[derive(Default)]
pub struct Traffic(OnceLock<Vec<Row>>);

/// The answers of one route.
pub struct Row {
    /// Its method; "" for what no route takes.
    pub method: String,
    /// Its path as the table has it.
    pub path: String,
    by_status: [AtomicU64; STATUSES.len()],
    took: Durations,
}

impl Row {
    fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            by_status: [const { AtomicU64::new(0) }; STATUSES.len()],
            took: Durations::new(),
        }
    }

    /// How often each status was answered that was.
    pub fn by_status(&self) -> impl Iterator<Item = (u16, u64)> {
        let counts = self.by_status.iter().map(|count| count.load(Ordering::Relaxed));
        STATUSES.into_iter().zip(counts).filter(|(_, count)| *count > 0)
    }

    /// How long it took until the head of an answer was there.
    pub fn took(&self) -> Seen {
        self.took.seen()
    }
}

impl Traffic {
    /// Makes a row for each route, in the order of the table. What is there stays.
    pub fn begin<'a>(&self, routes: impl Iterator<Item = (&'a Method, &'a str)>) {
        self.0.get_or_init(|| {
            let rows = routes.map(|(method, path)| Row::new(method.as_str(), path));
            rows.chain([Row::new("", "unmatched")]).collect()
        });
    }

    /// One more answer, of the row with this number; `None`: no route takes it.
    pub fn note(&self, row: Option<usize>, response: &Response, took: Duration) {
        self.count(row, response.status().as_u16(), took);
    }

    fn count(&self, row: Option<usize>, status: u16, took: Duration) {
        let rows = self.rows();
        let Some(row) = row.and_then(|row| rows.get(row)).or(rows.last()) else { return };
        let place = STATUSES.iter().position(|each| *each == status).unwrap_or(STATUSES.len() - 1);
        row.by_status[place].fetch_add(1, Ordering::Relaxed);
        row.took.note(took);
    }

    /// All rows.
    pub fn rows(&self) -> &[Row] {
        self.0.get().map_or(&[], Vec::as_slice)
    }
}

/// Tells the log of an answer: without whom it is for, or what exactly they asked for.
pub fn tell(route: Option<&Route>, problem: Option<&'static str>, response: &Response, took: Duration) {
    // Uploads that are refused are told by `refusal`.
    if route.is_some_and(|route| route.surface == Surface::Ingest) {
        return;
    }
    let status = response.status().as_u16();
    let request_id = response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let (method, route) = route.map_or(("", ""), |route| (route.method.as_str(), route.path.as_str()));
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if status >= 500 && problem.is_some() {
        tracing::warn!(method, route, status, problem, request_id, took_ms, "a request failed");
    } else {
        tracing::debug!(method, route, status, problem, request_id, took_ms, "answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_route_and_status() {
        let traffic = Traffic::default();
        traffic.begin([(&Method::GET, "/a"), (&Method::POST, "/a")].into_iter());
        for (row, status) in [(Some(0), 200), (Some(0), 200), (Some(1), 418), (None, 404)] {
            traffic.count(row, status, Duration::from_millis(3));
        }
        let counted: Vec<_> = traffic
            .rows()
            .iter()
            .map(|row| (row.method.as_str(), row.path.as_str(), row.by_status().collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            counted,
            [("GET", "/a", vec![(200, 2)]), ("POST", "/a", vec![(0, 1)]), ("", "unmatched", vec![(404, 1)])]
        );
        assert_eq!(traffic.rows()[0].took().count(), 2);
    }
}
