//! `hindsight restore`: a backup in the place of the database.
//!
//! The backup is checked before anything is touched, and what was there is kept. No
//! server may hold the folder.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::{backup as command, check, noted, progress};
use crate::backup as backup_files;
use crate::config::Settings;
use crate::store::audit::What;
use crate::store::backup::{self, with_suffix};
use crate::store::{Error, FolderLock, Store};

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A file that `hindsight backup` has written.
    file: PathBuf,
}

/// Runs the command.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let (data_dir, file) = (&settings.server.data_dir, &arguments.file);
    let lock = FolderLock::take(data_dir)?;
    let bytes = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    let contents = inspect(file, &settings).await?;
    backup::check_room(data_dir, bytes)?;
    let copied = data_dir.join("restoring.unfinished");
    let entry = noted::entry(What::BackupRestored, None, command::name_of(file), json!({ "bytes": bytes }));
    let replaced = copy(file, &copied).and_then(|()| {
        // What it was restored to knows it from its first moment on.
        backup::note_in(&copied, &entry)?;
        Ok(backup::replace(&lock, data_dir, &copied)?)
    });
    if replaced.is_err() {
        let _ = std::fs::remove_file(&copied);
    }
    let kept = replaced?;
    let mut out = std::io::stdout();
    let newest = contents.newest_at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    let newest =
        newest.map_or("it holds no session".to_owned(), |at| format!("its newest batch is of {at:.0}"));
    writeln!(out, "restored {}: {} sessions; {newest}", file.display(), contents.sessions)?;
    if let Some(kept) = kept {
        writeln!(out, "what was there is kept as {}", kept.display())?;
    }
    Ok(())
}

/// Looks whether the file is a whole backup, and can be read to its last event.
async fn inspect(file: &Path, settings: &Settings) -> anyhow::Result<backup::Contents> {
    let log = with_suffix(file, "-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        bail!(
            "{} was copied while it was in use: {} belongs to it; make a backup with `hindsight backup`",
            file.display(),
            log.display()
        );
    }
    let spinner = progress::spinner("checking the backup");
    let contents = backup::inspect(file);
    spinner.finish_and_clear();
    let contents = contents?;
    check_digest(file)?;
    if contents.is_current() {
        let (store, closing) = Store::open_copy(file, &settings.store)?;
        let mut first = None;
        let checked = check::recordings(&store, |complaint| _ = first.get_or_insert(complaint)).await;
        closing.close();
        checked?;
        if let Some(reason) = first {
            return Err(Error::Unfit { path: file.to_owned(), reason }.into());
        }
    }
    Ok(contents)
}

/// A backup whose SHA-256 stands beside it must have it.
fn check_digest(file: &Path) -> anyhow::Result<()> {
    let sums = backup_files::digest_file(file);
    let Ok(line) = std::fs::read_to_string(&sums) else { return Ok(()) };
    let wanted = line.split_whitespace().next().unwrap_or_default();
    let (_, found) = command::digest(file)?;
    if wanted == found {
        return Ok(());
    }
    let reason =
        format!("it has changed since it was made: its SHA-256 is not the one in {}", sums.display());
    Err(Error::Unfit { path: file.to_owned(), reason }.into())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let source = File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    let bar = progress::bytes(source.metadata()?.len(), "copied");
    let write = || -> std::io::Result<()> {
        let mut target = backup::private_file(to)?;
        target.set_len(0)?;
        backup_files::copy_digesting(source, &mut target, |bytes| bar.set_position(bytes))?;
        bar.finish_and_clear();
        target.sync_all()
    };
    write().with_context(|| format!("cannot write {}", to.display()))
}
