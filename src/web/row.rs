//! One session as text, for lists and the replay page.

use serde::Serialize;

use super::filter::Filter;
use super::findings::{Kinds, PANEL_OF_FINDINGS, Signals};
use super::page::{plugins_url, sessions_url};
use super::{format, share, visitors};
use crate::model::{Session, Status, TimestampMs, user_agent};
use crate::store::words::Piece;

/// One session as text.
#[derive(Serialize)]
pub struct Row {
    id: String,
    url: String,
    playable: bool,
    unplayable_reason: &'static str,
    held_back: bool,
    /// What was said in it is not for whoever looks.
    withheld: bool,
    /// Where it stands why a session is held back.
    plugins_url: String,
    landing_url: String,
    domain: String,
    path: String,
    started_exact: String,
    started_relative: String,
    started_at_ms: TimestampMs,
    status: Status,
    events: String,
    duration: String,
    size: String,
    browser: String,
    os: &'static str,
    device: &'static str,
    user_agent: String,
    pinned: bool,
    /// Two letters, or none.
    country: String,
    visitor: Option<String>,
    /// The page of the visitor.
    visitor_url: Option<String>,
    /// Why the recording was not compacted.
    finish_error: Option<String>,
    /// What the visitor did, and what plugins found in it.
    signals: Signals,
    /// Whether what the visitor did was read out of the recording.
    is_read: bool,
    /// How many notes people wrote at it.
    notes: i64,
    /// The same in words, where there are any.
    noted: Option<String>,
    /// All links to sessions of the connection.
    shares_url: String,
    /// The replay with its findings open.
    findings_url: String,
    tags: Vec<Tag>,
    /// Whether the viewer has watched it.
    watched: bool,
    /// Where it has what was sought.
    snippet: Vec<Piece>,
    /// What the server hid in it before it was written, in words.
    hidden: String,
}

/// A word that somebody put on the session.
#[derive(Serialize)]
struct Tag {
    name: String,
    /// All sessions that have it.
    url: String,
}

/// What is known of a session besides itself.
#[derive(Default)]
pub struct Beside {
    /// What was found in it, by kind.
    pub kinds: Kinds,
    /// Words that people put on it.
    pub tags: Vec<String>,
    /// Whether the viewer has watched it.
    pub watched: bool,
    /// Where it has what was sought.
    pub snippet: Vec<Piece>,
    /// What the server hid in it before it was written, by kind.
    pub hidden: Vec<(String, i64)>,
}

impl Row {
    /// Writes a session out, as of `now`, with what is known besides.
    pub fn of(session: Session, beside: Beside, now: TimestampMs) -> Self {
        let (domain, path) = format::domain_and_path(&session.landing_url);
        let browser = user_agent::read(&session.user_agent);
        let of_visitor = |visitor: &String| visitors::url_of(session.connection, visitor);
        let tag = |name: String| {
            let filter = Filter { tag: name.clone(), ..Filter::default() };
            Tag { url: filter.list_url(session.connection, Default::default()), name }
        };
        Self {
            url: url_of(&session),
            findings_url: format!("{}?{PANEL_OF_FINDINGS}", url_of(&session)),
            is_read: session.counts.is_some(),
            notes: session.notes,
            noted: (session.notes > 0).then(|| format::count(session.notes, "note")),
            shares_url: share::url_of_all(session.connection),
            signals: Signals::of(session.counts, &session.found, &beside.kinds),
            id: session.id.to_string(),
            hidden: hidden_words(&beside.hidden),
            playable: session.playable,
            unplayable_reason: match session {
                Session { held_back: true, .. } => "Not shown before it is masked.",
                Session { withheld: true, .. } => "Not for your role: the assistant was used in it.",
                Session { playable: true, .. } => "",
                _ => "No picture of the page has arrived yet, so there is nothing to replay.",
            },
            held_back: session.held_back,
            withheld: session.withheld,
            plugins_url: plugins_url(session.connection),
            visitor_url: session.visitor.as_ref().map(of_visitor),
            visitor: session.visitor,
            landing_url: session.landing_url,
            domain,
            path,
            started_exact: format::exact(session.started_at),
            started_relative: format::relative(session.started_at, now),
            started_at_ms: session.started_at,
            status: session.status,
            events: format::grouped(session.events),
            duration: format::duration(session.duration_ms),
            size: format::bytes(session.bytes),
            browser: browser.browser,
            os: browser.os,
            device: browser.device,
            country: session.country,
            tags: beside.tags.into_iter().map(tag).collect(),
            watched: beside.watched,
            snippet: if session.held_back || session.withheld { Vec::new() } else { beside.snippet },
            user_agent: whole_user_agent(session.user_agent),
            pinned: session.pinned,
            finish_error: session.finish_error,
        }
    }
}

/// The address of a session's replay.
pub fn url_of(session: &Session) -> String {
    format!("{}/{}", sessions_url(session.connection), session.id)
}

/// "37 values masked by the server: 30 in fields, 7 e-mail addresses"; "" when nothing was.
fn hidden_words(hidden: &[(String, i64)]) -> String {
    if hidden.is_empty() {
        return String::new();
    }
    let name = |kind: &str| match kind {
        "field" => "in fields",
        "secret" => "secrets",
        "text" => "texts",
        "media" => "pictures",
        "address" => "parts of addresses",
        "email" => "e-mail addresses",
        "card" => "card numbers",
        "iban" => "bank accounts",
        "phone" => "phone numbers",
        "digits" => "long numbers",
        _ => "words of your own",
    };
    let all: i64 = hidden.iter().map(|(_, times)| times).sum();
    let each = hidden.iter().map(|(kind, times)| format!("{} {}", format::grouped(*times), name(kind)));
    let each: Vec<String> = each.collect();
    format!("{} masked by the server: {}", format::count(all, "value"), each.join(", "))
}

/// A user agent that says more than the browser and the system, which stand beside it.
fn whole_user_agent(kept: String) -> String {
    if user_agent::reduced(&kept) == kept { String::new() } else { kept }
}
