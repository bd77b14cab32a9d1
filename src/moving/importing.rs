//! Importing files, one after the other and one recording at a time.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use tokio::runtime::Handle;

use super::incoming::{CONNECTION_FILE, Incoming, file_name, is_recording};
use super::reading::{self, Limits, TooLarge};
use super::storing::{self, Stored};
use crate::config;
use crate::model::{ConnectionId, SessionId, TimestampMs};
use crate::privacy::Rules;
use crate::store::audit::Entry;
use crate::store::{Db, Store, connection_settings};

/// No description of a connection is larger.
const MOST_DESCRIPTION_BYTES: usize = 4 * 1024 * 1024;

/// No name in an archive is longer, nor what else stands before a file.
const MOST_NAME_BYTES: usize = 64 * 1024;

/// Which connection a recording goes to.
pub trait Homes {
    /// A folder, or one in an archive, describes the connection that it was exported from.
    fn describe(&mut self, folder: &Path, description: &[u8]);

    /// The connection for the file of this name.
    fn of(&mut self, file: &Path) -> anyhow::Result<ConnectionId>;
}

/// What the audit log is told of a session that is new in a connection, with so many events.
pub type ToEntry = dyn Fn(ConnectionId, &SessionId, i64) -> Entry + Send;

/// Imports files. Works on a thread that may wait for the store.
pub struct Importer<H> {
    /// Where they are stored.
    pub store: Store,
    /// What the thread waits by.
    pub runtime: Handle,
    /// The limits of uploads, which hold for each event.
    pub ingest: config::Ingest,
    /// The largest recording that is read, inflated.
    pub file_bytes: usize,
    /// Where they go.
    pub homes: H,
    /// What the audit log is told.
    pub entry: Box<ToEntry>,
}

/// A recording that is stored.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Where.
    pub connection: ConnectionId,
    /// As which session.
    pub session: SessionId,
    /// How many events it has.
    pub events: i64,
    /// When it began.
    pub began_at: TimestampMs,
    /// Whether it was there before.
    pub stored: Stored,
}

/// What became of one file.
pub struct Told {
    /// Its name; in an archive, behind that of the archive.
    pub file: PathBuf,
    /// The session, or why there is none.
    pub outcome: anyhow::Result<Imported>,
}

impl<H: Homes> Importer<H> {
    /// Imports a file of this name; tells what became of each recording that it holds.
    pub fn take(&mut self, name: &Path, from: impl Read, told: &mut dyn FnMut(Told)) {
        let failed = |error: anyhow::Error| Told { file: name.to_owned(), outcome: Err(error) };
        match Incoming::look(from, self.ingest.max_ratio) {
            Ok(Incoming::Recording(from)) => {
                let outcome = read_at_most(from, self.file_bytes).and_then(|bytes| self.import(name, &bytes));
                told(Told { file: name.to_owned(), outcome });
            }
            Ok(Incoming::Archive(from)) => match self.take_archive(name, from, told) {
                Ok(0) => {
                    told(failed(anyhow!(
                        "there are no recordings in it: files that end in .json, .jsonl or .json.gz"
                    )));
                }
                Ok(_) => {}
                Err(error) => told(failed(error)),
            },
            Ok(Incoming::Zip) => {
                told(failed(anyhow!("ZIP files are not read; unpack it, and import what is in it")))
            }
            Err(error) => told(failed(error.into())),
        }
    }

    /// Imports what is in an archive; answers how many recordings it holds.
    fn take_archive(
        &mut self,
        name: &Path,
        from: Box<dyn Read + '_>,
        told: &mut dyn FnMut(Told),
    ) -> anyhow::Result<usize> {
        let broken =
            |found: usize| format!("the archive cannot be read on from here, behind {found} recordings");
        let mut archive = tar::Archive::new(from);
        let (mut found, mut long_name) = (0, None);
        // Raw, since what stands before a file would be read whole, however large it says that it is.
        for entry in archive.entries()?.raw(true) {
            let mut entry = entry.with_context(|| broken(found))?;
            let kind = entry.header().entry_type();
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                let bytes = read_at_most(&mut entry, MOST_NAME_BYTES).with_context(|| broken(found))?;
                long_name = name_in(&bytes, kind.is_gnu_longname()).or(long_name);
                continue;
            }
            let inside = match long_name.take() {
                Some(name) => name,
                None => entry.path().with_context(|| broken(found))?.into_owned(),
            };
            if !kind.is_file() {
                continue;
            }
            let inside = inside.strip_prefix(".").unwrap_or(&inside);
            let path = name.join(inside);
            if file_name(inside) == CONNECTION_FILE {
                let bytes =
                    read_at_most(&mut entry, MOST_DESCRIPTION_BYTES).with_context(|| broken(found))?;
                self.homes.describe(path.parent().unwrap_or(name), &bytes);
            } else if is_recording(&file_name(inside)) {
                found += 1;
                let outcome = match read_at_most(&mut entry, self.file_bytes) {
                    Err(error) if !error.is::<TooLarge>() => return Err(error.context(broken(found - 1))),
                    Ok(bytes) if (bytes.len() as u64) < entry.size() => bail!("{}", broken(found - 1)),
                    read => read.and_then(|bytes| self.import(&path, &bytes)),
                };
                told(Told { file: path, outcome });
            }
        }
        Ok(found)
    }

    /// Imports one recording.
    fn import(&mut self, name: &Path, bytes: &[u8]) -> anyhow::Result<Imported> {
        let connection = self.homes.of(name)?;
        let hiding = move |conn: &Db| connection_settings::find(conn, connection);
        let known = self.runtime.block_on(self.store.read(hiding))?;
        let rules = known.map(|known| Rules::of(&known.recording, &known.texts)).unwrap_or_default();
        let limits = Limits { ingest: &self.ingest, file_bytes: self.file_bytes };
        let recording = reading::read(bytes, &limits, &rules)?;
        let (session, events) = (recording.session.clone(), recording.events());
        let began_at = recording.began_at();
        let entry = (self.entry)(connection, &session, events);
        let stored =
            self.runtime.block_on(storing::store(&self.store, connection, recording, Some(entry)))?;
        Ok(Imported { connection, session, events, began_at, stored })
    }
}

/// The name that stands before a file, if it says one.
fn name_in(bytes: &[u8], is_plain: bool) -> Option<PathBuf> {
    let text = |bytes: &[u8]| PathBuf::from(String::from_utf8_lossy(bytes).into_owned());
    if is_plain {
        return bytes.split(|byte| *byte == 0).next().map(text);
    }
    let fields = tar::PaxExtensions::new(bytes).filter_map(Result::ok);
    fields.filter(|field| field.key_bytes() == b"path").last().map(|field| text(field.value_bytes()))
}

fn read_at_most(from: impl Read, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read: io::Result<usize> = from.take(most as u64 + 1).read_to_end(&mut bytes);
    read?;
    if bytes.len() > most {
        bail!(TooLarge { limit: most });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_before_a_file_are_read() {
        assert_eq!(name_in(b"a/b.json\0", true), Some("a/b.json".into()));
        assert_eq!(name_in(b"20 path=a/b.json.gz\n11 mtime=1\n", false), Some("a/b.json.gz".into()));
        assert_eq!(name_in(b"11 mtime=1\n", false), None);
    }
}
