//! `hindsight connection`: adding, listing and removing recorded sites.

use std::io::Write;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::erase;
use crate::clock::Clock;
use crate::config::Settings;
use crate::model::{Connection, TimestampMs};
use crate::store::{Db, Result, Scope, Store, connections};

/// The name of the connection that a new installation starts with.
const FIRST_CONNECTION: &str = "My site";

/// The longest name that is shown well.
const MAX_NAME_CHARS: usize = 80;

/// What to do with connections.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Adds a connection and prints its write key.
    Add {
        /// What people call it.
        name: String,
    },
    /// Prints each connection with its write key.
    List,
    /// Erases a connection with all its sessions, for good.
    Remove {
        /// What people call it.
        name: String,
        /// Does it without asking.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command. Works beside a running server.
pub async fn run(settings: Settings, action: Action) -> anyhow::Result<()> {
    let (data_dir, store_settings) = (&settings.server.data_dir, &settings.store);
    let (store, closing) = match action {
        Action::Add { .. } => Store::open(data_dir, store_settings)?,
        Action::Remove { .. } => Store::open_existing(data_dir, store_settings)?,
        Action::List => super::open_to_read(&settings)?,
    };
    let outcome = match action {
        Action::Add { name } => add(&store, &name).await,
        Action::List => list(&store).await,
        Action::Remove { name, yes } => erase::remove_connection(&store, &settings, &name, yes).await,
    };
    closing.close();
    outcome
}

async fn add(store: &Store, name: &str) -> anyhow::Result<()> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        bail!("a connection's name has 1 to {MAX_NAME_CHARS} characters on one line");
    }
    let now = Clock::system().now();
    let wanted = name.clone();
    match store.write(move |conn| add_with_new_key(conn, &wanted, now)).await? {
        Some(connection) => writeln!(std::io::stdout(), "{}", connection.write_key)?,
        None => bail!(
            "there is a connection named {name:?} already; `hindsight connection list` shows its write key"
        ),
    }
    Ok(())
}

async fn list(store: &Store) -> anyhow::Result<()> {
    for connection in store.read(|conn| connections::all(conn, &Scope::everything())).await? {
        writeln!(std::io::stdout(), "{}\t{}", connection.write_key, connection.name)?;
    }
    Ok(())
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

/// Adds a connection with a key of 128 random bits. `None` when the name is taken.
pub fn add_with_new_key(conn: &Db, name: &str, now: TimestampMs) -> Result<Option<Connection>> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    connections::add(conn, name, &format!("hk_{digits}"), now)
}
