//! What happened on a connection, newest first: sessions and prompts as one list.
//!
//! Both have ids that are places in time (`place`), so each is read from its own table
//! by key, and the two are merged.

use rusqlite::{Connection as Db, named_params};

use super::listing::{self, Page};
use super::prompts::{self, Prompt};
use super::sessions;
use super::{Result, Scope, place};
use crate::model::{ConnectionId, Session, TimestampMs};

/// What is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Sessions and prompts.
    #[default]
    All,
    /// Prompts.
    Prompts,
    /// Sessions.
    Sessions,
    /// Prompts that were not answered.
    Unanswered,
    /// Prompts whose answer the visitor found bad.
    Disliked,
}

/// What of a connection is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Which kind.
    pub kind: Kind,
    /// What happened at this time or later, by the server's clock.
    pub from: Option<TimestampMs>,
    /// What happened before this time.
    pub to: Option<TimestampMs>,
}

/// A place in the feed: of a session and a prompt of one moment, the prompt is newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The row.
    pub row: i64,
    /// Whether it is a prompt's.
    pub is_prompt: bool,
}

/// Which way to read from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The newest.
    First,
    /// What is older than the place.
    OlderThan(Place),
    /// What is newer than the place, nearest to it.
    NewerThan(Place),
}

/// One line of the feed.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A session with its prompts.
    Session(Box<Session>, Vec<Prompt>),
    /// A prompt with its session.
    Prompt(Box<Prompt>, Box<Session>),
}

impl Entry {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Self::Session(session, _) => Place { row: session.row, is_prompt: false },
            Self::Prompt(prompt, _) => Place { row: prompt.row, is_prompt: true },
        }
    }
}

/// A page of the feed, newest first.
#[derive(Debug, Default)]
pub struct Listing {
    /// What is on it.
    pub entries: Vec<Entry>,
    /// Whether there is something newer.
    pub newer: bool,
    /// Whether there is something older.
    pub older: bool,
}

/// Lists what happened on a connection. For whom prompts are not, these are sessions alone.
pub fn list(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    filter: &Filter,
    step: Step,
    limit: usize,
) -> Result<Listing> {
    if !scope.allows(connection) {
        return Ok(Listing::default());
    }
    let mut entries = Vec::new();
    if matches!(filter.kind, Kind::All | Kind::Sessions) {
        entries.extend(list_sessions(conn, scope, connection, filter, step, limit + 1)?);
    }
    if filter.kind != Kind::Sessions && scope.shows_prompts(connection) {
        entries.extend(list_prompts(conn, connection, filter, step, limit + 1)?);
    }
    let backwards = matches!(step, Step::NewerThan(_));
    entries.sort_by_key(Entry::place);
    if !backwards {
        entries.reverse();
    }
    let more = entries.len() > limit;
    entries.truncate(limit);
    if backwards {
        entries.reverse();
    }
    Ok(match step {
        Step::First => Listing { entries, newer: false, older: more },
        Step::OlderThan(_) => Listing { entries, newer: true, older: more },
        Step::NewerThan(_) => Listing { entries, newer: more, older: true },
    })
}

fn list_sessions(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    filter: &Filter,
    step: Step,
    limit: usize,
) -> Result<Vec<Entry>> {
    let page = match step {
        Step::First => Page::First,
        // What is a prompt's place may be a session's as well, which is then older.
        Step::OlderThan(place) => {
            Page::OlderThan(listing::Place::at(place.row.saturating_add(i64::from(place.is_prompt))))
        }
        Step::NewerThan(place) => Page::NewerThan(listing::Place::at(place.row)),
    };
    let wanted = sessions::Filter { from: filter.from, to: filter.to, ..sessions::Filter::default() };
    let listing = sessions::list(conn, scope, connection, &wanted, page, limit)?;
    let with_prompts = |session: Session| {
        let prompts = prompts::of_session(conn, scope, session.row)?;
        Ok(Entry::Session(Box::new(session), prompts))
    };
    listing.sessions.into_iter().map(with_prompts).collect()
}

fn list_prompts(
    conn: &Db,
    connection: ConnectionId,
    filter: &Filter,
    step: Step,
    limit: usize,
) -> Result<Vec<Entry>> {
    let (mut first, mut last) =
        place::range(connection, filter.from.unwrap_or(0), filter.to.unwrap_or(TimestampMs::MAX))
            .into_inner();
    match step {
        Step::First => {}
        Step::OlderThan(place) => last = last.min(place.row.saturating_sub(1)),
        Step::NewerThan(place) => {
            first = first.max(place.row.saturating_add(i64::from(place.is_prompt)));
        }
    }
    let backwards = matches!(step, Step::NewerThan(_));
    let found = read_prompts(conn, list_query(filter.kind, backwards), first, last, limit)?;
    let mut entries = Vec::with_capacity(found.len());
    for prompt in found {
        if let Some(session) = sessions::of_row(conn, prompt.session)? {
            entries.push(Entry::Prompt(Box::new(prompt), Box::new(session)));
        }
    }
    Ok(entries)
}

fn read_prompts(conn: &Db, query: &str, first: i64, last: i64, limit: usize) -> Result<Vec<Prompt>> {
    let mut statement = conn.prepare_cached(query)?;
    let params = named_params! { ":first": first, ":last": last, ":limit": limit as i64 };
    let found = statement.query_map(params, prompts::from_row)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// One text for each index and direction, since SQLite chooses by the text.
fn list_query(kind: Kind, backwards: bool) -> &'static str {
    macro_rules! both {
        ($from:literal) => {
            if backwards { select!($from, "") } else { select!($from, " DESC") }
        };
    }
    macro_rules! select {
        ($from:literal, $order:literal) => {
            concat!(
                prompts::columns!(),
                "FROM (SELECT * FROM prompt ",
                $from,
                " AND id BETWEEN :first AND :last ORDER BY id",
                $order,
                " LIMIT :limit) AS prompt",
                prompts::with_words!(),
                "ORDER BY prompt.id",
                $order
            )
        };
    }
    match kind {
        Kind::All | Kind::Prompts | Kind::Sessions => both!("NOT INDEXED WHERE true"),
        Kind::Unanswered => both!("INDEXED BY prompt_unanswered WHERE answered = 0"),
        Kind::Disliked => both!("INDEXED BY prompt_disliked WHERE feedback < 0"),
    }
}

#[cfg(test)]
mod tests;
