//! What a file is: a recording, or an archive of such. Its first bytes say so, not its name.

use std::io::{self, Cursor, Read};
use std::path::Path;

use crate::ingest::gzip;

/// What describes the connection of an export, beside its sessions.
pub const CONNECTION_FILE: &str = "connection.json";

/// What recordings in a folder are called. Other files there are passed over.
const RECORDINGS: [&str; 5] = [".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz"];

/// What archives in a folder are called.
const ARCHIVES: [&str; 3] = [".tar", ".tar.gz", ".tgz"];

/// So much of a file is looked at: enough for the head of an archive that is compressed.
const HEAD_BYTES: u64 = 4096;

/// Where an archive says that it is one.
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");
const TAR_HEAD_BYTES: u64 = 512;

const ZIP_MAGIC: &[u8] = b"PK\x03\x04";

/// Whether a file of this name in a folder is one to import.
pub fn is_importable(name: &str) -> bool {
    let name = name.to_lowercase();
    is_recording(&name) || ARCHIVES.iter().any(|ending| name.ends_with(ending))
}

/// Whether a file of this name in a folder or an archive is a recording.
pub fn is_recording(name: &str) -> bool {
    let name = name.to_lowercase();
    name != CONNECTION_FILE && RECORDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The name of a file without its folder.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a file holds.
pub enum Incoming<'a> {
    /// A recording, as it is.
    Recording(Box<dyn Read + 'a>),
    /// A tar archive, inflated.
    Archive(Box<dyn Read + 'a>),
    /// An archive of a kind that is not read.
    Zip,
}

impl<'a> Incoming<'a> {
    /// Looks at the first bytes. What is inflated may become `ratio` times as large.
    pub fn look(mut from: impl Read + 'a, ratio: usize) -> io::Result<Self> {
        let mut head = Vec::new();
        from.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        let is_gzip = gzip::is_gzip(&head);
        let is_zip = head.starts_with(ZIP_MAGIC);
        let is_tar = if is_gzip { is_tar(&gzip::beginning(&head, TAR_HEAD_BYTES)) } else { is_tar(&head) };
        let whole = Cursor::new(head).chain(from);
        Ok(match (is_tar, is_gzip) {
            (true, true) => Self::Archive(Box::new(gzip::Inflating::new(whole, ratio))),
            (true, false) => Self::Archive(Box::new(whole)),
            (false, _) if is_zip => Self::Zip,
            (false, _) => Self::Recording(Box::new(whole)),
        })
    }
}

fn is_tar(start: &[u8]) -> bool {
    let (at, magic) = TAR_MAGIC;
    start.get(at..).is_some_and(|rest| rest.starts_with(magic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_to_look_into() {
        for name in ["a.json", "A.JSONL", "b.json.gz", "all.tar", "all.tgz", "all.tar.gz"] {
            assert!(is_importable(name), "{name}");
        }
        for name in ["connection.json", "notes.txt", "a.gz", "a.zip", "json"] {
            assert!(!is_importable(name), "{name}");
        }
    }

    #[test]
    fn first_bytes_tell_what_a_file_is() {
        let look = |bytes: &[u8]| match Incoming::look(bytes, 200).expect("read") {
            Incoming::Recording(_) => "recording",
            Incoming::Archive(_) => "archive",
            Incoming::Zip => "zip",
        };
        let tar = tar::Builder::new(Vec::new()).into_inner().expect("an archive");
        assert_eq!(look(&tar), "recording", "an empty archive has no head");
        let mut header = tar::Header::new_ustar();
        header.set_size(0);
        header.set_cksum();
        assert_eq!(look(header.as_bytes()), "archive");
        assert_eq!(look(&gzip::deflate(header.as_bytes())), "archive");
        assert_eq!(look(b"PK\x03\x04"), "zip");
        for other in [&b""[..], b"[", &gzip::deflate(b"[]"), &[0x1f, 0x8b]] {
            assert_eq!(look(other), "recording");
        }
    }
}
