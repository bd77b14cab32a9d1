//! `hindsight token`: making, listing and revoking tokens of programs.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::bail;
use clap::Subcommand;
use serde_json::json;

use super::connection::existing;
use super::noted;
use crate::clock::{self, Clock};
use crate::config::Settings;
use crate::model::{
    Connection, MAX_TOKEN_DAYS, MAX_TOKEN_NAME_CHARS, TimestampMs, TokenScope, USUAL_TOKEN_DAYS,
};
use crate::store::audit::What;
use crate::store::tokens::{self, Draft, MOST, Token, Whose};
use crate::store::{Scope, Store, connections};
use crate::web::{Secret, Written, make_token, revoke_token};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Makes a token and prints it. It is not shown again.
    Create {
        /// What people call it.
        name: String,
        /// What it is for: read, read:prompts, write, erase or admin. May be said several times.
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<TokenScope>,
        /// A connection that it is for; without any it is for all. May be said several times.
        #[arg(long = "connection", value_name = "NAME")]
        connections: Vec<String>,
        /// So many days it works.
        #[arg(long, value_name = "N", default_value_t = USUAL_TOKEN_DAYS, value_parser = clap::value_parser!(i64).range(1..=MAX_TOKEN_DAYS))]
        expires_days: i64,
    },
    /// Prints each token with its scopes, and until when it works.
    List,
    /// Ends a token. A running server refuses it from the next request on.
    Revoke {
        /// Its number, as `token list` prints it, or the token itself.
        token: String,
    },
}

/// Runs the command. Works beside a running server.
pub async fn run(settings: Settings, action: Action) -> anyhow::Result<()> {
    let (store, closing) = match action {
        Action::List => super::open_to_read(&settings)?,
        _ => Store::open_existing(&settings.server.data_dir, &settings.store)?,
    };
    let outcome = match action {
        Action::Create { name, scopes, connections, expires_days } => {
            create(&store, &name, &scopes, &connections, expires_days).await
        }
        Action::List => list(&store).await,
        Action::Revoke { token } => revoke(&store, &token).await,
    };
    closing.close();
    outcome
}

async fn create(
    store: &Store,
    name: &str,
    scopes: &[TokenScope],
    names: &[String],
    days: i64,
) -> anyhow::Result<()> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_TOKEN_NAME_CHARS || name.chars().any(char::is_control) {
        bail!("a token's name has 1 to {MAX_TOKEN_NAME_CHARS} characters on one line");
    }
    let mut named = BTreeSet::new();
    for name in names {
        named.insert(existing(store, name).await?.id);
    }
    let (secret, now) = (Secret::new(), Clock::system().now());
    let draft = Draft {
        name: name.to_owned(),
        hash: secret.hash(),
        scopes: scopes.iter().copied().collect(),
        connections: (!named.is_empty()).then_some(named),
        user: None,
        expires_at: now + days * DAY_MS,
    };
    let entry = noted::entry(What::TokenMade, None, "", json!({}));
    match store.write(move |conn| make_token(conn, &draft, entry)).await? {
        Some(id) => writeln!(std::io::stdout(), "{}", Written { id, secret }.text())?,
        None => bail!("there are {MOST} tokens that work; `hindsight token revoke` ends some"),
    }
    Ok(())
}

async fn list(store: &Store) -> anyhow::Result<()> {
    let read = |conn: &crate::store::Db| {
        Ok((tokens::list(conn, Whose::Everybody)?, connections::all(conn, &Scope::everything())?))
    };
    let (tokens, connections) = store.read(read).await?;
    let now = Clock::system().now();
    for token in tokens {
        writeln!(
            std::io::stdout(),
            "{}\t{}\t{}\t{}\t{}",
            token.id,
            token.name,
            token.scopes.names(),
            names(&token, &connections),
            state(&token, now)
        )?;
    }
    Ok(())
}

fn names(token: &Token, connections: &[Connection]) -> String {
    let Some(named) = &token.connections else { return "all connections".to_owned() };
    let known = connections.iter().filter(|connection| named.contains(&connection.id));
    known.map(|connection| connection.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn state(token: &Token, now: TimestampMs) -> String {
    match token.revoked_at {
        Some(at) => format!("revoked {}", clock::rfc3339(at)),
        None if token.works(now) => format!("works until {}", clock::rfc3339(token.expires_at)),
        None => format!("expired {}", clock::rfc3339(token.expires_at)),
    }
}

async fn revoke(store: &Store, token: &str) -> anyhow::Result<()> {
    let id = token.parse().ok().or_else(|| Written::read(token).map(|written| written.id));
    let Some(id) = id else { bail!("name the token's number, as `hindsight token list` prints it") };
    let entry = noted::entry(What::TokenRevoked, None, "", json!({}));
    if !store.write(move |conn| revoke_token(conn, Whose::Everybody, id, entry)).await? {
        bail!("no token {id} works; `hindsight token list` shows those there are");
    }
    writeln!(std::io::stdout(), "revoked the token {id}")?;
    Ok(())
}
