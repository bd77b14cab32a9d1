//! `hindsight demo`: the server with a shop that records itself.

use anyhow::Context as _;

use super::connection::add_with_new_key;
use super::serve::{self, Greeting};
use crate::answers::{self, Plan};
use crate::clock::Clock;
use crate::config::{Login, Origin, Settings};
use crate::embedded::{DEMO_DOCUMENTS, DEMO_VISITS};
use crate::model::Connection;
use crate::moving;
use crate::moving::reading::{self, Limits};
use crate::privacy::Rules;
use crate::store::{Store, connections};

/// The shop's connection.
const NAME: &str = "Demo shop";

/// How long ago the last of the recorded visits is said to have ended, and how far
/// apart they are.
const LAST_VISIT_MS: i64 = 4 * 60 * 1000;
const BETWEEN_VISITS_MS: i64 = 37 * 60 * 1000;

/// Serves until it is told to stop.
pub async fn run(mut settings: Settings, exposure: serve::Exposure) -> anyhow::Result<()> {
    // There is nothing to hide in it.
    settings.accounts.login = Login::None;
    settings.known.set("accounts.login", "none", Origin::Argument("demo"));
    let opened = serve::open(settings, exposure.into())?;
    let connection = shop(&opened.store).await?;
    add_visits(&opened.store, &connection, &opened.settings).await?;
    add_documents(&opened.settings, &connection)?;
    serve::serve(opened, &connection, Some(connection.id), Greeting::Welcome).await
}

async fn shop(store: &Store) -> anyhow::Result<Connection> {
    let now = Clock::system().now();
    let shop = store
        .write(move |conn| match connections::named(conn, NAME)? {
            Some(connection) => Ok(Some(connection)),
            None => add_with_new_key(conn, NAME, now),
        })
        .await?;
    shop.context("the demo's connection was not added")
}

/// Puts the shop's documents where its answers are quoted from, once: they may be changed then.
fn add_documents(settings: &Settings, connection: &Connection) -> anyhow::Result<()> {
    let folder = answers::documents_dir(settings).join(Plan::default().folder_of(connection));
    if folder.exists() {
        return Ok(());
    }
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        DEMO_DOCUMENTS.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
    });
    written.with_context(|| format!("cannot write the shop's documents into {}", folder.display()))
}

/// Imports the recorded visits as if they had just happened, but for those that are there.
async fn add_visits(store: &Store, connection: &Connection, settings: &Settings) -> anyhow::Result<()> {
    let mut ended_at = Clock::system().now() - LAST_VISIT_MS;
    for (name, bytes) in DEMO_VISITS {
        let recording = reading::read(bytes, &Limits::large(&settings.ingest), &Rules::default())
            .with_context(|| format!("the visit {name}"))?;
        moving::store(store, connection.id, recording.ending_at(ended_at), None).await?;
        ended_at -= BETWEEN_VISITS_MS;
    }
    Ok(())
}
