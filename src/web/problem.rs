//! The one place that turns an error into a status code.
//!
//! Programs get `application/problem+json` (RFC 9457), people a page. What was
//! sent is never repeated in the answer.

use serde::Serialize;
use warp::http::{HeaderValue, StatusCode, header};

use super::kinds::{self, Kind};
use super::{REQUEST_ID, Response};
use crate::answers::ask;
use crate::ingest::{self, Refused, gzip};
use crate::model::TokenScope;
use crate::store::StorageTrouble;
use crate::{rrweb, store};

/// When to come again after the disk failed or is full, in seconds: somebody has to see to it.
const STORAGE_SECONDS: u32 = 300;

/// When to come again while the server is started anew, in seconds.
const RESTART_SECONDS: u32 = 5;

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

impl Retry {
    /// In a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Never => "The recorder drops the batch.",
            Self::Later => "The recorder keeps the batch and sends it again later.",
            Self::Split => "The recorder sends the batch in two halves.",
            Self::Resnapshot => "The recorder drops the batch and goes on with a new full snapshot.",
        }
    }
}

/// Why a request was not answered as it was meant.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What kind of problem it is.
    pub kind: &'static Kind,
    /// The kind, for people.
    pub title: &'static str,
    /// What is wrong with this request, and what to do.
    pub detail: String,
    /// When to come again.
    pub retry_after_seconds: Option<u32>,
    /// For a method that is not allowed, those that are.
    pub allow: Option<String>,
    /// What the log calls this request.
    pub request_id: Option<String>,
    /// No other request can follow on the connection.
    pub closes: bool,
    /// Whether the client gives up on any status below 500, so that a wait is told as one.
    pub is_told_as_unavailable: bool,
}

impl Problem {
    /// A problem of this kind.
    pub(super) fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: kind.title,
            detail: detail.into(),
            retry_after_seconds: None,
            allow: None,
            request_id: None,
            closes: false,
            is_told_as_unavailable: false,
        }
    }

    /// There is nothing at this address, or nothing that the asker may see.
    pub fn not_found() -> Self {
        Self::new(kinds::NOT_FOUND, kinds::NOT_FOUND.meaning)
    }

    /// The asker's role does not go as far.
    pub fn not_allowed() -> Self {
        Self::new(kinds::NOT_ALLOWED, kinds::NOT_ALLOWED.meaning)
    }

    /// The session does not exist.
    pub fn no_session() -> Self {
        let detail = "This session does not exist. It may have been deleted, or the link may be incomplete.";
        Self { detail: detail.to_owned(), title: "No such session", ..Self::not_found() }
    }

    /// Nobody is known by this name.
    pub fn no_visitor() -> Self {
        let detail = "No session is of this visitor. Their sessions may have been deleted, or wait to be masked; \
                      the link may also be incomplete.";
        Self { detail: detail.to_owned(), title: "No such visitor", ..Self::not_found() }
    }

    /// The report does not exist.
    pub fn no_report() -> Self {
        let detail = "This report does not exist. It may have been deleted, or sessions that it was about \
                      were; the link may also be incomplete.";
        Self { detail: detail.to_owned(), title: "No such report", ..Self::not_found() }
    }

    /// The recording holds what visitors wrote, which the asker's role does not show.
    pub fn prompts_withheld() -> Self {
        Self::new(kinds::PROMPTS_WITHHELD, kinds::PROMPTS_WITHHELD.meaning)
    }

    /// The request has no token.
    pub fn no_token() -> Self {
        Self::new(kinds::NO_TOKEN, kinds::NO_TOKEN.meaning)
    }

    /// The token does not work.
    pub fn bad_token() -> Self {
        Self::new(kinds::BAD_TOKEN, kinds::BAD_TOKEN.meaning)
    }

    /// The token has not the scope that is needed.
    pub fn token_scope(needed: TokenScope) -> Self {
        let detail = format!("This needs a token with the scope `{needed}`, and this one does not have it.");
        Self::new(kinds::TOKEN_SCOPE, detail)
    }

    /// The body of a request cannot be used.
    pub fn bad_body(detail: &str) -> Self {
        Self::new(kinds::BAD_BODY, detail)
    }

    /// Another connection has the name.
    pub fn name_taken() -> Self {
        Self::new(kinds::NAME_TAKEN, kinds::NAME_TAKEN.meaning)
    }

    /// The token asks too often.
    pub fn too_often(seconds: u32) -> Self {
        Self::new(kinds::TOO_OFTEN, kinds::TOO_OFTEN.meaning).after(seconds)
    }

    /// The recording waits to be masked.
    pub fn held_back() -> Self {
        Self::new(kinds::HELD_BACK, kinds::HELD_BACK.meaning)
    }

    /// Files are too large to be uploaded at once.
    pub fn import_too_large(limit: u64) -> Self {
        let detail = format!(
            "More than {limit} bytes were sent. What came before that is imported; send the files one by one, or \
             use `hindsight import` on the server's machine."
        );
        Self::new(kinds::IMPORT_TOO_LARGE, detail)
    }

    /// A field of a form cannot be used.
    pub fn bad_form(detail: &str) -> Self {
        Self::new(kinds::BAD_FORM, detail)
    }

    /// There is no timeline of the session so far.
    pub fn not_read_yet() -> Self {
        Self::new(kinds::NOT_READ_YET, kinds::NOT_READ_YET.meaning)
    }

    /// There are enough of them.
    pub fn limit_reached(detail: &str) -> Self {
        Self::new(kinds::LIMIT_REACHED, detail)
    }

    /// The note does not exist.
    pub fn no_note() -> Self {
        let detail = "There is no such note of yours at this session. It may have been deleted, or written in \
                      another browser.";
        Self { detail: detail.to_owned(), title: "No such note", ..Self::not_found() }
    }

    /// The link leads nowhere.
    pub fn no_share() -> Self {
        Self::new(kinds::NO_SHARE, kinds::NO_SHARE.meaning)
    }

    /// The link has expired or was revoked.
    pub fn share_over() -> Self {
        Self::new(kinds::SHARE_OVER, kinds::SHARE_OVER.meaning)
    }

    /// The link has a password, and it was not given.
    pub fn share_locked() -> Self {
        Self::new(kinds::SHARE_LOCKED, kinds::SHARE_LOCKED.meaning)
    }

    /// Passwords are tried.
    pub fn too_many_attempts(seconds: u32) -> Self {
        Self::new(kinds::TOO_MANY_ATTEMPTS, kinds::TOO_MANY_ATTEMPTS.meaning).after(seconds)
    }

    /// The plugin does not exist.
    pub fn no_plugin() -> Self {
        let detail = "No plugin of this name is in the server's folder of plugins. It may have been removed.";
        Self { detail: detail.to_owned(), title: "No such plugin", ..Self::not_found() }
    }

    /// There is too much of it to be done.
    pub fn busy(detail: &str) -> Self {
        Self::new(kinds::BUSY, detail).after(some_seconds())
    }

    /// A question cannot be read.
    pub fn bad_question(wrong: &ask::Wrong) -> Self {
        Self::new(kinds::BAD_QUESTION, format!("{wrong}."))
    }

    /// A question is larger than it may be.
    pub fn question_too_large(limit: usize) -> Self {
        let detail = format!("The question has more than {limit} bytes. Send less of what was said before.");
        Self::new(kinds::QUESTION_TOO_LARGE, detail)
    }

    /// Questions come too often.
    pub fn asked_too_often(after_seconds: u32) -> Self {
        let detail = "Questions come more often than they may. Ask this one again later.";
        Self::new(kinds::ASKED_TOO_OFTEN, detail).after(after_seconds)
    }

    /// Too many questions are under way.
    pub fn too_many_questions() -> Self {
        let detail = "Many others ask at the moment. Ask this again in some seconds.";
        Self::new(kinds::TOO_MANY_QUESTIONS, detail).after(some_seconds())
    }

    /// Somebody asks for more than others would.
    pub fn too_many_requests(after_seconds: u32) -> Self {
        Self::new(kinds::TOO_MANY_REQUESTS, kinds::TOO_MANY_REQUESTS.meaning).after(after_seconds)
    }

    /// The answer was not there in time.
    pub fn took_too_long() -> Self {
        Self {
            closes: true,
            ..Self::new(kinds::TOOK_TOO_LONG, kinds::TOOK_TOO_LONG.meaning).after(some_seconds())
        }
    }

    /// Nobody answers for the connection.
    pub fn answers_off() -> Self {
        Self::new(kinds::ANSWERS_OFF, kinds::ANSWERS_OFF.meaning)
    }

    /// The address takes other methods.
    pub fn method_not_allowed(allow: String) -> Self {
        let detail = format!("This address takes {allow}.");
        Self { allow: Some(allow), ..Self::new(kinds::METHOD_NOT_ALLOWED, detail) }
    }

    /// A page of another site sent it.
    pub fn cross_site(detail: &str) -> Self {
        Self::new(kinds::CROSS_SITE, detail)
    }

    /// A query parameter cannot be used.
    pub fn bad_query(detail: &str) -> Self {
        Self::new(kinds::BAD_QUERY, detail)
    }

    /// The request is not one that HTTP allows, or not unambiguously: who sends
    /// such a thing is not read on from.
    pub fn bad_request(detail: &str) -> Self {
        Self { closes: true, ..Self::new(kinds::BAD_REQUEST, detail) }
    }

    /// The demo shop's bank says no.
    pub fn card_declined() -> Self {
        let detail = "Your bank declined this card. Nothing was charged; try another card.";
        Self::new(kinds::CARD_DECLINED, detail)
    }

    /// We failed, and say no more than that; the log has the cause.
    pub fn internal() -> Self {
        Self::new(kinds::INTERNAL, kinds::INTERNAL.meaning)
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        let waits = self.is_told_as_unavailable && self.kind.retry == Some(Retry::Later);
        if waits { StatusCode::SERVICE_UNAVAILABLE } else { self.kind.status }
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
            #[serde(skip_serializing_if = "Option::is_none")]
            request_id: Option<&'a str>,
        }
        let json = Json {
            r#type: format!("/problems/{}", self.kind.name),
            title: self.title,
            status: self.status().as_u16(),
            detail: &self.detail,
            retry: self.kind.retry,
            request_id: self.request_id.as_deref(),
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
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = self.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            headers.insert(header::ALLOW, allow);
        }
        if let Some(id) = self.request_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(REQUEST_ID, id);
        }
        if self.kind == kinds::NO_TOKEN || self.kind == kinds::BAD_TOKEN {
            let bearer = HeaderValue::from_static("Bearer realm=\"Hindsight\"");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        if self.kind == kinds::UNSUPPORTED_ENCODING {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        }
        if self.closes {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn after(self, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match (&error, error.storage_trouble()) {
            (store::Error::Panicked | store::Error::Abandoned, _) => {
                tracing::error!(%error, "a piece of work in the store failed");
                Self::internal()
            }
            (store::Error::Busy, _) => Refused::Busy.into(),
            (store::Error::Closed, _) => Refused::ShuttingDown.into(),
            (store::Error::ReadOnly, _) => {
                let detail = "The server's data can only be read at the moment. Send this again later.";
                Self::new(kinds::STORAGE_ERROR, detail).after(STORAGE_SECONDS)
            }
            (_, Some(StorageTrouble::Full)) => {
                tracing::error!(error = %with_causes(&error), "the disk is full");
                Refused::StorageFull.into()
            }
            _ => {
                tracing::error!(error = %with_causes(&error), "the store failed");
                Self::new(kinds::STORAGE_ERROR, kinds::STORAGE_ERROR.meaning).after(STORAGE_SECONDS)
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
        let mut detail = refused.to_string();
        if let Some(first) = detail.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let problem = Self::new(kind_of(&refused), detail);
        match refused {
            Refused::Busy => problem.after(some_seconds()),
            Refused::RateLimited { after_seconds }
            | Refused::TooManySessions { after_seconds }
            | Refused::QuotaExceeded { after_seconds } => problem.after(after_seconds),
            Refused::StorageFull => problem.after(STORAGE_SECONDS),
            Refused::ShuttingDown => Self { closes: true, ..problem.after(RESTART_SECONDS) },
            _ => problem,
        }
    }
}

/// Which row of the table a refusal is.
fn kind_of(refused: &Refused) -> &'static Kind {
    match refused {
        Refused::MissingKey(_) => kinds::MISSING_KEY,
        Refused::UnknownKey => kinds::UNKNOWN_KEY,
        Refused::KeyRevoked => kinds::KEY_REVOKED,
        Refused::AmbiguousKey => kinds::AMBIGUOUS_KEY,
        Refused::RecordingDisabled => kinds::RECORDING_DISABLED,
        Refused::OriginNotAllowed => kinds::ORIGIN_NOT_ALLOWED,
        Refused::OptedOut => kinds::OPTED_OUT,
        Refused::AsksFirst => kinds::ASKS_FIRST,
        Refused::RateLimited { .. } | Refused::TooManySessions { .. } => kinds::RATE_LIMITED,
        Refused::BadSessionId => kinds::BAD_SESSION_ID,
        Refused::BadStreamId => kinds::BAD_STREAM_ID,
        Refused::BadSeq { .. } => kinds::BAD_SEQ,
        Refused::BadQuery(_) => kinds::BAD_QUERY,
        Refused::UnsupportedEncoding => kinds::UNSUPPORTED_ENCODING,
        Refused::UnsupportedMediaType => kinds::UNSUPPORTED_MEDIA_TYPE,
        Refused::EmptyBody => kinds::EMPTY_BODY,
        Refused::BodyTooLarge { .. } | Refused::Gzip(gzip::Error::TooLarge { .. }) => kinds::BODY_TOO_LARGE,
        Refused::Gzip(gzip::Error::Ratio { .. }) => kinds::COMPRESSION_RATIO,
        Refused::Gzip(gzip::Error::Broken(_)) => kinds::BAD_GZIP,
        Refused::BodyTimeout(_) => kinds::BODY_TIMEOUT,
        Refused::TooSlow { .. } => kinds::TOO_SLOW,
        Refused::BodyCutOff => kinds::CLIENT_GONE,
        Refused::NotUtf8 { .. } => kinds::NOT_UTF8,
        Refused::Events(error) => kind_of_events(error),
        Refused::SeqConflict => kinds::SEQ_CONFLICT,
        Refused::SeqJump => kinds::SEQ_JUMP,
        Refused::SessionClosed => kinds::SESSION_CLOSED,
        Refused::SessionLimit => kinds::SESSION_LIMIT,
        Refused::QuotaExceeded { .. } => kinds::QUOTA_EXCEEDED,
        Refused::StorageFull => kinds::STORAGE_FULL,
        Refused::ShuttingDown => kinds::SHUTTING_DOWN,
        Refused::Busy => kinds::BUSY,
    }
}

fn kind_of_events(error: &rrweb::Error) -> &'static Kind {
    use rrweb::Error as E;
    match error {
        E::Syntax { .. } => kinds::BAD_JSON,
        E::TooDeep => kinds::JSON_TOO_DEEP,
        E::NotABatch => kinds::BAD_SHAPE,
        E::TooManyEvents => kinds::TOO_MANY_EVENTS,
        E::EventTooLarge { .. } => kinds::EVENT_TOO_LARGE,
        E::EventTooDeep { .. } => kinds::EVENT_TOO_DEEP,
        E::BadSeq { .. } => kinds::BAD_SEQ,
        E::DuplicateKey { .. } => kinds::DUPLICATE_KEY,
        E::BadType { .. } => kinds::BAD_EVENT_TYPE,
        E::BadEvent { .. } => kinds::BAD_EVENT,
    }
}

/// 2 to 10 seconds, so that those who wait do not all come back at once.
fn some_seconds() -> u32 {
    let mut random = [0; 1];
    2 + getrandom::fill(&mut random).map_or(0, |()| u32::from(random[0]) % 9)
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
