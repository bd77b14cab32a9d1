//! `hindsight connection`: adding, listing and removing recorded sites, and what each takes.

use std::io::Write;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{answers, erase, noted};
use crate::clock::Clock;
use crate::config::Settings;
use crate::ingest::{new_key, origins};
use crate::model::{Connection, MAX_NAME_CHARS, TimestampMs, connection_name};
use crate::store::audit::{self, Entry, What};
use crate::store::connections::{self, Rules};
use crate::store::{self, Db, Scope, Store, write_keys};
use crate::web::changed;

/// The name of the connection that a new installation starts with.
const FIRST_CONNECTION: &str = "My site";

/// The longest that sessions may be said to be kept: a hundred years.
const MAX_KEEP_DAYS: i64 = 36_500;

/// The largest daily limit, in MB: more than any disk takes in a day.
const MAX_DAILY_MB: i64 = 1_000_000_000;
const MB: i64 = 1_000_000;

/// The longest that a replaced key may go on working: a year.
const MAX_KEEP_HOURS: i64 = 24 * 366;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// What to do with connections.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Adds a connection and prints its write key.
    Add {
        /// What people call it.
        name: String,
    },
    /// Prints each connection with its write key and what it takes.
    List,
    /// Decides what a connection takes. A running server heeds it within five seconds.
    Set {
        /// The connection.
        name: String,
        #[command(flatten)]
        changes: Changes,
    },
    /// Says where a connection's answers come from, or decides it.
    Answers {
        /// The connection.
        name: String,
        #[command(flatten)]
        changes: answers::Changes,
    },
    /// Erases a connection with all its sessions, for good.
    Remove {
        /// What people call it.
        name: String,
        /// Does it without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Gives a connection another write key and prints it. The former one takes nothing any more.
    RotateKey {
        /// The connection.
        name: String,
        /// So many hours the former one goes on working, for pages that still have it.
        #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=MAX_KEEP_HOURS))]
        keep_hours: i64,
    },
}

/// What is to change.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Changes {
    /// Takes nothing for now.
    #[arg(long, conflicts_with = "resume")]
    pause: bool,
    /// Takes recordings again.
    #[arg(long)]
    resume: bool,
    /// The origins that may send, such as `"https://shop.example https://www.shop.example"`.
    #[arg(long, value_name = "ORIGINS", conflicts_with = "any_origin")]
    origins: Option<String>,
    /// Pages of any origin may send.
    #[arg(long)]
    any_origin: bool,
    /// Whether visitors whose browser sends Sec-GPC are left alone.
    #[arg(long, value_name = "on|off")]
    honour_gpc: Option<Switch>,
    /// How many days its sessions are kept.
    #[arg(long, value_name = "N", conflicts_with = "keep_default", value_parser = clap::value_parser!(i64).range(1..=MAX_KEEP_DAYS))]
    keep_days: Option<i64>,
    /// Sessions are kept as long as `retention.keep_days` says.
    #[arg(long)]
    keep_default: bool,
    /// What may arrive in one day (UTC), in MB as sent.
    #[arg(long, value_name = "N", conflicts_with = "no_daily_limit", value_parser = clap::value_parser!(i64).range(1..=MAX_DAILY_MB))]
    daily_mb: Option<i64>,
    /// Any amount may arrive in one day.
    #[arg(long)]
    no_daily_limit: bool,
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl Changes {
    fn apply(&self, rules: &mut Rules) -> anyhow::Result<()> {
        rules.paused = (rules.paused || self.pause) && !self.resume;
        if let Some(origins) = &self.origins {
            rules.allowed_origins = origins_in(origins)?;
        }
        if self.any_origin {
            rules.allowed_origins.clear();
        }
        if let Some(switch) = self.honour_gpc {
            rules.honour_gpc = switch == Switch::On;
        }
        rules.keep_days = self.keep_days.or(rules.keep_days).filter(|_| !self.keep_default);
        let daily_bytes = self.daily_mb.map(|mb| mb * MB);
        rules.daily_bytes = daily_bytes.or(rules.daily_bytes).filter(|_| !self.no_daily_limit);
        Ok(())
    }
}

/// Origins as browsers write them into the `Origin` header.
fn origins_in(text: &str) -> anyhow::Result<Vec<String>> {
    let origins: Vec<String> = text
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(origins::read)
        .collect::<Result<_, _>>()
        .map_err(anyhow::Error::msg)?;
    if origins.is_empty() {
        bail!("--origins names none; write --any-origin to take recordings from anywhere");
    }
    Ok(origins)
}

/// Runs the command. Works beside a running server.
pub async fn run(settings: Settings, action: Action) -> anyhow::Result<()> {
    let (data_dir, store_settings) = (&settings.server.data_dir, &settings.store);
    let (store, closing) = match action {
        Action::Add { .. } => Store::open(data_dir, store_settings)?,
        Action::List => super::open_to_read(&settings)?,
        _ => Store::open_existing(data_dir, store_settings)?,
    };
    let outcome = match action {
        Action::Add { name } => add(&store, &name).await,
        Action::List => list(&store).await,
        Action::Set { name, changes } => set(&store, &name, &changes).await,
        Action::Answers { name, changes } => answers::run(&store, &settings, &name, changes).await,
        Action::RotateKey { name, keep_hours } => rotate_key(&store, name, keep_hours).await,
        Action::Remove { name, yes } => erase::remove_connection(&store, &settings, &name, yes).await,
    };
    closing.close();
    outcome
}

async fn add(store: &Store, name: &str) -> anyhow::Result<()> {
    let Some(name) = connection_name(name) else {
        bail!("a connection's name has 1 to {MAX_NAME_CHARS} characters on one line");
    };
    let now = Clock::system().now();
    let wanted = name.clone();
    let entry = noted::entry(What::ConnectionAdded, None, name.clone(), json!({}));
    let add = move |conn: &Db| {
        let added = add_with_new_key(conn, &wanted, now)?;
        if let Some(added) = &added {
            audit::append(conn, &Entry { connection: Some(added.id), ..entry })?;
        }
        Ok(added)
    };
    match store.write(add).await? {
        Some(connection) => writeln!(std::io::stdout(), "{}", connection.write_key)?,
        None => bail!(
            "there is a connection named {name:?} already; `hindsight connection list` shows its write key"
        ),
    }
    Ok(())
}

async fn list(store: &Store) -> anyhow::Result<()> {
    for (connection, rules) in store.read(|conn| connections::with_rules(conn, &Scope::everything())).await? {
        let state = state(&rules);
        let gap = if state.is_empty() { "" } else { "\t" };
        writeln!(std::io::stdout(), "{}\t{}{gap}{state}", connection.write_key, connection.name)?;
    }
    Ok(())
}

/// What a connection takes, where that is not everything.
fn state(rules: &Rules) -> String {
    let origins = &rules.allowed_origins;
    let parts = [
        rules.paused.then(|| "paused".to_owned()),
        (!origins.is_empty()).then(|| format!("from {}", origins.join(" "))),
        (!rules.honour_gpc).then(|| "ignores Sec-GPC".to_owned()),
        rules.keep_days.map(|days| format!("kept {days} days")),
        rules.daily_bytes.map(|bytes| format!("{} MB a day", bytes / MB)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn set(store: &Store, name: &str, changes: &Changes) -> anyhow::Result<()> {
    let connection = existing(store, name).await?;
    let rules = store.read(move |conn| connections::rules(conn, connection.id)).await?;
    let mut rules = rules.unwrap_or_default();
    let before = rules.clone();
    changes.apply(&mut rules)?;
    let shown = state(&rules);
    let detail = json!({ "fields": changed(&before, &rules) });
    let entry = noted::entry(What::SettingsChanged, Some(connection.id), "general", detail);
    store
        .write(move |conn| {
            connections::set_rules(conn, connection.id, &rules)?;
            audit::append(conn, &entry)
        })
        .await?;
    let shown = if shown.is_empty() { "takes everything" } else { &shown };
    writeln!(std::io::stdout(), "{}: {shown}", connection.name)?;
    Ok(())
}

async fn rotate_key(store: &Store, name: String, keep_hours: i64) -> anyhow::Result<()> {
    let connection = existing(store, &name).await?;
    let (key, now) = (new_key(), Clock::system().now());
    let (wanted, works_until) = (key.clone(), now + keep_hours * HOUR_MS);
    let detail = json!({ "former_works_hours": keep_hours });
    let entry = noted::entry(What::KeyReplaced, Some(connection.id), "", detail);
    store
        .write(move |conn| {
            write_keys::replace(conn, connection.id, &wanted, now, works_until)?;
            audit::append(conn, &entry)
        })
        .await?;
    writeln!(std::io::stdout(), "{key}")?;
    Ok(())
}

/// The connection of this name, or what to do.
pub async fn existing(store: &Store, name: &str) -> anyhow::Result<Connection> {
    let wanted = name.trim().to_owned();
    let found = store.read(move |conn| connections::named(conn, &wanted)).await?;
    found.with_context(|| {
        format!("there is no connection named {name:?}; `hindsight connection list` shows those there are")
    })
}

/// The oldest connection; a new installation gets one, so that there is a snippet to paste.
pub async fn first_or_new(store: &Store) -> anyhow::Result<Connection> {
    let now = Clock::system().now();
    // Most times there is one, and then a disk without room is no reason not to start.
    if let Some(first) = store.read(|conn| connections::first(conn, &Scope::everything())).await? {
        return Ok(first);
    }
    let first = store
        .write(move |conn| match connections::first(conn, &Scope::everything())? {
            Some(connection) => Ok(Some(connection)),
            None => add_with_new_key(conn, FIRST_CONNECTION, now),
        })
        .await?;
    first.context("the first connection was not added")
}

/// Adds a connection. `None` when the name is taken.
pub fn add_with_new_key(conn: &Db, name: &str, now: TimestampMs) -> store::Result<Option<Connection>> {
    connections::add(conn, name, &new_key(), now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        let read = |text| origins_in(text).map_err(|error| error.to_string());
        assert_eq!(
            read("HTTPS://Shop.Example:443/ http://localhost:8080,https://bücher.example").expect("origins"),
            ["https://shop.example", "http://localhost:8080", "https://xn--bcher-kva.example"]
        );
        for bad in [
            "shop.example",
            "https://shop.example/path",
            "https://*.shop.example/a",
            "null",
            "https://a?b",
            " ",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read("ftp://x").expect_err("no origin").contains("such as \"https://shop.example\""));
    }
}
