//! Entries of a feed as text: sessions with their prompts, and prompts with what came of them.

use jiff::Timestamp;
use serde::Serialize;

use super::asked::written;
use crate::model::{Session, Status, TimestampMs};
use crate::store::feed;
use crate::store::prompts::Prompt;
use crate::web::held_back::Rule;
use crate::web::row::{Beside, Row, url_of};
use crate::web::{format, visitors};

/// Longer texts are folded.
const MOST_SHOWN_CHARS: usize = 280;

/// A session shows no more of its prompts; the rest stands in its replay.
const MOST_PROMPTS: usize = 5;

/// One entry.
#[derive(Serialize)]
pub struct Entry {
    /// What tells it from the others.
    key: String,
    /// Another text says that something about it has changed.
    state: String,
    /// The day it is of (UTC), where it is the first of that day on the page.
    day: Option<String>,
    at_ms: TimestampMs,
    exact: String,
    relative: String,
    /// The session, of a session.
    session: Option<Row>,
    /// What was asked in it: the first prompts, and how many more there are.
    prompts: Vec<Line>,
    more_prompts: Option<String>,
    /// The prompt, of a prompt.
    prompt: Option<Asked>,
}

/// A prompt within its session.
#[derive(Serialize)]
pub struct Line {
    text: String,
    answered: &'static str,
    feedback: &'static str,
    watch_url: Option<String>,
    /// How long after the session's begin.
    after: String,
}

/// A prompt of its own.
#[derive(Serialize)]
struct Asked {
    text: Text,
    reply: Option<Text>,
    sources: Vec<String>,
    answered: &'static str,
    feedback: &'static str,
    domain: String,
    path: String,
    page: String,
    visitor: Option<String>,
    visitor_url: Option<String>,
    session_url: Option<String>,
    watch_url: Option<String>,
    /// Whether its visitor may still be there.
    is_live: bool,
    held_back: bool,
}

/// A text, with its beginning where it is long.
#[derive(Serialize)]
struct Text {
    whole: String,
    begin: Option<String>,
}

impl Text {
    fn of(whole: String) -> Self {
        let end = whole.char_indices().nth(MOST_SHOWN_CHARS).map(|(end, _)| end);
        Self { begin: end.map(|end| whole[..end].trim_end().to_owned()), whole }
    }
}

/// Entries as text, as of `now`, with a heading where a day begins.
pub fn entries(listed: Vec<feed::Entry>, rule: Rule, now: TimestampMs) -> Vec<Entry> {
    let mut last_day = String::new();
    let write = |entry| {
        let mut entry = Entry::of(entry, rule, now);
        let day = day(entry.at_ms);
        if day != last_day {
            entry.day = Some(day.clone());
            last_day = day;
        }
        entry
    };
    listed.into_iter().map(write).collect()
}

impl Entry {
    fn of(entry: feed::Entry, rule: Rule, now: TimestampMs) -> Self {
        let key = written(entry.place());
        match entry {
            feed::Entry::Session(session, prompts) => {
                Self::of_session(key, rule.apply(*session), &prompts, now)
            }
            feed::Entry::Prompt(prompt, session) => Self::of_prompt(key, *prompt, &rule.apply(*session), now),
        }
    }

    fn of_session(key: String, session: Session, prompts: &[Prompt], now: TimestampMs) -> Self {
        let lines = if session.held_back { &[][..] } else { prompts };
        let more = lines.len().saturating_sub(MOST_PROMPTS);
        let told: Vec<String> = lines.iter().map(outcome).collect();
        Self {
            key,
            state: format!(
                "{} {} {} {}",
                session.status.as_str(),
                session.events,
                session.held_back || session.withheld,
                told.join(" ")
            ),
            day: None,
            at_ms: session.started_at,
            exact: format::exact(session.started_at),
            relative: format::relative(session.started_at, now),
            prompts: lines.iter().take(MOST_PROMPTS).map(|prompt| Line::of(prompt, &session)).collect(),
            more_prompts: (more > 0).then(|| format!("{} more", format::grouped(more as i64))),
            session: Some(Row::of(session, Beside::default(), now)),
            prompt: None,
        }
    }

    fn of_prompt(key: String, prompt: Prompt, session: &Session, now: TimestampMs) -> Self {
        Self {
            key,
            state: format!("{} {} {}", outcome(&prompt), session.status.as_str(), session.held_back),
            day: None,
            at_ms: prompt.asked_at,
            exact: format::exact(prompt.asked_at),
            relative: format::relative(prompt.asked_at, now),
            session: None,
            prompts: Vec::new(),
            more_prompts: None,
            prompt: Some(Asked::of(prompt, session)),
        }
    }
}

/// What changes when something comes of a prompt.
fn outcome(prompt: &Prompt) -> String {
    let replied_at = prompt.reply.as_ref().map_or(0, |reply| reply.at);
    format!("{replied_at}/{}/{}/{}", answered(prompt), prompt.feedback, prompt.page.len())
}

fn answered(prompt: &Prompt) -> &'static str {
    match prompt.answered {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

fn feedback(prompt: &Prompt) -> &'static str {
    match prompt.feedback {
        ..0 => "bad",
        0 => "",
        1.. => "good",
    }
}

impl Line {
    /// A prompt within its session.
    pub fn of(prompt: &Prompt, session: &Session) -> Self {
        let text: Text = Text::of(prompt.text.clone());
        Self {
            text: text.begin.map_or(text.whole, |begin| format!("{begin}…")),
            answered: answered(prompt),
            feedback: feedback(prompt),
            watch_url: watch_url(prompt, session),
            after: format::duration(prompt.at - session.first_event_at),
        }
    }
}

impl Asked {
    fn of(prompt: Prompt, session: &Session) -> Self {
        let hidden = session.held_back;
        let page = if hidden { session.landing_url.clone() } else { prompt.page.clone() };
        let (domain, path) = format::domain_and_path(&page);
        let watch_url = watch_url(&prompt, session);
        let shown = |text: String| Text::of(if hidden { String::new() } else { text });
        let (answered, feedback) = (answered(&prompt), feedback(&prompt));
        let (text, sources) = match prompt.reply {
            Some(reply) if !hidden => (Some(Text::of(reply.text)), reply.sources),
            _ => (None, Vec::new()),
        };
        Self {
            text: shown(prompt.text),
            reply: text,
            sources,
            answered,
            feedback,
            domain,
            path,
            page,
            visitor_url: session
                .visitor
                .as_ref()
                .map(|visitor| visitors::url_of(session.connection, visitor)),
            visitor: session.visitor.clone(),
            session_url: session.playable.then(|| url_of(session)),
            watch_url,
            is_live: session.status == Status::Active,
            held_back: hidden,
        }
    }
}

/// The replay at the moment of a prompt, where there is anything to see.
pub fn watch_url(prompt: &Prompt, session: &Session) -> Option<String> {
    (session.playable && !session.held_back).then(|| format!("{}?at={}", url_of(session), prompt.at))
}

/// `Thu 1 Jan 2026`.
fn day(at: TimestampMs) -> String {
    Timestamp::from_millisecond(at).unwrap_or_default().strftime("%a %-d %b %Y").to_string()
}
