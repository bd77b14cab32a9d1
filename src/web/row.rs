//! One session as text, for lists and the replay page.

use serde::Serialize;

use super::filter::Filter;
use super::findings::{Kinds, PANEL_OF_FINDINGS, Signals};
use super::page::{plugins_url, sessions_url};
use super::{format, share, user_agent};
use crate::model::{Session, Status, TimestampMs};

/// One session as text.
#[derive(Serialize)]
pub struct Row {
    id: String,
    url: String,
    playable: bool,
    unplayable_reason: &'static str,
    held_back: bool,
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
    visitor: Option<String>,
    /// All sessions of the visitor.
    visitor_url: Option<String>,
    /// Why the recording was not compacted.
    finish_error: Option<String>,
    /// What the visitor did, and what plugins found in it.
    signals: Signals,
    /// Whether what the visitor did was read out of the recording.
    is_read: bool,
    /// How many notes people wrote at it.
    notes: i64,
    /// All links to sessions of the connection.
    shares_url: String,
    /// The replay with its findings open.
    findings_url: String,
}

impl Row {
    /// Writes a session out, as of `now`, with what was found in it by kind.
    pub fn of(session: Session, kinds: &Kinds, now: TimestampMs) -> Self {
        let (domain, path) = format::domain_and_path(&session.landing_url);
        let browser = user_agent::read(&session.user_agent);
        let of_visitor = |visitor: &String| {
            let filter = Filter { visitor: visitor.clone(), ..Filter::default() };
            filter.list_url(session.connection, Default::default())
        };
        Self {
            url: url_of(&session),
            findings_url: format!("{}?{PANEL_OF_FINDINGS}", url_of(&session)),
            is_read: session.counts.is_some(),
            notes: session.notes,
            shares_url: share::url_of_all(session.connection),
            signals: Signals::of(session.counts, &session.found, kinds),
            id: session.id.to_string(),
            playable: session.playable,
            unplayable_reason: match (session.held_back, session.playable) {
                (true, _) => "Not shown before it is masked.",
                (false, true) => "",
                (false, false) => "No picture of the page has arrived yet, so there is nothing to replay.",
            },
            held_back: session.held_back,
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
            user_agent: session.user_agent,
            pinned: session.pinned,
            finish_error: session.finish_error,
        }
    }
}

/// The address of a session's replay.
pub fn url_of(session: &Session) -> String {
    format!("{}/{}", sessions_url(session.connection), session.id)
}
