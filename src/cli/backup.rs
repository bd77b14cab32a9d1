//! `hindsight backup`: a whole copy of the database in one file, beside a running server.
//!
//! The copy gets its name when it is complete, checked and on disk; until then what
//! was there under that name stays. Beside it stands its SHA-256, as `sha256sum`
//! writes it, by which `hindsight restore` knows the copy again.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::ProgressBar;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{noted, progress};
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
    progress::while_growing(&unfinished.path, "copied", || backup::copy(data_dir, &unfinished.path))?;
    let spinner = progress::spinner("checking the copy");
    backup::inspect(&unfinished.path)?;
    spinner.finish_and_clear();
    let (bytes, digest) = digest(&unfinished.path)?;
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

/// A copy that is being made. It goes away unless it is finished.
struct Unfinished {
    path: PathBuf,
    /// Keeps others from writing the same copy.
    _lock: File,
}

impl Unfinished {
    fn start(path: PathBuf) -> anyhow::Result<Self> {
        let cannot = || format!("cannot write {}", path.display());
        let lock = backup::private_file(&path).with_context(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another backup is writing {}", path.display()),
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        // What a backup left that was killed is of no use.
        lock.set_len(0).with_context(cannot)?;
        Ok(Self { path, _lock: lock })
    }

    fn finish(self, file: &Path, digest: &str) -> std::io::Result<()> {
        let sums = digest_file(file);
        // It would speak of the former file.
        match std::fs::remove_file(&sums) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::rename(&self.path, file)?;
        let name = name_of(file);
        let mut out = backup::private_file(&sums)?;
        writeln!(out, "{digest}  {name}")?;
        out.sync_all()?;
        disk::sync_folder(disk::folder_of(file))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is not there any more once it has its name.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Where the SHA-256 of a backup stands.
pub fn digest_file(file: &Path) -> PathBuf {
    with_suffix(file, ".sha256")
}

/// The size of a file, and its SHA-256 in hexadecimal.
pub fn digest(file: &Path) -> anyhow::Result<(u64, String)> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let bar = progress::bytes(opened.metadata()?.len(), "read");
    copy_digesting(opened, &mut std::io::sink(), &bar)
        .with_context(|| format!("cannot read {}", file.display()))
}

/// Copies and hashes in one go.
pub fn copy_digesting(
    mut from: impl Read,
    to: &mut impl Write,
    bar: &ProgressBar,
) -> std::io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        bytes += read as u64;
        bar.set_position(bytes);
    }
    bar.finish_and_clear();
    Ok((bytes, hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}
