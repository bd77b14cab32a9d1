//! What can go wrong in the store.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use rusqlite::ErrorCode;

/// A failure of the store. What a client did wrong is never one of these.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder for the database cannot be made or locked.
    #[error("cannot use the data folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// Another server has the folder open.
    #[error("the data folder {} is in use by another server; stop that one or name another folder with --data", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file is a database, but not ours.
    #[error("{} is not a Hindsight database; name another folder with --data", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of the program has written the file.
    #[error("the database has schema {found} and this program knows up to {known}; start the newer version")]
    Newer {
        /// The file's version.
        found: i64,
        /// The program's version.
        known: i64,
    },
    /// SQLite is older than what the store relies on.
    #[error("SQLite {0} has the WAL-reset bug; 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// SQLite failed.
    #[error("the database failed")]
    Sqlite(#[from] rusqlite::Error),
    /// The group of writes that this one was in could not be made durable.
    #[error("the write was not committed")]
    NotCommitted(#[source] std::sync::Arc<rusqlite::Error>),
    /// More writes wait than the store takes, or another process keeps it from writing.
    #[error("the store has too much to write")]
    Busy,
    /// The work gave itself up, to leave nothing of it behind.
    #[error("the write was abandoned")]
    Abandoned,
    /// The work panicked; nothing of it is left.
    #[error("the work panicked")]
    Panicked,
    /// No more connections fit into the ids of sessions.
    #[error("there are as many connections as the store can hold")]
    TooManyConnections,
    /// There is nothing to open.
    #[error("there is no database in {}; name the server's data folder with --data", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// The database is open for reading only.
    #[error("the server's data can only be read")]
    ReadOnly,
    /// The folder is there, and cannot be written.
    #[error("the data folder {} cannot be written; make it writable, or look at what is there with `hindsight serve --read-only`", path.display())]
    ReadOnlyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be written, and what is in its log cannot be read without writing.
    #[error("{} was not closed and its folder cannot be written; copy the folder to a disk that can be", path.display())]
    NotClosed {
        /// The file.
        path: PathBuf,
    },
    /// An older version of the program has written the file, which is open for reading only.
    #[error(
        "the database has schema {found} and this program wants {known}; start the server once, which brings it up to date"
    )]
    Older {
        /// The file's version.
        found: i64,
        /// The program's version.
        known: i64,
    },
    /// There is no room for a copy.
    #[error("{} has {free} bytes free and {needed} are needed; make room there", path.display())]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// What is needed, in bytes.
        needed: u64,
        /// What is there, in bytes.
        free: u64,
    },
    /// A copy cannot be written.
    #[error("cannot write {}", path.display())]
    Copy {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A file that is no whole database of ours.
    #[error("{} is no whole Hindsight database: {reason}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The store is being closed.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    pub(super) fn folder(path: &Path, cause: std::io::Error) -> Self {
        match cause.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied if path.is_dir() => {
                Self::ReadOnlyFolder { path: path.to_owned() }
            }
            _ => Self::Folder { path: path.to_owned(), cause },
        }
    }

    pub(super) fn copy(path: &Path, cause: std::io::Error) -> Self {
        Self::Copy { path: path.to_owned(), cause }
    }

    pub(super) fn unfit(path: &Path, reason: String) -> Self {
        Self::Unfit { path: path.to_owned(), reason }
    }

    /// Whether the disk had no room for what was to be written.
    pub fn is_disk_full(&self) -> bool {
        let cause = match self {
            Self::Sqlite(cause) => cause,
            Self::NotCommitted(cause) => cause,
            _ => return false,
        };
        is_disk_full(cause)
    }

    pub(super) fn is_read_only(&self) -> bool {
        matches!(self, Self::Sqlite(cause) if matches!(
            cause.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)
        ))
    }
}

/// The index of the write-ahead log is written through memory, and fails in a way of its own.
pub(super) fn is_disk_full(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    error.sqlite_error_code() == Some(ErrorCode::DiskFull) || extended == Some(SQLITE_IOERR_SHMSIZE)
}

/// What a function of the store returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What is the matter with the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageTrouble {
    /// It has no room.
    Full,
    /// It cannot be read or written.
    Failing,
}

impl Error {
    /// Whether the disk is what failed, and how.
    pub fn storage_trouble(&self) -> Option<StorageTrouble> {
        match self {
            Self::Sqlite(error) => trouble_of(error),
            Self::NotCommitted(error) => trouble_of(error),
            Self::Folder { cause, .. } => match cause.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                    Some(StorageTrouble::Full)
                }
                _ => Some(StorageTrouble::Failing),
            },
            _ => None,
        }
    }
}

fn trouble_of(error: &rusqlite::Error) -> Option<StorageTrouble> {
    if is_disk_full(error) {
        return Some(StorageTrouble::Full);
    }
    match error.sqlite_error_code()? {
        ErrorCode::SystemIoFailure
        | ErrorCode::ReadOnly
        | ErrorCode::CannotOpen
        | ErrorCode::DatabaseCorrupt => Some(StorageTrouble::Failing),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_failing_one() {
        let conn = rusqlite::Connection::open_in_memory().expect("memory");
        conn.execute_batch("CREATE TABLE filling (bytes BLOB); PRAGMA max_page_count = 4;").expect("a table");
        let full = conn.execute("INSERT INTO filling VALUES (zeroblob(1000000))", []).expect_err("no room");
        assert_eq!(Error::from(full).storage_trouble(), Some(StorageTrouble::Full));
        conn.pragma_update(None, "query_only", true).expect("a pragma");
        let read_only = conn.execute("INSERT INTO filling VALUES (1)", []).expect_err("read-only");
        assert_eq!(Error::from(read_only).storage_trouble(), Some(StorageTrouble::Failing));
        let wrong = conn.execute("INSERT INTO nothing VALUES (1)", []).expect_err("no such table");
        assert_eq!(Error::from(wrong).storage_trouble(), None);
    }
}
