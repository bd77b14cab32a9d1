//! One thing that happened, as the lists beside the replay have it.

use serde::Serialize;

use crate::timeline::{Event, Kind, KindName, Level, sentence};

/// Statuses of requests from here on are what went wrong, as is having none.
const FIRST_FAILED_STATUS: u32 = 400;

/// Requests that take this long are worth a line.
const SLOW_MS: u32 = 1000;

/// What is listed: what a person would call doing something, and what the page said.
pub const LISTED: [KindName; 15] = [
    KindName::PageView,
    KindName::Click,
    KindName::Input,
    KindName::Copy,
    KindName::Console,
    KindName::Error,
    KindName::Request,
    KindName::Prompt,
    KindName::Reply,
    KindName::Feedback,
    KindName::Identify,
    KindName::Hidden,
    KindName::Visible,
    KindName::Idle,
    KindName::Custom,
];

/// See `ListedEvent` in `browser/contracts/events.ts`.
#[derive(Debug, PartialEq, Serialize)]
pub struct Line {
    /// Where it plays, in milliseconds on the timeline.
    pub at_ms: i64,
    /// What it is.
    pub kind: KindName,
    text: String,
    /// Whether something went wrong.
    #[serde(skip_serializing_if = "is_false")]
    pub failed: bool,
    /// Whether only the lists of the console and the network have it.
    #[serde(skip_serializing_if = "is_false")]
    pub quiet: bool,
    #[serde(flatten)]
    details: Option<Details>,
}

/// What the list of its kind shows beyond the sentence.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Details {
    Page { url: String, title: String },
    Said { level: Level, message: String, stack: String },
    Request { method: String, url: String, status: u32, took_ms: u32 },
}

impl Line {
    /// An event that plays at a time.
    pub fn of(event: &Event, at_ms: i64) -> Self {
        let (failed, quiet) = weight(&event.kind);
        let details = details(&event.kind);
        Self { at_ms, kind: event.kind.name(), text: sentence(event), failed, quiet, details }
    }

    /// The same without what only lists show. Pages keep their address.
    pub fn in_short(self) -> Self {
        let details = self.details.filter(|details| matches!(details, Details::Page { .. }));
        Self { details, ..self }
    }
}

/// Whether something went wrong, and whether it is not worth a line among what the visitor did.
fn weight(kind: &Kind) -> (bool, bool) {
    match kind {
        Kind::Error { .. } => (true, false),
        Kind::Console { level, .. } => (*level == Level::Error, matches!(level, Level::Debug | Level::Info)),
        Kind::Request { status, took, .. } => {
            let failed = *status == 0 || *status >= FIRST_FAILED_STATUS;
            (failed, !failed && *took < SLOW_MS)
        }
        _ => (false, false),
    }
}

fn details(kind: &Kind) -> Option<Details> {
    Some(match kind {
        Kind::PageView { url, title, .. } => Details::Page { url: url.clone(), title: title.clone() },
        Kind::Console { level, text, stack } => {
            Details::Said { level: *level, message: text.clone(), stack: stack.clone() }
        }
        Kind::Error { text, stack } => {
            Details::Said { level: Level::Error, message: text.clone(), stack: stack.clone() }
        }
        Kind::Request { method, url, status, took } => {
            Details::Request { method: method.clone(), url: url.clone(), status: *status, took_ms: *took }
        }
        _ => return None,
    })
}

fn is_false(value: &bool) -> bool {
    !value
}
