//! Copies of the database: making one beside everybody who uses it, telling whether a
//! file is a whole one, and putting one in the place of the database.
//!
//! A copy is made by SQLite (`VACUUM INTO`) from one moment of the database, so it
//! holds neither half a commit nor what was erased. Nothing here reads recordings.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, named_params};

use super::audit::{self, Entry};
use super::{Error, FILE, FolderLock, Result, erasing, schema};
use crate::disk;
use crate::model::TimestampMs;

/// What SQLite and the file system may need beyond the size of a copy, in bytes.
const SPARE_BYTES: u64 = 1024 * 1024;

/// The folder, in the data folder, of copies that were made before a migration.
pub(super) const COPIES: &str = "backups";

/// What is in a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Its schema.
    pub version: i64,
    /// How many sessions it holds.
    pub sessions: i64,
    /// When its newest batch arrived.
    pub newest_at: Option<TimestampMs>,
}

impl Contents {
    /// Whether it has the schema that this program writes.
    pub fn is_current(&self) -> bool {
        self.version == schema::CURRENT
    }
}

/// Fails where a folder's disk has no room for so many bytes.
pub fn check_room(folder: &Path, needed: u64) -> Result<()> {
    let (free, _) = disk::space(folder).map_err(|cause| Error::folder(folder, cause))?;
    let needed = needed.saturating_add(SPARE_BYTES);
    if free < needed { Err(Error::NoRoom { path: folder.to_owned(), needed, free }) } else { Ok(()) }
}

/// How large a copy of the database gets at most, in bytes.
pub fn size(data_dir: &Path) -> Result<u64> {
    size_of(&open(data_dir)?)
}

pub(super) fn size_of(conn: &Connection) -> Result<u64> {
    let pages = erasing::pages(conn)?;
    Ok(((pages.all - pages.free) * pages.bytes).unsigned_abs())
}

/// Copies the database of a data folder, which others may be using, into an empty
/// file, and makes it durable. Blocks for as long as that takes.
pub fn copy(data_dir: &Path, to: &Path) -> Result<()> {
    copy_into(&open(data_dir)?, to)
}

pub(super) fn copy_into(conn: &Connection, to: &Path) -> Result<()> {
    let path = to.to_str().ok_or_else(|| Error::copy(to, std::io::ErrorKind::InvalidFilename.into()))?;
    conn.execute("VACUUM INTO :to", named_params! { ":to": path })?;
    File::open(to).and_then(|file| file.sync_all()).map_err(|cause| Error::copy(to, cause))
}

/// Keeps a copy of a database beside it, from before its schema became `version`.
pub(super) fn keep_copy(conn: &Connection, folder: &Path, version: i64) -> Result<PathBuf> {
    let copies = folder.join(COPIES);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&copies).map_err(|cause| Error::folder(&copies, cause))?;
    let copy = copies.join(format!("before-v{version}-{}.db", time_for_names()?));
    let unfinished = with_suffix(&copy, ".unfinished");
    let written = private_file(&unfinished)
        .and_then(|file| file.set_len(0))
        .map_err(|cause| Error::copy(&unfinished, cause))
        .and_then(|()| copy_into(conn, &unfinished));
    if let Err(error) = written {
        let _ = std::fs::remove_file(&unfinished);
        return Err(error);
    }
    std::fs::rename(&unfinished, &copy)
        .and_then(|()| disk::sync_folder(&copies))
        .and_then(|()| disk::sync_folder(folder))
        .map_err(|cause| Error::copy(&copy, cause))?;
    Ok(copy)
}

/// A connection that reads, and may write copies.
fn open(data_dir: &Path) -> Result<Connection> {
    let path = data_dir.join(FILE);
    if !path.exists() {
        return Err(Error::Missing { path: data_dir.to_owned() });
    }
    let conn = schema::open_reader(&path, schema::Sharing::Shared)?;
    conn.pragma_update(None, "query_only", false)?;
    Ok(conn)
}

/// Opens a file to be written, and makes it if it is not there: for its owner only.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Looks whether a file that nobody is using is a whole database of ours, of a
/// version that can be opened. Changes nothing.
pub fn inspect(path: &Path) -> Result<Contents> {
    inspect_open(path).map_err(|error| match error {
        Error::Sqlite(cause) if is_damage(&cause) => Error::unfit(path, cause.to_string()),
        other => other,
    })
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn inspect_open(path: &Path) -> Result<Contents> {
    let conn = schema::open_reader(path, schema::Sharing::Immutable)?;
    schema::check_ours(&conn, path)?;
    let version = schema::version(&conn)?;
    let complaints = integrity(&conn, false)?;
    if let Some(first) = complaints.first() {
        return Err(Error::unfit(path, format!("it is damaged: {first}")));
    }
    if let Some(missing) = schema::missing(&conn, version)? {
        return Err(Error::unfit(path, format!("it has no {missing}")));
    }
    let (sessions, newest_at) =
        conn.query_row("SELECT count(*), max(last_batch_at) FROM session", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(Contents { version, sessions, newest_at })
}

/// What SQLite finds wrong with a database, a sentence each; nothing when it is whole.
pub(super) fn integrity(conn: &Connection, quick: bool) -> Result<Vec<String>> {
    let text = if quick { "PRAGMA quick_check" } else { "PRAGMA integrity_check" };
    let mut complaints =
        conn.prepare(text)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    complaints.retain(|line| line != "ok");
    let mut statement = conn.prepare("PRAGMA foreign_key_check")?;
    let rows = statement.query_map([], |row| {
        let (table, row, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("row {} of {table} points to a row of {parent} that is not there", row.unwrap_or(0)))
    })?;
    complaints.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    Ok(complaints)
}

/// Notes in the audit log of a data folder that it was copied. See [`note_in`].
pub fn note(data_dir: &Path, entry: &Entry) -> Result<bool> {
    note_in(&data_dir.join(FILE), entry)
}

/// Notes something in the audit log of a database, whatever its schema: false where that has no such log yet.
pub fn note_in(path: &Path, entry: &Entry) -> Result<bool> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    // A server may be writing the next entry.
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let has_log: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'audit')",
        [],
        |row| row.get(0),
    )?;
    if has_log {
        audit::append(&transaction, entry)?;
    }
    transaction.commit()?;
    Ok(has_log)
}

/// Puts a database that was inspected, and stands in the data folder under another
/// name, in the place of the one there, if any. That is kept: returns under which name.
///
/// At every moment either the one or the other is there, whole.
pub fn replace(_lock: &FolderLock, data_dir: &Path, with: &Path) -> Result<Option<PathBuf>> {
    let path = data_dir.join(FILE);
    let failed = |cause| Error::folder(data_dir, cause);
    let kept = match path.exists() {
        true => Some(keep(&path)?),
        false => None,
    };
    std::fs::rename(with, &path).map_err(failed)?;
    disk::sync_folder(data_dir).map_err(failed)?;
    Ok(kept)
}

/// Gives the database a second name, and takes the write-ahead log away from the first.
fn keep(path: &Path) -> Result<PathBuf> {
    let folder = disk::folder_of(path);
    let failed = |cause| Error::folder(folder, cause);
    let folded = fold_in(path);
    if let Err(Error::Sqlite(error)) = &folded
        && matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    {
        return Err(Error::InUse { path: folder.to_owned() });
    }
    let second = with_suffix(path, &format!(".before-restore-{}", time_for_names()?));
    link(path, &second).map_err(failed)?;
    for suffix in ["-wal", "-shm"] {
        let beside = with_suffix(path, suffix);
        if !beside.exists() {
            continue;
        }
        // Only a database that is damaged still has these: they go with it.
        link(&beside, &with_suffix(&second, suffix)).map_err(failed)?;
        std::fs::remove_file(&beside).map_err(failed)?;
    }
    disk::sync_folder(folder).map_err(failed)?;
    Ok(second)
}

/// Ends the write-ahead log, which fails while anybody else has the database open.
fn fold_in(path: &Path) -> Result<()> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(std::time::Duration::from_secs(2))?;
    let mode: String = conn.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(Error::InUse { path: disk::folder_of(path).to_owned() });
    }
    conn.close().map_err(|(_, error)| error.into())
}

/// A second name, or where the file system has no such thing, a second file.
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(from, to)?;
    File::open(to)?.sync_all()
}

/// Copies of the whole database in its folder: from before a restore or a migration.
pub fn copies(data_dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in [data_dir.to_owned(), data_dir.join(COPIES)] {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.contains("before-") && !name.ends_with("-wal") && !name.ends_with("-shm") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The time as it stands in names of files: 20260131T235959Z.
pub(super) fn time_for_names() -> Result<String> {
    let conn = Connection::open_in_memory()?;
    Ok(conn.query_row("SELECT strftime('%Y%m%dT%H%M%SZ', 'now')", [], |row| row.get(0))?)
}

/// The path with something more at its end.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
