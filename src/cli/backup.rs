//! `hindsight backup`: a whole copy of the database in one file, beside a running server.
//!
//! The copy gets its name when it is complete, checked and on disk; until then what
//! was there under that name stays. Beside it stands its SHA-256, as `sha256sum`
//! writes it, by which `hindsight restore` knows the copy again.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::{noted, progress};
use crate::backup::{Unfinished, copy_digesting};
use crate::config::Settings;
use crate::disk;
use crate::store::audit::What;
use crate::store::backup::{self, with_suffix};

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file to write.
    file: PathBuf,
    /// Replaces the file if it is there.
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    let (data_dir, file) = (&settings.server.data_dir, &arguments.file);
    if file.exists() && !arguments.force {
        bail!("{} is there already; name another file, or replace it with --force", file.display());
    }
    if is_inside(file, data_dir) && file.file_name().is_some_and(is_of_database) {
        bail!("{} is the database itself; name another file", file.display());
    }
    let bytes = backup::size(data_dir)?;
    let unfinished = Unfinished::start(with_suffix(file, ".unfinished"))?;
    backup::check_room(disk::folder_of(file), bytes)?;
    progress::while_growing(unfinished.path(), "copied", || backup::copy(data_dir, unfinished.path()))?;
    let spinner = progress::spinner("checking the copy");
    backup::inspect(unfinished.path())?;
    spinner.finish_and_clear();
    let (bytes, digest) = digest(unfinished.path())?;
    unfinished.finish(file, &digest).with_context(|| format!("cannot write {}", file.display()))?;
    note(data_dir, file, bytes, &digest);
    writeln!(std::io::stdout(), "{}: {bytes} bytes, SHA-256 {digest}", file.display())?;
    Ok(())
}

/// Notes the copy in the log of what was copied, where that can be written: it is the copy that counts.
fn note(data_dir: &Path, file: &Path, bytes: u64, digest: &str) {
    let detail = json!({ "bytes": bytes, "sha256": digest });
    if let Err(error) = backup::note(data_dir, &noted::entry(What::BackupMade, None, name_of(file), detail)) {
        tracing::debug!(error = &error as &dyn std::error::Error, "this is not in the audit log");
    }
}

/// The name of a file, without where it is.
pub fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_inside(file: &Path, folder: &Path) -> bool {
    let of_file = disk::folder_of(file).canonicalize();
    of_file.is_ok_and(|of_file| folder.canonicalize().is_ok_and(|folder| folder == of_file))
}

fn is_of_database(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with("hindsight.")
}

/// The size of a file, and its SHA-256 in hexadecimal.
pub fn digest(file: &Path) -> anyhow::Result<(u64, String)> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let bar = progress::bytes(opened.metadata()?.len(), "read");
    let copied = copy_digesting(opened, &mut std::io::sink(), |bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    copied.with_context(|| format!("cannot read {}", file.display()))
}
