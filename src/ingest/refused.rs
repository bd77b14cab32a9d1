//! What a recorder can do wrong, one variant for each reason.

use std::time::Duration;

use super::gzip;
use crate::rrweb;

/// Why an upload was not taken. Nothing of it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The path has no write key.
    #[error("the address has no write key; it is {0}/KEY/SESSION/STREAM/SEQ")]
    MissingKey(String),
    /// No connection has this write key.
    #[error("no connection has this write key; compare it with the snippet on the Sessions page")]
    UnknownKey,
    /// The key was replaced.
    #[error("this write key was replaced; put the connection's present one into the snippet")]
    KeyRevoked,
    /// Two different keys came with one upload.
    #[error("the upload names two write keys; the one in the path is enough")]
    AmbiguousKey,
    /// The connection takes nothing for now.
    #[error(
        "the connection is paused; resume it in its settings, or with `hindsight connection set NAME --resume`"
    )]
    RecordingDisabled,
    /// The page's origin is not one of those that may send.
    #[error("the page's origin is not among those that the connection takes recordings from")]
    OriginNotAllowed,
    /// The visitor's browser asks not to be recorded.
    #[error("the visitor's browser sends Sec-GPC, which the connection honours")]
    OptedOut,
    /// The connection's visitors are asked first, which this client cannot know of.
    #[error(
        "the connection asks visitors before it records, which only its own recorder does; let the page ask, and switch the question off under Recording"
    )]
    AsksFirst,
    /// Uploads come more often than they may.
    #[error("uploads come more often than they may; send this one again later")]
    RateLimited {
        /// When there is room again, in seconds.
        after_seconds: u32,
    },
    /// Sessions begin more often than they may.
    #[error("too many sessions begin from this address; send this one again later")]
    TooManySessions {
        /// When there is room again, in seconds.
        after_seconds: u32,
    },
    /// The session's id is not one.
    #[error("the session id is not 16 to 64 letters, digits, '-' or '_'")]
    BadSessionId,
    /// The stream's id is not one.
    #[error("the stream id is not 16 to 64 letters, digits, '-' or '_'")]
    BadStreamId,
    /// The batch's number is not one.
    #[error("seq is not a whole number from 0 to {max}")]
    BadSeq {
        /// The largest that is taken.
        max: i64,
    },
    /// A query parameter cannot be read.
    #[error("the query string cannot be read: {0}")]
    BadQuery(&'static str),
    /// A content coding other than gzip.
    #[error("the body is coded in another way than gzip")]
    UnsupportedEncoding,
    /// A content type that cannot be a batch.
    #[error("the content type is neither JSON nor plain text")]
    UnsupportedMediaType,
    /// There is no body.
    #[error("the body is empty")]
    EmptyBody,
    /// More bytes than allowed, as sent.
    #[error("the body exceeds {limit} bytes")]
    BodyTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body took too long.
    #[error("the body did not arrive within {} seconds", .0.as_secs())]
    BodyTimeout(Duration),
    /// The body came so slowly that it is not waited for.
    #[error("the body came at less than {per_second} bytes in a second")]
    TooSlow {
        /// What it takes.
        per_second: u32,
    },
    /// The client went away in the middle of the body.
    #[error("the body was not sent to its end")]
    BodyCutOff,
    /// The gzip does not inflate, or not within its limits.
    #[error(transparent)]
    Gzip(#[from] gzip::Error),
    /// The text is not UTF-8.
    #[error("the body is not UTF-8 from byte {at}")]
    NotUtf8 {
        /// Offset in the inflated body.
        at: usize,
    },
    /// The text is not a batch of events.
    #[error(transparent)]
    Events(#[from] rrweb::Error),
    /// Another batch stands under this number.
    #[error("another batch is stored under this seq; it stays")]
    SeqConflict,
    /// The number is further ahead than a recorder can be.
    #[error("seq is too far ahead of the batches that have arrived")]
    SeqJump,
    /// The session is over.
    #[error("the session was completed too long ago to be continued, or it was erased")]
    SessionClosed,
    /// The session has all that one may have.
    #[error("the session has lasted as long, or holds as much, as a session may; start another one")]
    SessionLimit,
    /// The connection has received all that it takes in one day.
    #[error("the connection has received all that it takes in one day")]
    QuotaExceeded {
        /// When to come again, in seconds: tomorrow, or in an hour to see.
        after_seconds: u32,
    },
    /// The disk has no room.
    #[error("the server's disk is full; send this again later")]
    StorageFull,
    /// The server is being stopped.
    #[error("the server is stopping; send this again later")]
    ShuttingDown,
    /// More waits than can be taken.
    #[error("too many uploads wait; send this one again later")]
    Busy,
}
