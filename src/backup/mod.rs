//! Copies of the database in files: made beside whoever uses it, checked, and named only when
//! they are complete and on disk.
//!
//! The copying itself and what is asked of a copy is `store`'s. Here is what a file of it
//! needs: its name, its SHA-256 beside it, and when the server makes one by itself
//! (`schedule`). Nothing here restores one.

mod log;
mod schedule;

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sha2::{Digest, Sha256};

use crate::disk;
use crate::store::backup::{self, with_suffix};

pub use log::{Log, Made, Said, Stage};
pub use schedule::{Kept, Scheduled, kept, next_at};

/// A copy that is being made. It goes away unless it is finished.
pub struct Unfinished {
    path: PathBuf,
    /// Keeps others from writing the same copy.
    _lock: File,
}

impl Unfinished {
    /// Begins a copy in this file, and takes over what one left there that was killed.
    pub fn start(path: PathBuf) -> anyhow::Result<Self> {
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

    /// The file as long as it is not finished.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, and writes its SHA-256 beside it.
    pub fn finish(self, file: &Path, digest: &str) -> std::io::Result<()> {
        let sums = digest_file(file);
        // It would speak of the former file.
        match std::fs::remove_file(&sums) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::rename(&self.path, file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
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

/// Copies and hashes in one go; `on_progress` is told how many bytes there were so far.
/// Returns their number, and their SHA-256 in hexadecimal.
pub fn copy_digesting(
    mut from: impl Read,
    to: &mut impl Write,
    on_progress: impl Fn(u64),
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
        on_progress(bytes);
    }
    Ok((bytes, hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}
