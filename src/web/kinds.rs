//! The kinds of problems: one table of what each is called, answered with, and means.
//!
//! A problem's `type` leads to its row here, shown as a page.

use serde::Serialize;
use warp::http::{Method, StatusCode};

use super::page::Frame;
use super::problem::{Problem, Retry};
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// A word for programs.
    pub name: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// For people.
    pub title: &'static str,
    /// For uploads: what becomes of the batch.
    pub retry: Option<Retry>,
    /// What it means, and what to do.
    pub meaning: &'static str,
}

macro_rules! kinds {
    ($($id:ident: $name:literal, $status:ident, $title:literal, $retry:expr, $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub const $id: &Kind = &Kind {
                name: $name,
                status: StatusCode::$status,
                title: $title,
                retry: $retry,
                meaning: $meaning,
            };
        )+

        /// All rows.
        pub const ALL: &[&Kind] = &[$($id),+];
    };
}

const NEVER: Option<Retry> = Some(Retry::Never);
const LATER: Option<Retry> = Some(Retry::Later);
const SPLIT: Option<Retry> = Some(Retry::Split);
const RESNAPSHOT: Option<Retry> = Some(Retry::Resnapshot);

kinds! {
    NOT_FOUND: "not-found", NOT_FOUND, "Not found", None,
        "Nothing is at this address. It may have been deleted, or the link may be incomplete.";
    METHOD_NOT_ALLOWED: "method-not-allowed", METHOD_NOT_ALLOWED, "Method not allowed", None,
        "The address takes other methods; the Allow header names them.";
    BAD_REQUEST: "bad-request", BAD_REQUEST, "Bad request", None,
        "The request is not one that HTTP allows, or could be read in two ways. Look at what stands between \
         the client and the server.";
    BAD_QUERY: "bad-query", BAD_REQUEST, "Bad query", NEVER,
        "A query parameter cannot be read, stands twice, or the whole is too long.";
    CROSS_SITE: "cross-site", FORBIDDEN, "Sent from another site", None,
        "What changes something is taken from pages of this server only. A program says where it comes from \
         with the header `Sec-Fetch-Site: none`.";
    NOT_ALLOWED: "not-allowed", FORBIDDEN, "Not for your role", None,
        "Your role does not go as far. Whoever administers the connection can give you another one.";
    PROMPTS_WITHHELD: "prompts-withheld", FORBIDDEN, "What was said is not for your role", None,
        "Your role sees visits without what visitors wrote to the assistant, and a recording holds all of it. So \
         visits in which something was said are not replayed for you. Whoever administers the connection can give \
         you the role of a viewer.";
    LOGIN_NEEDED: "login-needed", UNAUTHORIZED, "Log in first", None,
        "This is for people with an account. Log in, and come back.";
    PROVIDER_FAILED: "provider-failed", BAD_GATEWAY, "The login failed", None,
        "People log in through an OpenID provider here, which did not answer as it should. Try again in a while; \
         whoever runs the server finds more in its log and under [accounts.oidc] in config.toml.";
    LOGIN_BROKEN_OFF: "login-broken-off", BAD_REQUEST, "The login was broken off", None,
        "It belongs to the browser and the moment in which it was begun. Begin anew on the login page.";
    NOT_LET_IN: "not-let-in", FORBIDDEN, "You are not let in", None,
        "Somebody vouches for you, and the rules of this server do not let you in. Ask whoever administers it.";
    NO_INVITATION: "no-invitation", NOT_FOUND, "This link does not work", None,
        "The link has expired, it was used already, or another one was made. Ask whoever sent it to you for \
         another one.";
    SECOND_FACTOR_NEEDED: "second-factor-needed", FORBIDDEN, "A second factor is needed", None,
        "Everybody needs a second factor here, and you have none yet. Set one up on the page of your account.";
    OWN_ACCOUNT: "own-account", CONFLICT, "This is your own account", None,
        "Nobody changes or removes their own account here, so that somebody is left to take it back. Ask another \
         administrator.";
    LAST_ADMIN: "last-admin", CONFLICT, "Nobody would be left", None,
        "This is the last one who administers it and can log in. Make somebody else an administrator first.";
    FOREIGN_HOST: "foreign-host", MISDIRECTED_REQUEST, "Asked for by a foreign name", None,
        "The server asks nobody who they are, so it answers to its own names only: an address, localhost, or \
         that of server.public_url in config.toml. Set that to the name that it is reached by.";
    NO_TOKEN: "no-token", UNAUTHORIZED, "No token", None,
        "The API wants a token in one header: `Authorization: Bearer hs_pat_…`. Make one on the page /tokens, or with \
         `hindsight token create`.";
    BAD_TOKEN: "bad-token", UNAUTHORIZED, "This token does not work", None,
        "The token is not complete, or it expired or was revoked, or its maker is gone. Make another one on the page \
         /tokens, or with `hindsight token create`.";
    TOKEN_SCOPE: "token-scope", FORBIDDEN, "Not within the token's scopes", None,
        "The token lacks a scope that this needs; the detail names it. Make a token that has it.";
    BAD_BODY: "bad-body", UNPROCESSABLE_ENTITY, "Bad body", None,
        "The body is no JSON, or a field of it is missing, unknown or has a value that it cannot have. The detail names \
         the field; the page /api has all of them.";
    IMPORT_TOO_LARGE: "import-too-large", PAYLOAD_TOO_LARGE, "Too much to import at once", None,
        "The files that were uploaded are larger than may come at once. What came before is imported; send the \
         others one by one, or use `hindsight import` on the server's machine.";
    NAME_TAKEN: "name-taken", CONFLICT, "The name is taken", None,
        "Another connection is called this. Choose another name.";
    TOO_OFTEN: "too-often", TOO_MANY_REQUESTS, "Too many requests", None,
        "The token asks more often than 10 times a second. Come again after Retry-After.";
    HELD_BACK: "held-back", FORBIDDEN, "Not shown before it is masked", None,
        "A plugin masks the recordings of this connection. This one is shown once its visit is over and it is \
         masked; where masking fails, the Plugins page says why.";
    BAD_FORM: "bad-form", UNPROCESSABLE_ENTITY, "Cannot be taken like this", None,
        "A field of the form is missing, too long or has a value that is none of those it takes.";
    NOT_READ_YET: "not-read-yet", CONFLICT, "Not read yet", None,
        "What the visitor did is read out of the recording once the visit is over. Come again in a while.";
    LIMIT_REACHED: "limit-reached", CONFLICT, "No room for more", None,
        "There are as many as the server keeps of this. Delete some that are not needed any more.";
    NO_SHARE: "no-share", NOT_FOUND, "This link does not work", None,
        "Nothing is shared under this link. It may be incomplete, or what it showed was deleted. Ask whoever \
         sent it to you for another one.";
    SHARE_OVER: "share-over", GONE, "This link does not work any more", None,
        "The link has expired, or it was taken back. Ask whoever sent it to you for another one.";
    SHARE_LOCKED: "share-locked", UNAUTHORIZED, "A password is needed", None,
        "What is shared under this link is shown to those who know its password. Open the link and enter it.";
    TOO_MANY_ATTEMPTS: "too-many-attempts", TOO_MANY_REQUESTS, "Too many attempts", None,
        "The password was entered wrongly too often. Wait as long as Retry-After says and try again.";
    TOO_MANY_REQUESTS: "too-many-requests", TOO_MANY_REQUESTS, "Too many requests", None,
        "Requests from this address come more often than the server takes from those who have not logged in. \
         Wait as long as Retry-After says; the limit is requests_per_second_per_address in config.toml.";
    TOOK_TOO_LONG: "took-too-long", SERVICE_UNAVAILABLE, "This took too long", None,
        "The server gave up before the answer was there: it has much to do, or was asked for much. Try it again, \
         or ask for less. The limit is handler_timeout_seconds in config.toml.";
    CARD_DECLINED: "card-declined", PAYMENT_REQUIRED, "Card declined", None,
        "The demo shop's bank declines this card. Nothing was charged; try another card.";
    INTERNAL: "internal", INTERNAL_SERVER_ERROR, "Server error", None,
        "The server failed to answer. Its log says why.";
    MISSING_KEY: "missing-key", UNAUTHORIZED, "No write key", NEVER,
        "The address of an upload names a connection by its write key, and this one has none. Compare the \
         snippet in the page with the one on the Sessions page.";
    UNKNOWN_KEY: "unknown-key", UNAUTHORIZED, "Unknown write key", NEVER,
        "No connection has this write key. Compare the snippet in the page with the one on the Sessions page.";
    KEY_REVOKED: "key-revoked", FORBIDDEN, "Write key replaced", NEVER,
        "The connection has another write key by now. Put the snippet from the Sessions page into the page.";
    AMBIGUOUS_KEY: "ambiguous-key", BAD_REQUEST, "Two write keys", NEVER,
        "The upload names two different write keys. The one in the path is enough.";
    RECORDING_DISABLED: "recording-disabled", FORBIDDEN, "Recording is paused", NEVER,
        "The connection is paused. `hindsight connection set NAME --resume` goes on recording.";
    ORIGIN_NOT_ALLOWED: "origin-not-allowed", FORBIDDEN, "Origin not allowed", NEVER,
        "The connection takes recordings from certain origins only, and the page has another. \
         `hindsight connection set NAME --origins` says which may send.";
    OPTED_OUT: "opted-out", FORBIDDEN, "Visitor opted out", NEVER,
        "The visitor's browser sends Sec-GPC: 1, and the connection honours it: this visit is not recorded.";
    ASKS_FIRST: "asks-first", FORBIDDEN, "Visitors are asked first", NEVER,
        "The connection asks its visitors before it records. Recorders other than its own cannot know what a \
         visitor answered: let the page ask, and switch the question off in the connection's settings.";
    RATE_LIMITED: "rate-limited", TOO_MANY_REQUESTS, "Too many uploads", LATER,
        "Uploads for this connection, or from this address, come more often than the server takes, or too \
         many sessions begin from it. Send it again after Retry-After; the limits are batches_per_second_per_key \
         and _per_address, and sessions_per_minute_per_address, in config.toml.";
    QUOTA_EXCEEDED: "quota-exceeded", TOO_MANY_REQUESTS, "Daily limit reached", LATER,
        "The connection has received all that it takes in one day (UTC). \
         `hindsight connection set NAME --daily-mb N` changes the limit.";
    BAD_SESSION_ID: "bad-session-id", UNPROCESSABLE_ENTITY, "Bad session id", NEVER,
        "A session id is 16 to 64 letters, digits, '-' or '_'.";
    BAD_STREAM_ID: "bad-stream-id", UNPROCESSABLE_ENTITY, "Bad stream id", NEVER,
        "A stream id is 16 to 64 letters, digits, '-' or '_'.";
    BAD_SEQ: "bad-seq", UNPROCESSABLE_ENTITY, "Bad seq", NEVER,
        "The number of a batch is a whole number from 0 to 1,000,000.";
    SEQ_JUMP: "seq-jump", UNPROCESSABLE_ENTITY, "Seq too far ahead", NEVER,
        "The number of the batch is more than 10,000 ahead of the first one that is missing.";
    SEQ_CONFLICT: "seq-conflict", CONFLICT, "Another batch has this seq", NEVER,
        "Other bytes were stored under this number before, and stay. Each page load needs a stream of its own.";
    SESSION_CLOSED: "session-closed", GONE, "Session is over", NEVER,
        "The session was completed too long ago to be continued, or it was erased.";
    SESSION_LIMIT: "session-limit", CONFLICT, "Session is full", RESNAPSHOT,
        "The session has lasted as long, or holds as much, as a session may. Start another one.";
    UNSUPPORTED_ENCODING: "unsupported-encoding", UNSUPPORTED_MEDIA_TYPE, "Unsupported coding", NEVER,
        "A batch is sent as it is or as gzip, never in another coding and never coded twice.";
    UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "Unsupported type", NEVER,
        "A batch is JSON in UTF-8. Its content type is JSON or plain text, or is left out.";
    EMPTY_BODY: "empty-body", BAD_REQUEST, "Empty batch", NEVER,
        "The upload has no body, or one of white space only.";
    BODY_TOO_LARGE: "body-too-large", PAYLOAD_TOO_LARGE, "Batch too large", SPLIT,
        "The batch exceeds max_body_bytes, or max_inflated_bytes once it is inflated. Send it in two halves.";
    COMPRESSION_RATIO: "compression-ratio", PAYLOAD_TOO_LARGE, "Batch too large", SPLIT,
        "The batch inflates to more than max_ratio times its size, which no recording does.";
    BAD_GZIP: "bad-gzip", BAD_REQUEST, "Broken gzip", NEVER,
        "The body is not exactly one whole gzip member with a right checksum.";
    BODY_TIMEOUT: "body-timeout", REQUEST_TIMEOUT, "Too slow", LATER,
        "The body did not arrive within body_timeout_seconds.";
    TOO_SLOW: "too-slow", REQUEST_TIMEOUT, "Too slow", LATER,
        "The body came more slowly than min_bytes_per_second.";
    CLIENT_GONE: "client-gone", BAD_REQUEST, "Batch cut off", LATER,
        "The client went away before all of the body was sent.";
    NOT_UTF8: "not-utf8", BAD_REQUEST, "Not UTF-8", NEVER,
        "The body is not text in UTF-8.";
    BAD_JSON: "bad-json", BAD_REQUEST, "Broken JSON", NEVER,
        "The body is not JSON as RFC 8259 has it.";
    JSON_TOO_DEEP: "json-too-deep", BAD_REQUEST, "JSON too deep", NEVER,
        "The JSON is nested deeper than max_depth before it even holds an event.";
    BAD_SHAPE: "bad-shape", BAD_REQUEST, "Not a batch of events", NEVER,
        "A batch is a JSON array of one or more rrweb events.";
    TOO_MANY_EVENTS: "too-many-events", PAYLOAD_TOO_LARGE, "Too many events", SPLIT,
        "The batch has more events than max_events_per_batch. Send it in two halves.";
    EVENT_TOO_LARGE: "event-too-large", PAYLOAD_TOO_LARGE, "Event too large", RESNAPSHOT,
        "One event alone exceeds max_event_bytes. Leave it out and go on with a new full snapshot.";
    EVENT_TOO_DEEP: "event-too-deep", UNPROCESSABLE_ENTITY, "Event too deep", RESNAPSHOT,
        "An event is nested deeper than max_depth. Leave it out and go on with a new full snapshot.";
    DUPLICATE_KEY: "duplicate-key", UNPROCESSABLE_ENTITY, "Key stands twice", NEVER,
        "An event has a key of rrweb's twice, so it could be read in two ways.";
    BAD_EVENT_TYPE: "bad-event-type", UNPROCESSABLE_ENTITY, "Bad event type", NEVER,
        "The type of an event is not a whole number that rrweb could mean.";
    BAD_EVENT: "bad-event", UNPROCESSABLE_ENTITY, "Bad event", NEVER,
        "An event lacks what rrweb's player needs of one of its type.";
    BAD_QUESTION: "bad-question", UNPROCESSABLE_ENTITY, "Bad question", None,
        "A question is a JSON object with `text`, and may have `session`, `conversation`, `prompt`, `page` and \
         `history`. The detail names the field that cannot be read.";
    QUESTION_TOO_LARGE: "question-too-large", PAYLOAD_TOO_LARGE, "Question too large", None,
        "The question exceeds answers.max_ask_bytes of config.toml. Send less of what was said before.";
    ASKED_TOO_OFTEN: "asked-too-often", TOO_MANY_REQUESTS, "Asked too often", None,
        "Questions come more often than the server takes them, from this address or for this connection. Ask \
         again after Retry-After; the limits are asks_per_minute_per_connection and _per_address in config.toml.";
    TOO_MANY_QUESTIONS: "too-many-questions", SERVICE_UNAVAILABLE, "Too many questions", None,
        "More questions are under way than the server takes at a time. Ask again after Retry-After; the limits \
         are asks_at_once and asks_at_once_per_connection in config.toml.";
    ANSWERS_OFF: "answers-off", FORBIDDEN, "Nobody answers", None,
        "The connection's assistant is switched off. Its settings for answers say who answers.";
    BUSY: "busy", SERVICE_UNAVAILABLE, "Busy", LATER,
        "More waits to be written than the server takes at a time. Send this again after Retry-After.";
    STORAGE_FULL: "storage-full", SERVICE_UNAVAILABLE, "Disk full", LATER,
        "The disk that the recordings are kept on has no room. Make room, or let retention erase old sessions.";
    STORAGE_ERROR: "storage-error", SERVICE_UNAVAILABLE, "Storage failed", LATER,
        "The database could not be written or read. The server's log says why.";
    SHUTTING_DOWN: "shutting-down", SERVICE_UNAVAILABLE, "Stopping", LATER,
        "The server is being stopped or started anew. Send this again after Retry-After.";
}

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/problems/{kind}", Access::Public, Surface::Page, show)]
}

#[derive(Serialize)]
struct KindPage {
    #[serde(flatten)]
    frame: Frame,
    title: &'static str,
    name: &'static str,
    status: String,
    meaning: &'static str,
    retry: Option<&'static str>,
}

async fn show(app: App, request: Request) -> Result<Response, Problem> {
    let name = request.param_text("kind");
    let kind = ALL.iter().find(|kind| kind.name == name).ok_or_else(Problem::not_found)?;
    let page = KindPage {
        frame: Frame::of_server(&app, "problem"),
        title: kind.title,
        name: kind.name,
        status: kind.status.to_string(),
        meaning: kind.meaning,
        retry: kind.retry.map(Retry::meaning),
    };
    app.templates.page("pages/problem_kind.html", &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_a_sentence() {
        for (row, kind) in ALL.iter().enumerate() {
            assert!(kind.meaning.ends_with('.') && !kind.title.is_empty(), "{}", kind.name);
            assert!(ALL[..row].iter().all(|other| other.name != kind.name), "{} stands twice", kind.name);
        }
    }

    #[test]
    fn who_is_to_come_later_is_told_so_by_the_status() {
        for kind in ALL.iter().filter(|kind| kind.retry == LATER) {
            let passes = [400, 408, 429, 503].contains(&kind.status.as_u16());
            assert!(passes, "{}", kind.name);
        }
    }
}
