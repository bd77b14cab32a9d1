//! What can go wrong in the store.

use std::path::PathBuf;

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
    /// The store is being closed.
    #[error("the store is closed")]
    Closed,
}

/// What a function of the store returns.
pub type Result<T> = std::result::Result<T, Error>;
