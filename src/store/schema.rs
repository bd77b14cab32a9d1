//! Opening a database and bringing its schema up to date.
//!
//! Migrations go forward only; one that was released never changes. Each runs in a
//! transaction of its own together with its number, SQLite's `user_version`.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Error, Result, backup};
use crate::config::Durability;
use crate::disk;

/// Marks a SQLite file as ours (`PRAGMA application_id`): "HIND" in ASCII.
const APPLICATION_ID: i64 = 0x4849_4e44;

/// The numbered steps from an empty file to the current schema.
const MIGRATIONS: [&str; 6] = [
    include_str!("migrations/0001_recordings.sql"),
    include_str!("migrations/0002_segments.sql"),
    include_str!("migrations/0003_plugins.sql"),
    include_str!("migrations/0004_dashboard.sql"),
    include_str!("migrations/0005_access.sql"),
    include_str!("migrations/0006_operation.sql"),
];

/// While tables are rewritten, the database may need its size for the new ones, and twice
/// that in the write-ahead log.
const ROOM_TO_MIGRATE: u64 = 3;

/// What is done before the schema of a database that holds anything is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeforeMigration {
    /// A copy is kept in `backups/`, in the data folder.
    Copy,
    /// Nothing: a migration that fails leaves the database as it was in any case.
    Nothing,
}

/// The schema that this program writes.
pub const CURRENT: i64 = MIGRATIONS.len() as i64;

/// The first SQLite without the WAL-reset bug, as `sqlite3_libversion_number` writes it.
const OLDEST_SQLITE: i32 = 3_051_003;

/// After a large write the write-ahead log is cut back to this.
const JOURNAL_LIMIT_BYTES: i64 = 64 * 1024 * 1024;

/// So many statements stay prepared on each connection: an upload that begins a session, or a
/// page with its figures, takes some 20.
const STATEMENTS: usize = 64;

/// The page cache of one connection, in KiB (negative, as SQLite wants it).
const CACHE_KIB: i64 = -8 * 1024;

/// Opens the database for writing, creates it if it is not there, and migrates it.
pub fn open_writer(path: &Path, durability: Durability, before: BeforeMigration) -> Result<Connection> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Error::OldSqlite(rusqlite::version().to_owned()));
    }
    let mut conn = Connection::open(path)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "secure_delete", true)?;
    check_owner(&conn, path)?;
    if is_empty(&conn)? {
        // Cannot be changed once there are tables.
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::PowerLoss => "FULL",
        Durability::Crash => "NORMAL",
    };
    conn.pragma_update(None, "synchronous", synchronous)?;
    conn.pragma_update(None, "journal_size_limit", JOURNAL_LIMIT_BYTES)?;
    // A thread of its own does it (`checkpoint`).
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    set_common(&conn)?;
    // A migration moves rows between tables that point to each other.
    conn.pragma_update(None, "foreign_keys", false)?;
    prepare(&conn, path, before)?;
    migrate(&mut conn)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    Ok(conn)
}

/// Makes room, and a copy, before the schema of a database that holds anything is changed.
fn prepare(conn: &Connection, path: &Path, before: BeforeMigration) -> Result<()> {
    let found = version(conn)?;
    if found == 0 || found == CURRENT || holds_nothing(conn)? {
        return Ok(());
    }
    let folder = disk::folder_of(path);
    let bytes = backup::size_of(conn)?;
    let copies = if before == BeforeMigration::Copy { 1 } else { 0 };
    backup::check_room(folder, bytes.saturating_mul(ROOM_TO_MIGRATE + copies))?;
    if before == BeforeMigration::Nothing {
        return Ok(());
    }
    tracing::info!(from = found, to = CURRENT, bytes, "the schema changes; a copy is made first");
    let copy = backup::keep_copy(conn, folder, CURRENT)?;
    tracing::info!(copy = %copy.display(), "what was there before is kept; delete it when all is well");
    Ok(())
}

fn holds_nothing(conn: &Connection) -> Result<bool> {
    Ok(conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM connection)", [], |row| row.get(0))?)
}

/// Opens the database for folding the write-ahead log in. It never waits for anybody.
pub fn open_checkpointer(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path)?;
    set_common(&conn)?;
    Ok(conn)
}

/// Whether others may change a database while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// They may.
    Shared,
    /// Nobody can, and no file beside it is looked at, or made.
    Immutable,
}

/// Opens the database for reading only.
pub fn open_reader(path: &Path, sharing: Sharing) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = match sharing {
        Sharing::Shared => Connection::open_with_flags(path, flags)?,
        Sharing::Immutable => {
            flags |= OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable_uri(path)?, flags)?
        }
    };
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "query_only", true)?;
    set_common(&conn)?;
    Ok(conn)
}

/// The URI of a file that nobody changes, with all but plain characters written as `%XX`.
fn immutable_uri(path: &Path) -> Result<String> {
    let path = std::path::absolute(path).map_err(|cause| Error::folder(path, cause))?;
    let mut uri = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte))
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(uri + "?immutable=1")
}

/// How to read a database of the current schema that cannot, or shall not, be written.
pub fn readable(path: &Path) -> Result<Sharing> {
    let sharing = match open_reader(path, Sharing::Shared).and_then(|conn| is_empty(&conn)) {
        Ok(_) => Sharing::Shared,
        // Without files beside it a database in WAL mode cannot be shared, and need not be.
        Err(Error::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
            let log = backup::with_suffix(path, "-wal");
            if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
                return Err(Error::NotClosed { path: path.to_owned() });
            }
            Sharing::Immutable
        }
        Err(error) => return Err(error),
    };
    let conn = open_reader(path, sharing)?;
    check_ours(&conn, path)?;
    let (found, known) = (version(&conn)?, CURRENT);
    if found < known { Err(Error::Older { found, known }) } else { Ok(sharing) }
}

/// Fails for a file that holds no database of ours.
pub fn check_ours(conn: &Connection, path: &Path) -> Result<()> {
    check_owner(conn, path)?;
    if is_empty(conn)? { Err(Error::unfit(path, "it is empty".to_owned())) } else { Ok(()) }
}

/// The database's schema. Fails for one that is newer than the program.
pub fn version(conn: &Connection) -> Result<i64> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = CURRENT;
    if found > known { Err(Error::Newer { found, known }) } else { Ok(found) }
}

/// What a database of this version should have and has not: a table or an index with its columns.
pub fn missing(conn: &Connection, version: i64) -> Result<Option<String>> {
    let mut model = Connection::open_in_memory()?;
    migrate_to(&mut model, &MIGRATIONS[..usize::try_from(version).unwrap_or(0).min(MIGRATIONS.len())])?;
    let (wanted, found) = (parts(&model)?, parts(conn)?);
    Ok(wanted.into_iter().find(|part| !found.contains(part)))
}

fn parts(conn: &Connection) -> Result<Vec<String>> {
    let mut statement = conn.prepare(
        "SELECT type || ' ' || name || coalesce(
             (SELECT ' (' || group_concat(name, ', ') || ')' FROM pragma_table_xinfo(sqlite_schema.name)), '')
         FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' ORDER BY type DESC, name",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// A database in memory with the current schema, for tests of what stands on it.
#[cfg(test)]
pub fn in_memory() -> Connection {
    let mut conn = Connection::open_in_memory().expect("memory");
    migrate(&mut conn).expect("migrations");
    conn.pragma_update(None, "foreign_keys", true).expect("a pragma");
    conn
}

fn set_common(conn: &Connection) -> Result<()> {
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", CACHE_KIB)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn check_owner(conn: &Connection, path: &Path) -> Result<()> {
    let foreign = || Error::Foreign { path: path.to_owned() };
    let id: i64 = match conn.pragma_query_value(None, "application_id", |row| row.get(0)) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Err(foreign());
        }
        other => other?,
    };
    if id == APPLICATION_ID || is_empty(conn)? { Ok(()) } else { Err(foreign()) }
}

fn is_empty(conn: &Connection) -> Result<bool> {
    Ok(conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?)
}

fn migrate(conn: &mut Connection) -> Result<()> {
    migrate_to(conn, &MIGRATIONS)
}

fn migrate_to(conn: &mut Connection, migrations: &[&str]) -> Result<()> {
    let found = version(conn)?;
    for (version, migration) in (1_i64..).zip(migrations).skip(found as usize) {
        let step = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have come first while this one waited for the lock.
        let current: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if current < version {
            step.execute_batch(migration)?;
            step.pragma_update(None, "user_version", version)?;
        }
        step.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
