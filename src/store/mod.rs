//! Recordings and what lists show of them, in one SQLite file.
//!
//! The only room that knows SQL. One thread writes, in groups that are committed
//! before anybody is answered; a few connections read. Its face is domain
//! operations on a `&rusqlite::Connection`, run through [`Store::read`] and
//! [`Store::write`]; every read of recordings takes a [`Scope`]. Nothing here knows
//! HTTP, and nothing looks into a recording.

pub mod activity;
pub mod batches;
mod checkpoint;
pub mod completing;
pub mod connections;
pub mod erasing;
mod error;
pub mod finishing;
pub mod ledger;
mod place;
mod readers;
pub mod recordings;
mod schema;
mod scope;
pub mod search;
pub mod sessions;
pub mod usage;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

pub use error::{Error, Result};
pub use rusqlite::Connection as Db;
pub use scope::Scope;

use crate::config;
use checkpoint::Checkpoints;
use readers::Readers;
use writer::{GroupLimits, Writer};

/// The database's name in the data folder.
const FILE: &str = "hindsight.db";

/// Held by a server, so that a second one cannot use the same folder.
const LOCK: &str = "hindsight.lock";

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    writer: Writer,
    readers: Readers,
    checkpoints: Checkpoints,
}

/// Closes the database at the end of the program.
#[must_use = "dropped, it leaves the write-ahead log to the next start"]
pub struct Closing {
    store: Store,
    thread: JoinHandle<()>,
    checkpoint_thread: JoinHandle<()>,
}

impl Closing {
    /// Blocks until all that waits is written and the file is closed. Whoever still
    /// holds a [`Store`] is answered with [`Error::Closed`].
    pub fn close(self) {
        // The last connection to close folds the log into the file, and only the writer can.
        self.store.readers.close();
        self.store.checkpoints.close();
        if self.checkpoint_thread.join().is_err() {
            tracing::error!("the checkpoint thread panicked");
        }
        self.store.writer.close();
        if self.thread.join().is_err() {
            tracing::error!("the writer thread panicked");
        }
    }
}

impl Store {
    /// Opens the database in `data_dir`, if there is one.
    pub fn open_existing(data_dir: &Path, settings: &config::Store) -> Result<(Self, Closing)> {
        if !data_dir.join(FILE).exists() {
            return Err(Error::Missing { path: data_dir.to_owned() });
        }
        Self::open(data_dir, settings)
    }

    /// Opens the database in `data_dir`, creating both if they are not there.
    pub fn open(data_dir: &Path, settings: &config::Store) -> Result<(Self, Closing)> {
        create(data_dir)?;
        let path = data_dir.join(FILE);
        let limits = GroupLimits { writes: settings.group_writes, bytes: settings.group_bytes };
        let conn = schema::open_writer(&path, settings.durability)?;
        let readers = Readers::open(&path, settings.readers)?;
        let in_folder = |cause| folder(data_dir, cause);
        let (checkpoints, checkpoint_thread) =
            Checkpoints::start(schema::open_checkpointer(&path)?).map_err(in_folder)?;
        let (writer, thread) = Writer::start(conn, limits, checkpoints.clone()).map_err(in_folder)?;
        let store = Self { writer, readers, checkpoints };
        Ok((store.clone(), Closing { store, thread, checkpoint_thread }))
    }

    /// Runs `work` in the next transaction; answers when it is committed.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.writer.write(0, work).await
    }

    /// [`Store::write`] for work that brings `bytes`, which bound the size of a transaction.
    pub async fn write_sized<T, F>(&self, bytes: usize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.writer.write(bytes, work).await
    }

    /// Asks for the write-ahead log to be emptied soon, so that nothing that was erased is left in it.
    pub fn request_checkpoint(&self) {
        self.checkpoints.request();
    }

    /// Runs `work` on a connection that only reads.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.readers.read(work).await
    }
}

/// Says that a server is using a data folder, for as long as it lives.
pub struct FolderLock(#[expect(dead_code, reason = "the lock is held while the file is open")] File);

impl FolderLock {
    /// Takes the folder for a server; fails at once when another one has it.
    pub fn take(data_dir: &Path) -> Result<Self> {
        create(data_dir)?;
        let file = File::create(data_dir.join(LOCK)).map_err(|cause| folder(data_dir, cause))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path: data_dir.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(folder(data_dir, cause)),
        }
    }
}

/// Makes the folder, for its owner only: recordings are nobody else's business.
fn create(data_dir: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data_dir).map_err(|cause| folder(data_dir, cause))
}

fn folder(path: &Path, cause: std::io::Error) -> Error {
    Error::Folder { path: PathBuf::from(path), cause }
}
