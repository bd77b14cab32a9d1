//! The one place that turns an error into a status code.
//!
//! Programs get `application/problem+json` (RFC 9457), people a page. What was
//! sent is never repeated in the answer.

use serde::Serialize;
use warp::http::{HeaderValue, StatusCode, header};

use super::Response;
use crate::ingest::{self, Refused, gzip};
use crate::{rrweb, store};

/// What the recorder does with the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Retry {
    /// Drop it.
    Never,
    /// Send the same again, after `Retry-After`.
    Later,
    /// Send it in two halves.
    Split,
    /// Drop it and start a new full snapshot.
    Resnapshot,
}

/// Why a request was not answered as it was meant.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The kind, a word for programs.
    pub kind: &'static str,
    /// The kind, for people.
    pub title: &'static str,
    /// What is wrong with this request, and what to do.
    pub detail: String,
    /// For uploads.
    pub retry: Option<Retry>,
    /// When to come again.
    pub retry_after_seconds: Option<u32>,
    /// For a method that is not allowed, those that are.
    pub allow: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            title,
            detail: detail.into(),
            retry: None,
            retry_after_seconds: None,
            allow: None,
        }
    }

    /// There is nothing at this address, or nothing that the asker may see.
    pub fn not_found() -> Self {
        let detail = "Nothing is at this address. It may have been deleted, or the link may be incomplete.";
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// The session does not exist.
    pub fn no_session() -> Self {
        let detail = "This session does not exist. It may have been deleted, or the link may be incomplete.";
        Self { detail: detail.to_owned(), title: "No such session", ..Self::not_found() }
    }

    /// The address takes other methods.
    pub fn method_not_allowed(allow: String) -> Self {
        let detail = format!("This address takes {allow}.");
        Self {
            allow: Some(allow),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
        }
    }

    /// A query parameter cannot be used.
    pub fn bad_query(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-query", "Bad query", detail)
    }

    /// The request is not one that HTTP allows, or not unambiguously.
    pub fn bad_request(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "Bad request", detail)
    }

    /// The demo shop's bank says no.
    pub fn card_declined() -> Self {
        let detail = "Your bank declined this card. Nothing was charged; try another card.";
        Self::new(StatusCode::PAYMENT_REQUIRED, "card-declined", "Card declined", detail)
    }

    /// We failed, and say no more than that; the log has the cause.
    pub fn internal() -> Self {
        let detail = "The server failed to answer. Its log says why.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Server error", detail)
    }

    /// For programs.
    pub fn to_json(&self) -> Response {
        #[derive(Serialize)]
        struct Json<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            detail: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry: Option<Retry>,
        }
        let json = Json {
            r#type: format!("/problems/{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            retry: self.retry,
        };
        let text = serde_json::to_string(&json).expect("a struct of text and numbers is always JSON");
        let mut response = Response::new(text.into());
        let problem_json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem_json);
        self.mark(response)
    }

    /// For people, with a page that was made of it.
    pub fn to_page(&self, html: String) -> Response {
        let mut response = Response::new(html.into());
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, html);
        self.mark(response)
    }

    fn mark(&self, mut response: Response) -> Response {
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = self.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            headers.insert(header::ALLOW, allow);
        }
        response
    }

    fn retry(self, retry: Retry) -> Self {
        Self { retry: Some(retry), ..self }
    }

    fn after(self, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Panicked | store::Error::Abandoned => {
                tracing::error!(%error, "a piece of work in the store failed");
                Self::internal()
            }
            store::Error::ReadOnly => {
                let detail = "The server's data can only be read at the moment. Send this again later.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage-error", "Read-only", detail)
                    .retry(Retry::Later)
                    .after(300)
            }
            error if error.is_disk_full() => {
                tracing::error!(error = %with_causes(&error), "the disk is full");
                Refused::StorageFull.into()
            }
            store::Error::Busy => busy("The server has too much to write. Send this again later."),
            store::Error::Closed => {
                let detail = "The server is stopping. Send this again later.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting-down", "Stopping", detail)
                    .retry(Retry::Later)
                    .after(5)
            }
            error => {
                tracing::error!(error = %with_causes(&error), "the store failed");
                let detail = "The server's storage failed. Its log says why.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage-error", "Storage failed", detail)
                    .retry(Retry::Later)
                    .after(300)
            }
        }
    }
}

impl From<ingest::Error> for Problem {
    fn from(error: ingest::Error) -> Self {
        match error {
            ingest::Error::Refused(refused) => refused.into(),
            ingest::Error::Store(error) => error.into(),
            ingest::Error::CheckFailed => {
                tracing::error!("the check of an upload panicked");
                Self::internal()
            }
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let (status, kind, title, retry) = kind_of(&refused);
        let mut detail = refused.to_string();
        if let Some(first) = detail.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let problem = match refused {
            Refused::Busy => busy(&detail),
            Refused::StorageFull => Self::new(status, kind, title, detail).after(300),
            _ => Self::new(status, kind, title, detail),
        };
        problem.retry(retry)
    }
}

type Kind = (StatusCode, &'static str, &'static str, Retry);

/// The table of refusals.
fn kind_of(refused: &Refused) -> Kind {
    use StatusCode as S;
    let never = |status, kind, title| (status, kind, title, Retry::Never);
    match refused {
        Refused::MissingKey(_) => never(S::UNAUTHORIZED, "missing-key", "No write key"),
        Refused::UnknownKey => never(S::UNAUTHORIZED, "unknown-key", "Unknown write key"),
        Refused::BadSessionId => never(S::UNPROCESSABLE_ENTITY, "bad-session-id", "Bad session id"),
        Refused::BadStreamId => never(S::UNPROCESSABLE_ENTITY, "bad-stream-id", "Bad stream id"),
        Refused::BadSeq { .. } => never(S::UNPROCESSABLE_ENTITY, "bad-seq", "Bad seq"),
        Refused::BadQuery(_) => never(S::BAD_REQUEST, "bad-query", "Bad query"),
        Refused::UnsupportedEncoding => {
            never(S::UNSUPPORTED_MEDIA_TYPE, "unsupported-encoding", "Unsupported coding")
        }
        Refused::UnsupportedMediaType => {
            never(S::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported type")
        }
        Refused::EmptyBody => never(S::BAD_REQUEST, "empty-body", "Empty batch"),
        Refused::BodyTooLarge { .. } | Refused::Gzip(gzip::Error::TooLarge { .. }) => {
            (S::PAYLOAD_TOO_LARGE, "body-too-large", "Batch too large", Retry::Split)
        }
        Refused::Gzip(gzip::Error::Ratio { .. }) => {
            (S::PAYLOAD_TOO_LARGE, "compression-ratio", "Batch too large", Retry::Split)
        }
        Refused::Gzip(gzip::Error::Broken(_)) => never(S::BAD_REQUEST, "bad-gzip", "Broken gzip"),
        Refused::BodyTimeout(_) => (S::REQUEST_TIMEOUT, "body-timeout", "Too slow", Retry::Later),
        Refused::BodyCutOff => (S::BAD_REQUEST, "body-cut-off", "Batch cut off", Retry::Later),
        Refused::NotUtf8 { .. } => never(S::BAD_REQUEST, "not-utf8", "Not UTF-8"),
        Refused::Events(error) => kind_of_events(error),
        Refused::SeqConflict => never(S::CONFLICT, "seq-conflict", "Another batch has this seq"),
        Refused::SeqJump => never(S::UNPROCESSABLE_ENTITY, "seq-jump", "Seq too far ahead"),
        Refused::SessionClosed => never(S::GONE, "session-closed", "Session is over"),
        Refused::SessionLimit => (S::CONFLICT, "session-limit", "Session is full", Retry::Resnapshot),
        Refused::QuotaExceeded => {
            (S::TOO_MANY_REQUESTS, "quota-exceeded", "Daily limit reached", Retry::Later)
        }
        Refused::StorageFull => {
            (S::SERVICE_UNAVAILABLE, "storage-full", "No room for recordings", Retry::Later)
        }
        Refused::Busy => (S::SERVICE_UNAVAILABLE, "busy", "Busy", Retry::Later),
    }
}

fn kind_of_events(error: &rrweb::Error) -> Kind {
    use StatusCode as S;
    use rrweb::Error as E;
    match error {
        E::Syntax { .. } => (S::BAD_REQUEST, "bad-json", "Broken JSON", Retry::Never),
        E::TooDeep => (S::BAD_REQUEST, "json-too-deep", "JSON too deep", Retry::Never),
        E::NotABatch => (S::BAD_REQUEST, "bad-shape", "Not a batch of events", Retry::Never),
        E::TooManyEvents => (S::PAYLOAD_TOO_LARGE, "too-many-events", "Too many events", Retry::Split),
        E::EventTooLarge { .. } => {
            (S::PAYLOAD_TOO_LARGE, "event-too-large", "Event too large", Retry::Resnapshot)
        }
        E::EventTooDeep { .. } => {
            (S::UNPROCESSABLE_ENTITY, "event-too-deep", "Event too deep", Retry::Resnapshot)
        }
        E::BadSeq { .. } => (S::UNPROCESSABLE_ENTITY, "bad-seq", "Bad seq", Retry::Never),
        E::DuplicateKey { .. } => {
            (S::UNPROCESSABLE_ENTITY, "duplicate-key", "Key stands twice", Retry::Never)
        }
        E::BadType { .. } => (S::UNPROCESSABLE_ENTITY, "bad-event-type", "Bad event type", Retry::Never),
        E::BadEvent { .. } => (S::UNPROCESSABLE_ENTITY, "bad-event", "Bad event", Retry::Never),
    }
}

fn busy(detail: &str) -> Problem {
    // Spread over a few seconds, so that those who wait do not all come back at once.
    let mut random = [0; 1];
    let jitter = getrandom::fill(&mut random).map_or(0, |()| u32::from(random[0]) % 9);
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", detail)
        .retry(Retry::Later)
        .after(2 + jitter)
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
