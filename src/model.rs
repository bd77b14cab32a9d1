//! The domain's words as plain data.
//!
//! No I/O and no rules that need a clock or a database: what a connection, a
//! session, a stream and a batch are, and how their names are written.

mod access;
pub mod checkup;
pub mod finding;
pub mod recording;
pub mod report;
pub mod said;
pub mod selector;
pub mod span;
pub mod text_rules;
mod token;
mod user;
pub mod user_agent;
pub mod vouched;
pub mod widget;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

pub use access::{NoRole, Role};
pub use finding::{Analysis, Fact, Fields, Finding, Item, Row, Score, Severity, Value};
pub use report::{
    Cell, Chart, ChartKind, Column, Metric, Moment, Period, Point, Report, Section, Series, Table,
};
pub use said::{Exchange, Identity, Said, Words};
pub use token::{MAX_TOKEN_DAYS, MAX_TOKEN_NAME_CHARS, NoScope, TokenScope, TokenScopes, USUAL_TOKEN_DAYS};
pub use user::{BadName, MAX_USER_NAME_CHARS, Tries, User, known_as, user_name};
pub use vouched::Vouched;

/// Milliseconds since 1970-01-01 UTC, as SQLite and JavaScript keep them.
pub type TimestampMs = i64;

/// The last millisecond that a JavaScript `Date` can hold (ECMA-262, 21.4.1.1).
pub const LAST_TIMESTAMP: TimestampMs = 8_640_000_000_000_000;

/// A connection's number: one recorded site or application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ConnectionId(pub i64);

/// The longest name of a connection that is shown well.
pub const MAX_NAME_CHARS: usize = 80;

/// The name of a connection as it is kept, if the text can be one.
pub fn connection_name(text: &str) -> Option<String> {
    let name = text.trim();
    let is_name =
        !name.is_empty() && name.chars().count() <= MAX_NAME_CHARS && !name.chars().any(char::is_control);
    is_name.then(|| name.to_owned())
}

impl FromStr for ConnectionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        digits.and_then(|digits| digits.parse().ok()).filter(|id| *id > 0).map(Self).ok_or(InvalidId)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not an id of the kind that was asked for.
#[derive(Debug, thiserror::Error)]
#[error("not an id: 16 to 64 letters, digits, '-' or '_' are wanted")]
pub struct InvalidId;

/// Names a type for ids that the recorder makes up: 16 to 64 characters of base64url.
macro_rules! recorder_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as it stands in URLs and in the database.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let of_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                if (16..=64).contains(&text.len()) && text.bytes().all(of_base64url) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId)
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

recorder_id! {
    /// One visit. Unique within its connection only: anybody may send any id.
    SessionId
}
recorder_id! {
    /// One page load in one tab. rrweb's node ids mean something inside one stream only.
    StreamId
}

/// What the names of timed streams begin with.
const TIMED: &str = "timed-";

impl StreamId {
    /// The stream of a recorder that does not number what it sends: its batches stand
    /// where their time says, in tenths of a second, so that numbers are left out.
    pub fn timed(name: &str) -> Result<Self, InvalidId> {
        format!("{TIMED}{name}").parse()
    }

    /// Whether its batches are numbered by time.
    pub fn is_timed(&self) -> bool {
        Self::is_timed_name(&self.0)
    }

    /// Whether the batches of the stream of this name are.
    pub fn is_timed_name(name: &str) -> bool {
        name.starts_with(TIMED)
    }
}

/// The first 16 bytes of the SHA-256 of a stylesheet, which name it within its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StyleHash(pub [u8; 16]);

impl fmt::Display for StyleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for StyleHash {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let of_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(of_hex) {
            return Err(InvalidId);
        }
        u128::from_str_radix(text, 16).map(|bits| Self(bits.to_be_bytes())).map_err(|_| InvalidId)
    }
}

impl Serialize for StyleHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One recorded site or application, with the public key that its pages write with.
#[derive(Clone, Debug, Serialize)]
pub struct Connection {
    /// Its number in URLs.
    pub id: ConnectionId,
    /// What people call it.
    pub name: String,
    /// Stands in every recorded page: it allows writing and nothing else.
    pub write_key: String,
}

/// Whether more of a session is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Batches may still come.
    Active,
    /// The visit ended, or nothing came for long enough.
    Completed,
}

impl Status {
    /// The word for pages, URLs and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
        }
    }
}

/// What a connection holds. Kept as counters, not counted on read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Sessions, active and completed.
    pub total: i64,
    /// Sessions of which more is expected.
    pub active: i64,
    /// Sessions that are over.
    pub completed: i64,
    /// rrweb events over all sessions.
    pub events: i64,
}

/// One session as lists and the replay page show it.
#[derive(Clone, Debug)]
pub struct Session {
    /// The store's own number for it; the order of equal start times.
    pub row: i64,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// The recorder's name for it.
    pub id: SessionId,
    /// Whether more is expected.
    pub status: Status,
    /// When its first batch arrived, by the server's clock.
    pub started_at: TimestampMs,
    /// How many rrweb events it holds.
    pub events: i64,
    /// From its first event to its last, by the visitor's clock.
    pub duration_ms: i64,
    /// The URL of its first page, or "" before one is known.
    pub landing_url: String,
    /// As the browser sent it.
    pub user_agent: String,
    /// Two letters, where a proxy says it. Empty otherwise.
    pub country: String,
    /// Whether a full snapshot has arrived, without which nothing can be shown.
    pub playable: bool,
    /// Retention leaves it alone.
    pub pinned: bool,
    /// What its recording takes, in bytes as stored.
    pub bytes: i64,
    /// Whom the page said the visitor is.
    pub visitor: Option<String>,
    /// Why it could not be finished, after the last attempt.
    pub finish_error: Option<String>,
    /// Whether it is stored in segments, through the maskers of its connection.
    pub finished: bool,
    /// Its first event, by the visitor's clock.
    pub first_event_at: TimestampMs,
    /// What the visitor did, once the recording was read.
    pub counts: Option<Counts>,
    /// What plugins found.
    pub found: FoundCounts,
    /// How many notes people wrote at it.
    pub notes: i64,
    /// Whether anything was said to an assistant in it, or nobody knows because it was not read.
    pub said: bool,
    /// Whether its recording waits to be masked, and nobody may see it before.
    pub held_back: bool,
    /// Whether what was said in it is not for whoever asks, and so nothing of the recording is.
    pub withheld: bool,
}

/// What a visitor did in a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Page views.
    pub pages: i64,
    /// Clicks and taps.
    pub clicks: i64,
    /// Prompts to an assistant.
    pub prompts: i64,
    /// Uncaught errors, errors on the console, and failed requests.
    pub errors: i64,
}

/// What plugins found in a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FoundCounts {
    /// How much.
    pub findings: i64,
    /// The gravest of it.
    pub severity: Option<Severity>,
    /// The highest score, with its reasons.
    pub score: Option<Score>,
}

/// A stretch of time in which the visitor did something, by the visitor's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first event that the visitor caused.
    pub from: TimestampMs,
    /// The last one.
    pub to: TimestampMs,
    /// How many there are.
    pub events: i64,
}

/// What is known of a batch besides its bytes: read from its events once, on arrival, and
/// from the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchFacts {
    /// How many events it holds; at least one.
    pub events: i64,
    /// How many of them are something that the visitor did.
    pub interactions: i64,
    /// The earliest timestamp among them.
    pub first_at: TimestampMs,
    /// The latest timestamp among them.
    pub last_at: TimestampMs,
    /// Whether one of them is a full snapshot.
    pub snapshot: bool,
    /// The URL of the first page, with the time it was loaded at.
    pub page: Option<(TimestampMs, String)>,
    /// The URL of the last page, with the time from which on it was shown.
    pub last_page: Option<(TimestampMs, String)>,
    /// Whom the page said the visitor is, if it did.
    pub identity: Option<Identity>,
    /// What was said beside the page.
    pub said: Vec<Said>,
    /// The size of the JSON.
    pub json_bytes: i64,
    /// The country that a trusted proxy names, in two letters. Empty: it does not.
    pub country: String,
    /// How often what was hidden in it before it was stored, by its kind.
    pub hidden: Vec<(&'static str, i64)>,
}

/// One upload of the recorder, checked and ready to be stored.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The visit.
    pub session: SessionId,
    /// The page load.
    pub stream: StreamId,
    /// Its place among the batches of the stream, from 0.
    pub seq: i64,
    /// One gzip member that holds a JSON array of rrweb events.
    pub body: Vec<u8>,
    /// SHA-256 of the body as it was sent, to tell a repetition from a conflict.
    pub hash: [u8; 32],
    /// What its events say.
    pub facts: BatchFacts,
    /// Whether the recorder says that the page went away.
    pub end: bool,
    /// As the browser sent it.
    pub user_agent: String,
    /// When it was sent, by the visitor's clock.
    pub sent_at: Option<TimestampMs>,
    /// When it arrived, by the server's clock.
    pub received_at: TimestampMs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_base64url_of_16_to_64_characters_is_an_id() {
        for good in ["AAAAAAAAAAAAAAAA", "0123456789abcdef-_", &"x".repeat(64)] {
            assert_eq!(good.parse::<SessionId>().expect(good).as_str(), good);
        }
        for bad in
            ["", "short", "../../etc/passwd", "aaaaaaaaaaaaaaa%00", "ä234567890123456", &"x".repeat(65)]
        {
            assert!(bad.parse::<SessionId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_connection_id_is_a_positive_number() {
        assert_eq!("7".parse::<ConnectionId>().expect("a number"), ConnectionId(7));
        for bad in ["", "0", "-1", "+1", "1.5", "one", "99999999999999999999"] {
            assert!(bad.parse::<ConnectionId>().is_err(), "{bad}");
        }
    }
}
