//! `hindsight erase`, and removing a connection: what is erased is overwritten before
//! the command ends.
//!
//! Beside a running server that one overwrites, and the command waits for it.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::{noted, progress};
use crate::clock::Clock;
use crate::config::Settings;
use crate::model::{ConnectionId, SessionId, TimestampMs};
use crate::store::audit::{self, What};
use crate::store::erasing::{self, Selection};
use crate::store::persons::{self, Person, Step};
use crate::store::{self, Db, Error, FolderLock, Scope, Store, backup, connections, receipts, sessions};

/// How often it is asked whether a server has overwritten what was erased.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// The write-ahead log cannot be emptied while somebody reads: so long it is tried.
const EMPTY_WITHIN: Duration = Duration::from_secs(60);

/// What the command takes.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)))]
pub struct Arguments {
    /// This session.
    #[arg(long, value_name = "ID", group = "what", conflicts_with_all = ["visitor", "from", "to", "all"], allow_hyphen_values = true)]
    session: Option<SessionId>,
    /// The sessions of the visitor whom the page called this.
    #[arg(long, value_name = "ID", group = "what", conflicts_with_all = ["from", "to", "all"])]
    visitor: Option<String>,
    /// Sessions that started at this time or later: 2026-01-31, which begins at midnight UTC, or 2026-01-31T10:00:00Z.
    #[arg(long, value_name = "DATE", group = "what", conflicts_with = "all", value_parser = time)]
    from: Option<TimestampMs>,
    /// Sessions that started before this time.
    #[arg(long, value_name = "DATE", group = "what", conflicts_with = "all", value_parser = time)]
    to: Option<TimestampMs>,
    /// All sessions.
    #[arg(long, group = "what")]
    all: bool,
    /// Only those of this connection.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Does it without asking.
    #[arg(long)]
    yes: bool,
}

/// A date, which begins at midnight UTC, or a time.
pub(super) fn time(text: &str) -> Result<TimestampMs, String> {
    // A date is read from a moment as well, and then forgets its time.
    if !text.contains(['T', 't', ' '])
        && let Ok(date) = text.parse::<Date>()
    {
        let midnight = date.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
        return Ok(midnight.timestamp().as_millisecond());
    }
    let time: Timestamp = text
        .parse()
        .map_err(|_| "write a date like 2026-01-31 or a time like 2026-01-31T10:00:00Z".to_owned())?;
    Ok(time.as_millisecond())
}

impl Arguments {
    fn selection(&self) -> Selection {
        match (&self.session, &self.visitor) {
            (Some(session), _) => Selection::Session(session.clone()),
            (None, Some(visitor)) => Selection::Visitor(visitor.clone()),
            (None, None) => Selection::Started(self.from.unwrap_or(0), self.to.unwrap_or(TimestampMs::MAX)),
        }
    }
}

/// Runs `hindsight erase`.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let (store, closing) = Store::open_existing(&settings.server.data_dir, &settings.store)?;
    let outcome = erase(&store, &settings, &arguments).await;
    closing.close();
    outcome
}

async fn erase(store: &Store, settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    let selection = arguments.selection();
    let among = connections_of(store, arguments).await?;
    let mut count = 0;
    for connection in among.clone() {
        let wanted = selection.clone();
        count += store.read(move |conn| erasing::count(conn, connection, &wanted)).await?;
    }
    let mut out = std::io::stdout();
    if count == 0 {
        writeln!(out, "no session is selected: nothing was erased")?;
        return Ok(());
    }
    if !confirmed(&format!("Erase {}, for good?", sessions_text(count)), arguments.yes)? {
        return Ok(());
    }
    let bar = progress::bar(count.unsigned_abs(), "sessions erased");
    let now = Clock::system().now();
    if let Selection::Visitor(visitor) = &selection {
        let only = arguments.connection.as_ref().and(among.first().copied());
        return erase_person(store, settings, Person { id: visitor.clone(), connection: only }, &bar).await;
    }
    note_erasing(store, arguments, &among, count).await?;
    for connection in among {
        let mut more = true;
        while more {
            let wanted = selection.clone();
            let step = write(store, move |conn| erasing::erase(conn, connection, &wanted, now)).await?;
            bar.inc(step.erased);
            more = step.more;
        }
    }
    bar.finish_and_clear();
    overwrite(store, &settings.server.data_dir, now).await?;
    writeln!(out, "erased {}", sessions_text(count))?;
    Ok(name_copies(&settings.server.data_dir)?)
}

/// Erases all traces of a person, with a receipt.
async fn erase_person(
    store: &Store,
    settings: &Settings,
    person: Person,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let begin = move |conn: &Db| {
        let counted = persons::count(conn, &Scope::everything(), &person)?;
        persons::begin_erasing(conn, &person, &counted, noted::WHO, now)
    };
    let receipt = write(store, begin).await?;
    while write(store, move |conn| persons::step(conn, now)).await? == Step::More {
        let found = store.read(move |conn| receipts::find(conn, receipt)).await?;
        bar.set_position(found.map_or(0, |found| found.sessions.unsigned_abs()));
    }
    bar.finish_and_clear();
    overwrite(store, &settings.server.data_dir, now).await?;
    // Now that its bytes are gone, the id goes as well; a running server may have done it.
    while write(store, move |conn| persons::step(conn, now)).await? != Step::Nothing {
        tokio::time::sleep(ASK_EVERY).await;
    }
    empty_log(&settings.server.data_dir).await?;
    let found = store.read(move |conn| receipts::find(conn, receipt)).await?;
    let sessions = found.map_or(0, |found| found.sessions);
    writeln!(std::io::stdout(), "erased {}; receipt {receipt}", sessions_text(sessions))?;
    Ok(name_copies(&settings.server.data_dir)?)
}

/// Notes what is about to be erased.
async fn note_erasing(
    store: &Store,
    arguments: &Arguments,
    among: &[ConnectionId],
    sessions: i64,
) -> store::Result<()> {
    let subject = arguments.session.as_ref().map(SessionId::to_string).unwrap_or_default();
    let only = Some(among).filter(|among| among.len() == 1).and_then(|among| among.first().copied());
    let detail = match &arguments.session {
        Some(_) => json!({ "sessions": sessions }),
        None => {
            json!({ "sessions": sessions, "started_from": arguments.from, "started_before": arguments.to })
        }
    };
    let entry = noted::entry(What::SessionsDeleted, only, subject, detail);
    write(store, move |conn| audit::append(conn, &entry)).await
}

fn sessions_text(count: i64) -> String {
    if count == 1 { "1 session".to_owned() } else { format!("{count} sessions") }
}

/// The connections to erase from.
async fn connections_of(store: &Store, arguments: &Arguments) -> anyhow::Result<Vec<ConnectionId>> {
    if let Some(name) = &arguments.connection {
        return Ok(vec![named(store, name).await?]);
    }
    let Some(session) = arguments.session.clone() else {
        let all = store.read(|conn| connections::all(conn, &Scope::everything())).await?;
        return Ok(all.into_iter().map(|connection| connection.id).collect());
    };
    let wanted = session.clone();
    let found = store.read(move |conn| sessions::connections_of(conn, &Scope::everything(), &wanted)).await?;
    match found[..] {
        [] => bail!("there is no session {session}; its id stands in the replay page's panel"),
        [_] => Ok(found),
        _ => bail!("several connections have a session {session}; name one with --connection"),
    }
}

async fn named(store: &Store, name: &str) -> anyhow::Result<ConnectionId> {
    let wanted = name.to_owned();
    let found = store.read(move |conn| connections::named(conn, &wanted)).await?;
    let found = found.with_context(|| {
        format!("there is no connection named {name:?}; `hindsight connection list` shows those there are")
    })?;
    Ok(found.id)
}

/// Erases a connection with all it holds.
pub async fn remove_connection(
    store: &Store,
    settings: &Settings,
    name: &str,
    yes: bool,
) -> anyhow::Result<()> {
    let connection = named(store, name).await?;
    let totals = store.read(move |conn| connections::totals(conn, &Scope::everything(), connection)).await?;
    let question = format!("Erase the connection {name:?} with {}, for good?", sessions_text(totals.total));
    if !confirmed(&question, yes)? {
        return Ok(());
    }
    let now = Clock::system().now();
    let detail = json!({ "sessions": totals.total });
    let entry = noted::entry(What::ConnectionDeleted, Some(connection), name, detail);
    let delete = move |conn: &Db| {
        audit::append(conn, &entry)?;
        erasing::delete_connection(conn, connection, now)
    };
    write(store, delete).await?;
    overwrite(store, &settings.server.data_dir, now).await?;
    writeln!(std::io::stdout(), "erased the connection {name:?} with {}", sessions_text(totals.total))?;
    Ok(name_copies(&settings.server.data_dir)?)
}

fn confirmed(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        bail!("{question} Nobody can be asked here: say --yes");
    }
    write!(std::io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Writes; once more where the disk was full, since the ballast is given up then.
async fn write<T, F>(store: &Store, work: F) -> store::Result<T>
where
    T: Send + 'static,
    F: FnOnce(&Db) -> store::Result<T> + Clone + Send + 'static,
{
    match store.write(work.clone()).await {
        Err(error) if error.is_disk_full() => store.write(work).await,
        outcome => outcome,
    }
}

/// Returns when nothing of what was erased is left in the database or its log.
async fn overwrite(store: &Store, data_dir: &Path, now: TimestampMs) -> anyhow::Result<()> {
    let spinner = progress::spinner("overwriting what was erased");
    match FolderLock::take(data_dir) {
        Ok(_lock) => overwrite_here(store, now).await?,
        Err(Error::InUse { .. }) => {
            spinner.set_message("the running server overwrites what was erased");
            wait_for_server(store).await?;
        }
        Err(error) => return Err(error.into()),
    }
    spinner.set_message("emptying the write-ahead log");
    empty_log(data_dir).await?;
    spinner.finish_and_clear();
    Ok(())
}

/// No server holds the folder, so no stream is being written anew.
async fn overwrite_here(store: &Store, now: TimestampMs) -> anyhow::Result<()> {
    while write(store, move |conn| erasing::erase_deleted_connections(conn, now)).await?.erased > 0 {}
    while write(store, erasing::overwrite).await?.more {}
    // Now that they are empty, the connections go as well.
    write(store, move |conn| erasing::erase_deleted_connections(conn, now)).await?;
    while write(store, |conn| erasing::shrink(conn, 0)).await?.more {}
    Ok(())
}

async fn wait_for_server(store: &Store) -> anyhow::Result<()> {
    while store.read(erasing::any_deleted_connection).await? {
        tokio::time::sleep(ASK_EVERY).await;
    }
    let Some(last) = store.read(erasing::last_loose).await? else { return Ok(()) };
    // Streams that are written anew come behind it.
    while store.read(move |conn| erasing::any_loose_until(conn, last)).await? {
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(())
}

async fn empty_log(data_dir: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    while !store::empty_log(data_dir)? {
        if started.elapsed() > EMPTY_WITHIN {
            bail!(
                "erased, but the write-ahead log still holds it, since somebody reads all the time; run `hindsight erase` once more later"
            );
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(())
}

/// Copies of the whole database that were made before are not touched.
fn name_copies(data_dir: &Path) -> std::io::Result<()> {
    for copy in backup::copies(data_dir)? {
        writeln!(
            std::io::stdout(),
            "{} is a copy from before and is left as it is; delete it if it is not needed",
            copy.display()
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_or_moments() {
        assert_eq!(time("2026-01-01"), Ok(1_767_225_600_000));
        assert_eq!(time("2026-01-01T03:00:00+01:00"), Ok(1_767_225_600_000 + 2 * 60 * 60 * 1000));
        for wrong in ["", "yesterday", "2026-13-01", "2026-01-01T00:00"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
