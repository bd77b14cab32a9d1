//! `hindsight export`: a session as any rrweb player takes it, or everything (`export_all`).

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::{export_all, noted};
use crate::config::Settings;
use crate::export::{self, Source};
use crate::finish::chosen;
use crate::model::{ConnectionId, SessionId, Status};
use crate::plugins::Host;
use crate::store::audit::What;
use crate::store::{Scope, Store, choices, connections, sessions};

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The session's id, as the replay page shows it.
    #[arg(allow_hyphen_values = true, required_unless_present = "to", conflicts_with = "to")]
    session: Option<SessionId>,
    /// The connection it belongs to, if several have a session of this id; with --to the only one
    /// that is written.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Writes all sessions that are over, with notes, tags and settings, for `hindsight import`: below this
    /// folder, into a file that ends in .tar, .tar.gz or .tgz, or (`-`) to standard output as a tar archive.
    #[arg(long, value_name = "PATH", conflicts_with = "output", allow_hyphen_values = true)]
    to: Option<PathBuf>,
    /// The file to write; by default standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command. Works beside a running server.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let (store, closing) = super::open_to_read(&settings)?;
    let outcome = export(&settings, &store, arguments).await;
    closing.close();
    outcome
}

async fn export(settings: &Settings, store: &Store, arguments: Arguments) -> anyhow::Result<()> {
    if let Some(to) = &arguments.to {
        return export_all::run(settings, store, to, arguments.connection.as_deref()).await;
    }
    let session = arguments.session.context("name a session, or a folder with --to")?;
    let connection = connection(store, &session, arguments.connection.as_deref()).await?;
    let goes_on = refuse_held_back(settings, store, connection, &session).await?;
    let detail = serde_json::json!({ "file": "recording.json" });
    let subject = session.to_string();
    noted::note(store, noted::entry(What::SessionDownloaded, Some(connection), subject, detail)).await;
    let source = Source { store: store.clone(), scope: Scope::everything(), connection, session };
    let out: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(new_file(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => Box::new(std::io::stdout()),
    };
    export::write(&source, BufWriter::new(out), async |_| Ok(())).await?;
    if let Some(path) = &arguments.output {
        std::fs::rename(unfinished(path), path)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if goes_on {
        let so_far =
            "this session goes on, and what came so far was written; export it again once it is over";
        writeln!(std::io::stderr(), "hindsight: {so_far}")?;
    }
    Ok(())
}

/// What waits to be masked leaves the database as little as it is shown. Answers whether more
/// of the session is expected.
async fn refuse_held_back(
    settings: &Settings,
    store: &Store,
    connection: ConnectionId,
    id: &SessionId,
) -> anyhow::Result<bool> {
    let session = id.clone();
    let (found, choices) = store
        .read(move |conn| {
            let found = sessions::find(conn, &Scope::everything(), connection, &session)?;
            Ok((found, choices::of_connection(conn, connection)?))
        })
        .await?;
    let Some(session) = found.filter(|session| !session.finished) else { return Ok(false) };
    let plugins = Host::open(&settings.plugins, &settings.server.data_dir, super::plugin::built_ins())?;
    plugins.refresh();
    if chosen::holds_back(&plugins, &choices) {
        bail!(
            "session {id} is not masked yet: a plugin masks this connection's recordings, and the server does so once the visit is over; the Plugins page says if it fails"
        );
    }
    Ok(session.status == Status::Active)
}

/// A file that stands beside `path` until it is whole, so that what is there is not lost before.
fn new_file(path: &Path) -> std::io::Result<File> {
    File::create(unfinished(path))
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

/// The connection that has this session, if several do the one of this name.
pub async fn connection(
    store: &Store,
    session: &SessionId,
    name: Option<&str>,
) -> anyhow::Result<ConnectionId> {
    let id = session.clone();
    let mut found = store.read(move |conn| sessions::connections_of(conn, &Scope::everything(), &id)).await?;
    if let Some(name) = name {
        let wanted = name.to_owned();
        let named = store.read(move |conn| connections::named(conn, &wanted)).await?;
        found.retain(|connection| named.as_ref().is_some_and(|named| named.id == *connection));
    }
    match found[..] {
        [connection] => Ok(connection),
        [] => bail!("there is no session {session}; its id stands in the replay page's panel"),
        _ => bail!("several connections have a session {session}; name one with --connection"),
    }
}
