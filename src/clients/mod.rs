//! Uploads of other recorders, made into batches: those of PostHog's and Sentry's clients.
//!
//! What they record with is rrweb as well, so that events are kept as they came, but for
//! what is packed (`packed`) or says in words of their own what ours have a word for.
//! Who may send, and what becomes of a batch, is decided as for any upload; neither HTTP
//! nor the store is known here.

pub mod files;
pub mod packed;
pub mod posthog;
pub mod sentry;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::config;
use crate::ingest::memory::CONVERTED_PART;
use crate::ingest::{Refused, gzip};
use crate::model::{SessionId, StreamId, TimestampMs};
use crate::rrweb::json::{self, Cursor};
use crate::rrweb::{self, text};

/// How much of an upload is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// What it may be inflated to, the packed fields of its events included.
    pub inflated: gzip::Limits,
    /// Arrays and objects inside each other.
    pub depth: usize,
}

impl From<&config::Ingest> for Limits {
    fn from(settings: &config::Ingest) -> Self {
        let inflated = gzip::Limits::from(settings);
        let bytes = inflated.bytes / CONVERTED_PART;
        Self { inflated: gzip::Limits { bytes, ..inflated }, depth: settings.max_depth }
    }
}

/// Whom a page says that its visitor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The site's own name for the visitor.
    pub id: String,
    /// What else it says, as a JSON object. Empty: nothing.
    pub traits: String,
}

impl Claim {
    /// The event in which our recorder would say so.
    pub fn event(&self, at: TimestampMs) -> String {
        let id = serde_json::Value::from(self.id.as_str());
        let traits = if self.traits.is_empty() { "{}" } else { &self.traits };
        format!(
            r#"{{"type":5,"data":{{"tag":"hindsight.identify","payload":{{"id":{id},"traits":{traits}}}}},"timestamp":{at}}}"#
        )
    }
}

/// One batch of an upload.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The visit.
    pub session: SessionId,
    /// Where in it.
    pub stream: StreamId,
    /// Its place in the stream.
    pub seq: i64,
    /// Its events, each as JSON.
    pub events: Vec<String>,
    /// When the last of them happened, by the visitor's clock.
    pub last_at: TimestampMs,
    /// The SHA-256 of the recording as it came, which is the same however often it comes.
    pub hash: [u8; 32],
    /// Whom the client says that it records.
    pub claim: Option<Claim>,
}

/// What an upload holds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The write key, where it stands in the body.
    pub key: String,
    /// When it was sent, by the visitor's clock.
    pub sent_at: Option<TimestampMs>,
    /// What was recorded.
    pub pieces: Vec<Piece>,
    /// Who the visitors of sessions are, said beside what was recorded.
    pub claims: Vec<(SessionId, Claim)>,
    /// How many messages are of a kind that is not kept.
    pub others: usize,
}

/// The text of a body, whose JSON is whole.
fn checked<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, Refused> {
    let text = std::str::from_utf8(bytes).map_err(|error| Refused::NotUtf8 { at: error.valid_up_to() })?;
    let mut cursor = Cursor::new(text, limits.depth);
    let whole = cursor.value().and_then(|_| cursor.end());
    whole.map_err(|error| match error {
        json::Error::Syntax { at } => Refused::Events(rrweb::Error::Syntax { at }),
        json::Error::TooDeep => Refused::Events(rrweb::Error::TooDeep),
    })?;
    Ok(text)
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A time as these clients write it: ISO 8601, in a JSON string.
fn time(json: Option<&str>) -> Option<TimestampMs> {
    let at: Timestamp = text::text_of(json?)?.parse().ok()?;
    Some(at.as_millisecond())
}

/// The time of an event; 0 where it has none, which the check of the batch tells.
fn timestamp(json: Option<&str>) -> f64 {
    json.and_then(|json| json.parse().ok()).filter(|at: &f64| at.is_finite()).unwrap_or_default()
}
