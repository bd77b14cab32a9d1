//! Recordings and what lists show of them, in one SQLite file.
//!
//! The only room that knows SQL. One thread writes, in groups that are committed
//! before anybody is answered; a few connections read. Its face is domain
//! operations on a `&rusqlite::Connection`, run through [`Store::read`] and
//! [`Store::write`]; every read of recordings takes a [`Scope`]. Nothing here knows
//! HTTP, and nothing looks into a recording.

pub mod accounts;
pub mod activity;
pub mod answering;
pub mod attempts;
pub mod audit;
pub mod backup;
pub mod batches;
pub mod checking;
mod checkpoint;
pub mod choices;
pub mod completing;
pub mod connection_settings;
pub mod connections;
pub mod erasing;
mod error;
pub mod facets;
pub mod feed;
pub mod findings;
pub mod finishing;
pub mod health;
mod heart;
pub mod held_back;
pub mod hidden;
pub mod identities;
pub mod leaks;
pub mod ledger;
pub mod listing;
pub mod login_links;
pub mod logins;
pub mod members;
pub mod notes;
mod numbers;
pub mod passages;
pub mod persons;
mod place;
pub mod prompts;
pub mod pseudonym;
mod readers;
pub mod receipts;
pub mod recordings;
pub mod reports;
pub mod reruns;
mod resting;
pub mod runs;
mod schema;
mod scope;
pub mod search;
pub mod second_factor;
pub mod sessions;
pub mod shares;
pub mod sightings;
mod stretches;
pub mod tags;
pub mod timelines;
pub mod tokens;
pub mod usage;
pub mod views;
pub mod visitors;
pub mod watched;
pub mod webhooks;
pub mod words;
pub mod work;
pub mod write_keys;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

pub use error::{Error, Result, StorageTrouble};
pub use heart::Ailment;
pub use resting::AFTER as RESTING_AFTER;
pub use rusqlite::Connection as Db;
pub use schema::BeforeMigration;
pub use scope::Scope;

use crate::config;
use crate::disk::{self, Disk};
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
    /// None when the database is open for reading only.
    writing: Option<Writing>,
    readers: Readers,
    disk: Disk,
}

#[derive(Clone)]
struct Writing {
    writer: Writer,
    checkpoints: Checkpoints,
}

/// Closes the database at the end of the program.
#[must_use = "dropped, it leaves the write-ahead log to the next start"]
pub struct Closing {
    store: Store,
    threads: Option<Threads>,
}

struct Threads {
    writer: JoinHandle<()>,
    checkpoints: JoinHandle<()>,
}

impl Closing {
    /// Blocks until all that waits is written and the file is closed. Whoever still
    /// holds a [`Store`] is answered with [`Error::Closed`].
    pub fn close(self) {
        // The last connection to close folds the log into the file, and only the writer can.
        self.store.readers.close();
        let (Some(writing), Some(threads)) = (self.store.writing, self.threads) else { return };
        writing.checkpoints.close();
        if threads.checkpoints.join().is_err() {
            tracing::error!("the checkpoint thread panicked");
        }
        writing.writer.close();
        if threads.writer.join().is_err() {
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

    /// Opens the database in `data_dir` for reading only, beside whoever uses it. Works
    /// on a disk that cannot be written; takes only the current schema.
    pub fn open_read_only(data_dir: &Path, settings: &config::Store) -> Result<(Self, Closing)> {
        let path = data_dir.join(FILE);
        if !path.exists() {
            return Err(Error::Missing { path: data_dir.to_owned() });
        }
        Self::read_only(data_dir, &path, settings, schema::readable(&path)?)
    }

    /// Opens a copy of a database (see [`backup::inspect`]), which nobody is using, for reading only.
    pub fn open_copy(path: &Path, settings: &config::Store) -> Result<(Self, Closing)> {
        Self::read_only(disk::folder_of(path), path, settings, schema::Sharing::Immutable)
    }

    fn read_only(
        folder: &Path,
        path: &Path,
        settings: &config::Store,
        sharing: schema::Sharing,
    ) -> Result<(Self, Closing)> {
        let readers = Readers::open(path, settings.readers, sharing)?;
        let store = Self { writing: None, readers, disk: Disk::read_only(folder, &log_of(path)) };
        Ok((store.clone(), Closing { store, threads: None }))
    }

    /// Opens the database in `data_dir`, creating both if they are not there. Before its
    /// schema is changed a copy is made of it.
    pub fn open(data_dir: &Path, settings: &config::Store) -> Result<(Self, Closing)> {
        Self::open_with(data_dir, settings, BeforeMigration::Copy)
    }

    /// [`Store::open`], with a choice what is done before the schema is changed.
    pub fn open_with(
        data_dir: &Path,
        settings: &config::Store,
        before: BeforeMigration,
    ) -> Result<(Self, Closing)> {
        create(data_dir)?;
        let path = data_dir.join(FILE);
        let disk = Disk::of(data_dir, &log_of(&path));
        let limits = GroupLimits { writes: settings.group_writes, bytes: settings.group_bytes };
        let conn = open_writer(&path, settings.durability, before, &disk)?;
        let readers = Readers::open(&path, settings.readers, schema::Sharing::Shared)?;
        let in_folder = |cause| Error::folder(data_dir, cause);
        let (checkpoints, checkpoint_thread) =
            Checkpoints::start(schema::open_checkpointer(&path)?).map_err(in_folder)?;
        let (writer, writer_thread) =
            Writer::start(conn, limits, checkpoints.clone(), disk.clone()).map_err(in_folder)?;
        let store = Self { writing: Some(Writing { writer, checkpoints }), readers, disk };
        let threads = Threads { writer: writer_thread, checkpoints: checkpoint_thread };
        Ok((store.clone(), Closing { store, threads: Some(threads) }))
    }

    /// The disk that the database is on.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// What is wrong with writing at the moment, if anything. Waits for nobody.
    pub fn ailment(&self) -> Option<Ailment> {
        self.writing.as_ref().and_then(|writing| writing.writer.heart.ailment())
    }

    /// Runs `work` in the next transaction; answers when it is committed.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.write_sized(0, work).await
    }

    /// [`Store::write`] for work that brings `bytes`, which bound the size of a transaction.
    pub async fn write_sized<T, F>(&self, bytes: usize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        let writing = self.writing.as_ref().ok_or(Error::ReadOnly)?;
        writing.writer.write(bytes, work).await
    }

    /// [`Store::write_sized`] for those who do not wait: `settle` is given the outcome once
    /// it is committed, and should not take long. It is dropped when the store is closed before.
    pub fn send_sized<T, F, S>(&self, bytes: usize, work: F, settle: S)
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
        S: FnOnce(Result<T>) + Send + 'static,
    {
        match &self.writing {
            Some(writing) => writing.writer.send(bytes, work, settle),
            None => settle(Err(Error::ReadOnly)),
        }
    }

    /// Asks for the write-ahead log to be emptied soon, so that nothing that was erased is left in it.
    pub fn request_checkpoint(&self) {
        if let Some(writing) = &self.writing {
            writing.checkpoints.request();
        }
    }

    /// Lets connections that rest give back what they hold of the file; says whether any
    /// did since this was last called.
    pub fn give_memory_back(&self) -> bool {
        let written = self.writing.as_ref().is_some_and(|writing| writing.writer.has_rested());
        self.readers.give_memory_back(resting::AFTER) | written
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
        let file = File::create(data_dir.join(LOCK)).map_err(|cause| Error::folder(data_dir, cause))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path: data_dir.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(Error::folder(data_dir, cause)),
        }
    }
}

/// Makes the folder, for its owner only: recordings are nobody else's business.
fn create(data_dir: &Path) -> Result<()> {
    if data_dir.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // A power cut must not take the folder away again, with what was answered.
    builder
        .create(data_dir)
        .and_then(|()| disk::sync_folder(disk::folder_of(data_dir)))
        .map_err(|cause| Error::folder(data_dir, cause))
}

/// Empties the write-ahead log of a database that others may be using. False when one
/// of them is in the way.
pub fn empty_log(data_dir: &Path) -> Result<bool> {
    checkpoint::empty(&schema::open_checkpointer(&data_dir.join(FILE))?)
}

fn log_of(database: &Path) -> PathBuf {
    backup::with_suffix(database, "-wal")
}

/// On a full disk not even the index of the write-ahead log can be made: then the
/// ballast is given up.
fn open_writer(
    path: &Path,
    durability: config::Durability,
    before: BeforeMigration,
    disk: &Disk,
) -> Result<Db> {
    match schema::open_writer(path, durability, before) {
        Err(error) if error.is_disk_full() => {
            disk.note_full();
            schema::open_writer(path, durability, before)
        }
        Err(error) if error.is_read_only() => {
            Err(Error::ReadOnlyFolder { path: disk::folder_of(path).to_owned() })
        }
        opened => opened,
    }
}
