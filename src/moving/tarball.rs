//! An export as one tar archive, written from its beginning to its end.
//!
//! An archive names a file's size before the file. What is small is kept until its size is known;
//! what is not is written twice, the first time to nowhere.

use std::io::{self, Write};

use anyhow::{Context as _, bail};

use super::exporting::{Exporting, Left, file_of, is_gone};
use super::incoming::CONNECTION_FILE;
use crate::model::{Session, TimestampMs};

/// Larger files are written twice rather than kept.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// A session that is stored anew while it is read is read so often.
const ATTEMPTS: usize = 3;

/// The size of a block of an archive, which ends with two empty ones.
const BLOCK: usize = 512;

/// What is no session has this time: some tools take none of 1970. It is that of the crate `tar`.
const ANY_TIME: TimestampMs = 1_153_704_088_000;

/// What became of the sessions of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// So many are in the export.
    pub sessions: usize,
    /// So many were there before.
    pub known: usize,
    /// So many go on.
    pub going_on: usize,
    /// So many are not masked yet.
    pub not_masked: usize,
}

impl Written {
    /// Counts one that is left out.
    pub fn leave(&mut self, left: Left) {
        match left {
            Left::GoesOn => self.going_on += 1,
            Left::NotMasked => self.not_masked += 1,
        }
    }
}

/// An archive that is written.
pub struct Tarball<W> {
    out: W,
}

impl<W: Write> Tarball<W> {
    /// Writes an archive to here.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Adds a connection with its sessions; calls `each` after each of them.
    pub fn add(&mut self, exporting: &Exporting, mut each: impl FnMut()) -> anyhow::Result<Written> {
        let folder = exporting.folder();
        let description = exporting.description()?;
        self.begin(&format!("{folder}/{CONNECTION_FILE}"), description.len() as u64, ANY_TIME)?;
        self.out.write_all(&description)?;
        self.end(description.len() as u64)?;
        let mut written = Written::default();
        exporting.each_session(|session, left| {
            match left {
                Some(left) => written.leave(left),
                None => written.sessions += usize::from(self.add_session(exporting, &folder, session)?),
            }
            each();
            Ok(())
        })?;
        Ok(written)
    }

    /// Adds a session; false when it was deleted meanwhile.
    fn add_session(
        &mut self,
        exporting: &Exporting,
        folder: &str,
        session: &Session,
    ) -> anyhow::Result<bool> {
        let Some(measured) = measure(exporting, session)? else { return Ok(false) };
        self.begin(&format!("{folder}/{}", file_of(session)), measured.bytes, session.started_at)?;
        match &measured.kept {
            Some(kept) => self.out.write_all(kept)?,
            None => {
                let out = Counting { out: &mut self.out, bytes: 0 };
                let bytes = exporting.write(session, out)?.bytes;
                if bytes != measured.bytes {
                    bail!("the session {} became another while it was exported; try again", session.id);
                }
            }
        }
        self.end(measured.bytes)?;
        Ok(true)
    }

    fn begin(&mut self, name: &str, bytes: u64, at: TimestampMs) -> anyhow::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_path(name).with_context(|| format!("{name} is too long for an archive"))?;
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime((at.max(0) / 1000).unsigned_abs());
        header.set_cksum();
        Ok(self.out.write_all(header.as_bytes())?)
    }

    /// Fills the last block.
    fn end(&mut self, bytes: u64) -> io::Result<()> {
        let beyond = (bytes % BLOCK as u64) as usize;
        if beyond > 0 { self.out.write_all(&[0; BLOCK][beyond..]) } else { Ok(()) }
    }

    /// Ends the archive.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Writes a session to nowhere; `None` when it is not there any more.
fn measure(exporting: &Exporting, session: &Session) -> anyhow::Result<Option<Measuring>> {
    for _ in 0..ATTEMPTS {
        match exporting.write(session, Measuring { bytes: 0, kept: Some(Vec::new()) }) {
            Err(error) if is_gone(&error) => {}
            measured => return measured.map(Some),
        }
    }
    Ok(None)
}

/// How large a file is, and the file itself while that is little.
struct Measuring {
    bytes: u64,
    kept: Option<Vec<u8>>,
}

impl Write for Measuring {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        if self.bytes > KEPT_BYTES as u64 {
            self.kept = None;
        } else if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Counting<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
