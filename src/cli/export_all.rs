//! `hindsight export --to`: all sessions of a connection, or of all, for an import elsewhere: into
//! a folder, or as one archive.
//!
//! What is in a folder already is left as it is, so that an export that was stopped goes on.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, bail};
use tokio::runtime::Handle;

use super::{noted, progress};
use crate::clock::Clock;
use crate::config::Settings;
use crate::finish::chosen;
use crate::ingest::gzip;
use crate::model::{Session, TimestampMs};
use crate::moving::{CONNECTION_FILE, Exporting, Tarball, Written};
use crate::plugins::Host;
use crate::store::audit::What;
use crate::store::{Scope, Store, choices, connections};

/// The target that stands for standard output.
const STDOUT: &str = "-";

/// Where an export goes.
enum Target {
    Folder(PathBuf),
    Stdout,
    File { path: PathBuf, is_gzip: bool },
}

impl Target {
    /// By its name, unless there is a folder of it.
    fn of(to: &Path) -> Self {
        let name = to.to_string_lossy().to_lowercase();
        let is_gzip = name.ends_with(".tar.gz") || name.ends_with(".tgz");
        match () {
            () if to == Path::new(STDOUT) => Self::Stdout,
            () if !to.is_dir() && (is_gzip || name.ends_with(".tar")) => {
                Self::File { path: to.to_owned(), is_gzip }
            }
            () => Self::Folder(to.to_owned()),
        }
    }
}

/// Writes everything.
pub async fn run(settings: &Settings, store: &Store, to: &Path, name: Option<&str>) -> anyhow::Result<()> {
    let mut all = store.read(|conn| connections::all(conn, &Scope::everything())).await?;
    all.retain(|connection| name.is_none_or(|name| connection.name == name));
    if let (Some(name), true) = (name, all.is_empty()) {
        bail!("there is no connection named {name:?}; `hindsight connection list` names them");
    }
    let target = Target::of(to);
    check(&target)?;
    let plugins = Host::open(&settings.plugins, &settings.server.data_dir, super::plugin::built_ins())?;
    plugins.refresh();
    let over_before = Clock::system().now() - i64::from(settings.sessions.idle_after_seconds) * 1000;
    let mut exports = Vec::new();
    for connection in all {
        let id = connection.id;
        let choices = store.read(move |conn| choices::of_connection(conn, id)).await?;
        let detail = serde_json::json!({ "file": "all sessions" });
        noted::note(store, noted::entry(What::SessionDownloaded, Some(id), "", detail)).await;
        exports.push(Exporting {
            store: store.clone(),
            runtime: Handle::current(),
            scope: Scope::everything(),
            connection,
            holds_back: chosen::holds_back(&plugins, &choices),
            over_before,
        });
    }
    tokio::task::spawn_blocking(move || match target {
        Target::Folder(folder) => exports.iter().try_for_each(|exporting| write_folder(exporting, &folder)),
        Target::Stdout => write_archive(&exports, std::io::stdout().lock(), STDOUT).map(|_| ()),
        Target::File { path, is_gzip } => write_file(&exports, &path, is_gzip),
    })
    .await?
}

/// What is told before anything is written.
fn check(target: &Target) -> anyhow::Result<()> {
    match target {
        Target::Stdout if std::io::stdout().is_terminal() => {
            bail!("an archive is nothing for a terminal: name a file, or lead it into another program")
        }
        Target::File { path, .. } if path.exists() => {
            bail!("{} is there already; name another file", path.display())
        }
        _ => Ok(()),
    }
}

fn write_file(exports: &[Exporting], path: &Path, is_gzip: bool) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let unfinished = path.with_added_extension("unfinished");
    let file = BufWriter::new(File::create(&unfinished).with_context(cannot)?);
    let place = path.display().to_string();
    if is_gzip {
        write_archive(exports, gzip::writer(file), &place)?.finish().and_then(|mut file| file.flush())
    } else {
        write_archive(exports, file, &place)?.flush()
    }
    .with_context(cannot)?;
    std::fs::rename(&unfinished, path).with_context(cannot)
}

/// Writes an archive; what it says goes to standard error, since the archive may go to the other.
fn write_archive<W: Write>(exports: &[Exporting], out: W, place: &str) -> anyhow::Result<W> {
    let mut tarball = Tarball::new(out);
    for exporting in exports {
        let bar = progress::spinner("sessions");
        let written = tarball.add(exporting, || bar.inc(1))?;
        bar.finish_and_clear();
        writeln!(std::io::stderr(), "{}", sentence(&exporting.connection.name, written, place))?;
    }
    Ok(tarball.finish()?)
}

fn write_folder(exporting: &Exporting, to: &Path) -> anyhow::Result<()> {
    let folder = to.join(exporting.folder());
    let sessions = folder.join("sessions");
    std::fs::create_dir_all(&sessions).with_context(|| format!("cannot write {}", sessions.display()))?;
    let description = exporting.description()?;
    write_whole(&folder.join(CONNECTION_FILE), |mut file| {
        file.write_all(&description)?;
        Ok(file)
    })?;
    let mut written = Written::default();
    let bar = progress::spinner("sessions");
    exporting.each_session(|session, left| {
        bar.inc(1);
        let path = folder.join(crate::moving::file_of(session));
        match left {
            Some(left) => written.leave(left),
            None if is_known(&path, session) => written.known += 1,
            None => {
                write_whole(&path, |file| exporting.write(session, file))?;
                written.sessions += 1;
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    let told = sentence(&exporting.connection.name, written, &folder.display().to_string());
    Ok(writeln!(std::io::stdout(), "{told}")?)
}

/// Whether the file was written after all of the session had come.
fn is_known(path: &Path, session: &Session) -> bool {
    let Ok(modified) = std::fs::metadata(path).and_then(|file| file.modified()) else { return false };
    let at = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    TimestampMs::try_from(at).unwrap_or(TimestampMs::MAX) >= crate::moving::last_at(session)
}

fn sentence(name: &str, written: Written, place: &str) -> String {
    let Written { sessions, known, going_on, not_masked } = written;
    let mut told = format!("{name}: {sessions} sessions written to {place}");
    if known > 0 {
        told.push_str(&format!(", {known} were there"));
    }
    if going_on > 0 {
        told.push_str(&format!(", {going_on} left out that go on"));
    }
    if not_masked > 0 {
        told.push_str(&format!(", {not_masked} left out that are not masked yet"));
    }
    told
}

/// Writes a file that is there as a whole or not at all.
fn write_whole(
    path: &Path,
    write: impl FnOnce(BufWriter<File>) -> anyhow::Result<BufWriter<File>>,
) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let unfinished = path.with_added_extension("unfinished");
    let file = BufWriter::new(File::create(&unfinished).with_context(cannot)?);
    write(file)?.flush().and_then(|()| std::fs::rename(&unfinished, path)).with_context(cannot)
}
