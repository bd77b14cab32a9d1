//! What visitors asked, and what came of it.
//!
//! What is said arrives in batches of any order; the prompts among it are found anew
//! whenever something is added, so the same batches come to the same prompts. When a
//! session is finished, what its timeline says takes the place of what arrived; a prompt
//! keeps its place in the feed. Counters change with what they count.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::checking::compare;
use super::{Error, Result, Scope, activity, place, webhooks};
use crate::model::{ConnectionId, Exchange, Identity, Said, TimestampMs, Words, said};

/// Of one session no more is kept, as of its timeline.
const MOST_SAID: i64 = 1000;

/// A prompt with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Its place in the feed.
    pub row: i64,
    /// The row of its session.
    pub session: i64,
    /// When it arrived, by the server's clock.
    pub asked_at: TimestampMs,
    /// When it was asked, by the visitor's clock.
    pub at: TimestampMs,
    /// The page's own id for it.
    pub id: String,
    /// Which conversation it belongs to, if the page says so.
    pub conversation: String,
    /// What was asked.
    pub text: String,
    /// The page it was asked on; "" where that is not known yet.
    pub page: String,
    /// The last reply.
    pub reply: Option<Reply>,
    /// Whether that answers it, if the page says so.
    pub answered: Option<bool>,
    /// The visitor's verdict: -1, 1, or 0 while there is none.
    pub feedback: i64,
}

/// What an assistant said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// When, by the visitor's clock.
    pub at: TimestampMs,
    /// Its words.
    pub text: String,
    /// What it rests on.
    pub sources: Vec<String>,
}

/// The columns that [`from_row`] reads.
macro_rules! columns {
    () => {
        "SELECT prompt.id, prompt.session_id, asked_at, asked.said, replied.said, answered, feedback "
    };
}
pub(super) use columns;

/// Adds what was said to [`columns!`].
macro_rules! with_words {
    () => {
        " JOIN said AS asked ON asked.session_id = prompt.session_id AND asked.number = prompt.prompt
          LEFT JOIN said AS replied ON replied.session_id = prompt.session_id AND replied.number = prompt.reply "
    };
}
pub(super) use with_words;

/// Reads what [`columns!`] name.
pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Prompt> {
    let asked = said_from(row, 3)?;
    let replied = row.get::<_, Option<String>>(4)?.map(|_| said_from(row, 4)).transpose()?;
    let Words::Prompt { conversation, text, page } = asked.words else {
        return Err(rusqlite::Error::InvalidColumnType(3, "said".to_owned(), rusqlite::types::Type::Text));
    };
    let reply = replied.and_then(|said| match said.words {
        Words::Reply { text, sources, .. } => Some(Reply { at: said.at, text, sources }),
        _ => None,
    });
    Ok(Prompt {
        row: row.get(0)?,
        session: row.get(1)?,
        asked_at: row.get(2)?,
        at: asked.at,
        id: asked.id,
        conversation,
        text,
        page,
        reply,
        answered: row.get(5)?,
        feedback: row.get(6)?,
    })
}

fn said_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Said> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
    })
}

/// The prompts of a session, in the order in which they were asked, for whom they are.
pub fn of_session(conn: &Db, scope: &Scope, session: i64) -> Result<Vec<Prompt>> {
    if !scope.shows_prompts(place::connection_of(session)) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(concat!(
        columns!(),
        "FROM prompt INDEXED BY prompt_session",
        with_words!(),
        "WHERE prompt.session_id = :session"
    ))?;
    let found = statement.query_map(named_params! { ":session": session }, from_row)?;
    let mut prompts = found.collect::<rusqlite::Result<Vec<_>>>()?;
    prompts.sort_by_key(|prompt| (prompt.at, prompt.row));
    Ok(prompts)
}

/// How many prompts a connection has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// All.
    pub prompts: i64,
    /// Those whose reply says that it is no answer.
    pub unanswered: i64,
    /// Those that the visitor found badly answered.
    pub disliked: i64,
    /// Another number says that any of them has changed.
    pub changes: i64,
}

/// How many prompts a connection has. All zero for one that does not exist, and for whom
/// they are not.
pub fn totals(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Totals> {
    if !scope.shows_prompts(connection) {
        return Ok(Totals::default());
    }
    let mut statement = conn.prepare_cached(
        "SELECT prompts, unanswered, disliked, prompt_changes FROM connection WHERE id = :id",
    )?;
    let found = statement.query_row(named_params! { ":id": connection.0 }, |row| {
        Ok(Totals {
            prompts: row.get(0)?,
            unanswered: row.get(1)?,
            disliked: row.get(2)?,
            changes: row.get(3)?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Takes in what a batch says.
pub(super) fn add(
    conn: &Db,
    connection: ConnectionId,
    session: i64,
    stream: i64,
    said: &[Said],
    received_at: TimestampMs,
) -> Result<()> {
    let next: i64 = conn
        .prepare_cached("SELECT coalesce(max(number) + 1, 0) FROM said WHERE session_id = :session")?
        .query_row(named_params! { ":session": session }, |row| row.get(0))?;
    for (number, said) in (next..MOST_SAID).zip(said) {
        let placed = on_its_page(conn, stream, said)?;
        insert_said(conn, session, number, received_at, placed.as_ref().unwrap_or(said))?;
    }
    find_anew(conn, connection, session)
}

/// A prompt whose batch tells of no page was asked on the one that its stream shows.
fn on_its_page(conn: &Db, stream: i64, said: &Said) -> Result<Option<Said>> {
    let Words::Prompt { page, .. } = &said.words else { return Ok(None) };
    if !page.is_empty() {
        return Ok(None);
    }
    let shown: Option<String> = conn
        .prepare_cached("SELECT page_url FROM stream WHERE id = :stream AND page_at <= :at")?
        .query_row(named_params! { ":stream": stream, ":at": said.at }, |row| row.get(0))
        .optional()?
        .flatten();
    Ok(shown.map(|shown| {
        let mut placed = said.clone();
        if let Words::Prompt { page, .. } = &mut placed.words {
            *page = shown;
        }
        placed
    }))
}

fn insert_said(conn: &Db, session: i64, number: i64, received_at: TimestampMs, said: &Said) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO said (session_id, number, received_at, said) VALUES (:session, :number, :received_at, :said)",
    )?
    .execute(named_params! {
        ":session": session, ":number": number, ":received_at": received_at, ":said": json(said)?,
    })?;
    Ok(())
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::from(rusqlite::Error::ToSqlConversionFailure(error.into())))
}

/// What the page told of the visitor, as it is stored. `None`: nothing.
pub(super) fn traits_text(identity: &Identity) -> Option<String> {
    pairs_text(&identity.traits)
}

/// The same, of names with values.
pub(super) fn pairs_text(pairs: &[(String, String)]) -> Option<String> {
    // Texts always become JSON.
    if pairs.is_empty() { None } else { serde_json::to_string(pairs).ok() }
}

/// What was said as it is stored.
struct Stored {
    number: i64,
    received_at: TimestampMs,
    said: Said,
}

/// What was said, in the order in which it was received: batches may be stored in another one.
fn stored(conn: &Db, session: i64) -> Result<Vec<Stored>> {
    let mut statement = conn.prepare_cached(
        "SELECT number, received_at, said FROM said WHERE session_id = :session ORDER BY received_at, number",
    )?;
    let rows = statement.query_map(named_params! { ":session": session }, |row| {
        Ok(Stored { number: row.get(0)?, received_at: row.get(1)?, said: said_from(row, 2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts what a timeline says in the place of what arrived. What is the same keeps its
/// number and the time it arrived at.
pub(super) fn replace(conn: &Db, session: i64, said: &[Said]) -> Result<()> {
    let before = stored(conn, session)?;
    if before.is_empty() && said.is_empty() {
        return Ok(());
    }
    let params = named_params! { ":session": session };
    let (connection, started_at, first_event_at, last_batch_at) = conn
        .prepare_cached(
            "SELECT connection_id, started_at, first_event_at, last_batch_at FROM session WHERE id = :session",
        )?
        .query_row(params, |row| {
            let times: (TimestampMs, TimestampMs, TimestampMs) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((ConnectionId(row.get(0)?), times.0, times.1, times.2))
        })?;
    let mut known = Known::of(before);
    let mut next = known.next;
    conn.prepare_cached("DELETE FROM said WHERE session_id = :session")?.execute(params)?;
    for said in said.iter().take(usize::try_from(MOST_SAID).unwrap_or_default()) {
        let (number, received_at) = known.take(said).unwrap_or_else(|| {
            next += 1;
            let since = said.at.saturating_sub(first_event_at).max(0);
            (next - 1, started_at.saturating_add(since).min(last_batch_at.max(started_at)))
        });
        insert_said(conn, session, number, received_at, said)?;
    }
    find_anew(conn, connection, session)
}

/// What arrived, by what tells it from the rest: its id, or the time where it has none.
struct Known {
    by_key: HashMap<(u8, String), Vec<(i64, TimestampMs)>>,
    next: i64,
}

impl Known {
    fn of(before: Vec<Stored>) -> Self {
        let next = before.iter().map(|stored| stored.number + 1).max().unwrap_or_default();
        let mut by_key: HashMap<_, Vec<_>> = HashMap::new();
        for stored in before.into_iter().rev() {
            by_key.entry(key(&stored.said)).or_default().push((stored.number, stored.received_at));
        }
        Self { by_key, next }
    }

    fn take(&mut self, said: &Said) -> Option<(i64, TimestampMs)> {
        self.by_key.get_mut(&key(said))?.pop()
    }
}

fn key(said: &Said) -> (u8, String) {
    let kind = match said.words {
        Words::Prompt { .. } => 0,
        Words::Reply { .. } => 1,
        Words::Feedback { .. } => 2,
    };
    (kind, if said.id.is_empty() { said.at.to_string() } else { said.id.clone() })
}

/// Finds the prompts of a session in what was said, and counts them.
fn find_anew(conn: &Db, connection: ConnectionId, session: i64) -> Result<()> {
    let stored = stored(conn, session)?;
    let said: Vec<&Said> = stored.iter().map(|stored| &stored.said).collect();
    let found = said::exchanges(&said);
    let places = places(conn, session)?;
    let before = counts(conn, session)?;
    let known = webhooks::unanswered_before(conn, session)?;
    conn.prepare_cached("DELETE FROM prompt WHERE session_id = :session")?
        .execute(named_params! { ":session": session })?;
    let place_of = |exchange: &Exchange| places.get(&stored[exchange.prompt].number).copied();
    // Those that have a place first, so that nobody else takes it.
    let (placed, new): (Vec<_>, Vec<_>) = found.iter().partition(|found| place_of(found).is_some());
    for exchange in placed.into_iter().chain(new) {
        let asked = &stored[exchange.prompt];
        let id = match place_of(exchange) {
            Some(id) => id,
            None => place::take_for_prompt(conn, connection, asked.received_at)?,
        };
        let reply = exchange.reply.map(|reply| stored[reply].number);
        insert_prompt(conn, id, session, asked, reply, exchange)?;
        if exchange.answered == Some(false) && !known.contains(&id) {
            let at = exchange.reply.map_or(asked.received_at, |reply| stored[reply].received_at);
            webhooks::unanswered(conn, connection, session, id, at)?;
        }
    }
    count(conn, connection, &before, &counts(conn, session)?)
}

fn insert_prompt(
    conn: &Db,
    id: i64,
    session: i64,
    asked: &Stored,
    reply: Option<i64>,
    exchange: &Exchange,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO prompt (id, session_id, asked_at, prompt, reply, answered, feedback)
         VALUES (:id, :session, :asked_at, :prompt, :reply, :answered, :feedback)",
    )?
    .execute(named_params! {
        ":id": id,
        ":session": session,
        ":asked_at": asked.received_at,
        ":prompt": asked.number,
        ":reply": reply,
        ":answered": exchange.answered,
        ":feedback": exchange.feedback,
    })?;
    Ok(())
}

/// The places of a session's prompts in the feed, by the number of what was said.
fn places(conn: &Db, session: i64) -> Result<HashMap<i64, i64>> {
    let mut statement = conn.prepare_cached("SELECT prompt, id FROM prompt WHERE session_id = :session")?;
    let places =
        statement.query_map(named_params! { ":session": session }, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(places.collect::<rusqlite::Result<_>>()?)
}

/// Prompts, unanswered ones, and disliked ones, by the hour.
type Counts = BTreeMap<i64, [i64; 3]>;

fn counts(conn: &Db, session: i64) -> Result<Counts> {
    let mut statement =
        conn.prepare_cached("SELECT asked_at, answered, feedback FROM prompt WHERE session_id = :session")?;
    let mut rows = statement.query(named_params! { ":session": session })?;
    let mut counts = Counts::new();
    while let Some(row) = rows.next()? {
        let of_hour = counts.entry(activity::hour_of(row.get(0)?)).or_default();
        of_hour[0] += 1;
        of_hour[1] += i64::from(row.get::<_, Option<bool>>(1)? == Some(false));
        of_hour[2] += i64::from(row.get::<_, i64>(2)? < 0);
    }
    Ok(counts)
}

fn count(conn: &Db, connection: ConnectionId, before: &Counts, after: &Counts) -> Result<()> {
    let mut changes = after.clone();
    for (hour, counts) in before {
        let of_hour = changes.entry(*hour).or_default();
        of_hour.iter_mut().zip(counts).for_each(|(change, before)| *change -= before);
    }
    let mut all = [0; 3];
    for (hour, change) in changes {
        all.iter_mut().zip(change).for_each(|(all, change)| *all += change);
        if change[..2] != [0, 0] {
            activity::count_prompts(conn, connection, hour, change[0], change[1])?;
        }
    }
    conn.prepare_cached(
        "UPDATE connection
         SET prompts = prompts + :prompts, unanswered = unanswered + :unanswered,
             disliked = disliked + :disliked, prompt_changes = prompt_changes + 1
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":prompts": all[0], ":unanswered": all[1], ":disliked": all[2], ":id": connection.0,
    })?;
    Ok(())
}

/// Takes the prompts of a session away, and all that was said in it.
pub(super) fn remove(conn: &Db, connection: ConnectionId, session: i64) -> Result<()> {
    let params = named_params! { ":session": session };
    if conn.prepare_cached("DELETE FROM said WHERE session_id = :session")?.execute(params)? == 0 {
        return Ok(());
    }
    let before = counts(conn, session)?;
    conn.prepare_cached("DELETE FROM prompt WHERE session_id = :session")?.execute(params)?;
    count(conn, connection, &before, &Counts::new())
}

/// Counters of prompts that differ from what they count, a sentence each.
pub(super) fn check(conn: &Db, complaints: &mut Vec<String>) -> Result<()> {
    let mut of_hours: HashMap<(i64, i64), [i64; 2]> = HashMap::new();
    let mut of_connections: HashMap<i64, [i64; 3]> = HashMap::new();
    let mut statement = conn.prepare("SELECT id, asked_at, answered, feedback FROM prompt")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let connection = place::connection_of(row.get(0)?).0;
        let unanswered = i64::from(row.get::<_, Option<bool>>(2)? == Some(false));
        let disliked = i64::from(row.get::<_, i64>(3)? < 0);
        let of_hour = of_hours.entry((connection, activity::hour_of(row.get(1)?))).or_default();
        *of_hour = [of_hour[0] + 1, of_hour[1] + unanswered];
        let all = of_connections.entry(connection).or_default();
        *all = [all[0] + 1, all[1] + unanswered, all[2] + disliked];
    }
    let mut statement = conn.prepare("SELECT id, name, prompts, unanswered, disliked FROM connection")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let counted = of_connections.remove(&row.get(0)?).unwrap_or_default();
        let whose = format!("the connection {:?}", row.get::<_, String>(1)?);
        for (what, (column, counted)) in
            ["prompts", "unanswered prompts", "disliked prompts"].into_iter().zip((2..).zip(counted))
        {
            compare(complaints, &whose, what, row.get(column)?, counted);
        }
    }
    let mut statement = conn.prepare("SELECT connection_id, hour, prompts, unanswered FROM activity")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (connection, hour): (i64, i64) = (row.get(0)?, row.get(1)?);
        let counted = of_hours.remove(&(connection, hour)).unwrap_or_default();
        let whose = format!("the hour {hour} of connection {connection}");
        compare(complaints, &whose, "prompts", row.get(2)?, counted[0]);
        compare(complaints, &whose, "unanswered prompts", row.get(3)?, counted[1]);
    }
    for (connection, hour) in of_hours.keys() {
        complaints.push(format!("the prompts of hour {hour} of connection {connection} are not counted"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
