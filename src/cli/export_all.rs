//! `hindsight export --to DIR`: all sessions of a connection, or of all, for `hindsight import`.
//!
//! What is there already is left as it is, so that an export that was stopped goes on.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::archive::{AboutConnection, AboutSession};
use super::import::CONNECTION_FILE;
use super::{noted, progress};
use crate::config::Settings;
use crate::export::Source;
use crate::finish::chosen;
use crate::ingest::gzip;
use crate::model::{Connection, Session};
use crate::plugins::Host;
use crate::rrweb;
use crate::store::audit::What;
use crate::store::{Scope, Store, choices, connections, sessions};

/// Sessions are listed so many at a time.
const PAGE: i64 = 500;

/// Batches are about this large, whatever they were stored as.
const BATCH_BYTES: usize = 256 * 1024;

const NO_LIMITS: rrweb::Limits =
    rrweb::Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// Writes everything below a folder.
pub async fn run(settings: &Settings, store: &Store, to: &Path, name: Option<&str>) -> anyhow::Result<()> {
    let mut all = store.read(|conn| connections::all(conn, &Scope::everything())).await?;
    all.retain(|connection| name.is_none_or(|name| connection.name == name));
    if let (Some(name), true) = (name, all.is_empty()) {
        bail!("there is no connection named {name:?}; `hindsight connection list` names them");
    }
    let plugins = Host::open(&settings.plugins, &settings.server.data_dir, super::plugin::built_ins())?;
    plugins.refresh();
    for connection in all {
        let folder = to.join(format!("connection-{}", connection.id));
        let written = Exporting { store, plugins: &plugins, folder, connection }.run().await?;
        writeln!(std::io::stdout(), "{written}")?;
    }
    Ok(())
}

struct Exporting<'a> {
    store: &'a Store,
    plugins: &'a Host,
    folder: PathBuf,
    connection: Connection,
}

impl Exporting<'_> {
    /// Writes a connection; returns what became of it, in a sentence.
    async fn run(&self) -> anyhow::Result<String> {
        let (id, name) = (self.connection.id, self.connection.name.clone());
        let detail = serde_json::json!({ "file": "all sessions" });
        noted::note(self.store, noted::entry(What::SessionDownloaded, Some(id), "", detail)).await;
        let in_folder = self.folder.join("sessions");
        std::fs::create_dir_all(&in_folder)
            .with_context(|| format!("cannot write {}", in_folder.display()))?;
        let about = self.store.read(move |conn| AboutConnection::read(conn, id, name)).await?;
        let mut json = serde_json::to_string_pretty(&about)?;
        json.push('\n');
        write_whole(&self.folder.join(CONNECTION_FILE), json.as_bytes())?;
        let holds_back = {
            let choices = self.store.read(move |conn| choices::of_connection(conn, id)).await?;
            chosen::holds_back(self.plugins, &choices)
        };
        let (mut new, mut known, mut waiting, mut after) = (0, 0, 0, 0);
        let bar = progress::spinner("sessions");
        loop {
            let page = self.store.read(move |conn| sessions::from_row_on(conn, id, after, PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = last.row;
            for session in &page {
                let path = in_folder.join(format!("{}.json.gz", session.id));
                match () {
                    () if path.exists() => known += 1,
                    () if holds_back && !session.finished => waiting += 1,
                    () => {
                        write_whole(&path, &self.session(session).await?)?;
                        new += 1;
                    }
                }
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        let mut told = format!("{}: {new} sessions written to {}", about.name, self.folder.display());
        if known > 0 {
            told.push_str(&format!(", {known} were there"));
        }
        if waiting > 0 {
            told.push_str(&format!(", {waiting} left out that are not masked yet"));
        }
        Ok(told)
    }

    /// A session's file.
    async fn session(&self, session: &Session) -> anyhow::Result<Vec<u8>> {
        let of = session.clone();
        let about = self.store.read(move |conn| AboutSession::read(conn, &of)).await?;
        let mut json = format!("[{}", serde_json::to_string(&about)?);
        let source = Source {
            store: self.store.clone(),
            scope: Scope::everything(),
            connection: self.connection.id,
            session: session.id.clone(),
        };
        for stream in &source.playback().await?.streams {
            let mut batches = Batches { stream: &stream.id, seq: 0, open: 0, json: &mut json };
            for part in &stream.parts {
                let piece =
                    source.json(&stream.id, part).await.with_context(|| format!("session {}", session.id))?;
                for event in rrweb::events(&piece, &NO_LIMITS)? {
                    batches.add(event.json);
                }
            }
            batches.close();
        }
        json.push_str("]\n");
        Ok(gzip::deflate(json.as_bytes()))
    }
}

/// The batches of a stream, cut by what its events are and not by how they are stored, so
/// that the same events make the same file.
struct Batches<'a> {
    stream: &'a str,
    seq: i64,
    /// The bytes of the batch that is open; 0 when none is.
    open: usize,
    json: &'a mut String,
}

impl Batches<'_> {
    fn add(&mut self, event: &str) {
        if self.open >= BATCH_BYTES {
            self.close();
        }
        if self.open == 0 {
            let (stream, seq) = (self.stream, self.seq);
            self.json.push_str(&format!(",\n{{\"stream\":\"{stream}\",\"seq\":{seq},\"events\":[\n"));
        } else {
            self.json.push_str(",\n");
        }
        self.json.push_str(event);
        self.open += event.len();
    }

    fn close(&mut self) {
        if self.open > 0 {
            self.json.push_str("]}");
            self.seq += 1;
            self.open = 0;
        }
    }
}

/// Writes a file that is there as a whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_added_extension("unfinished");
    let written = std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}
