//! One gzip member by `flate2`: the twin of `ingest::gzip`.

use std::io::Read;

use flate2::Crc;
use flate2::bufread::{DeflateDecoder, GzDecoder};

/// The flag of a gzip header that has a checksum of its own (RFC 1952, 2.3.1), which
/// libdeflate does not look at and `flate2` does.
const FLAG_OF_HEADER_CHECKSUM: u8 = 2;

/// What the bytes are.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// One member and nothing else, with what it holds.
    Whole(Vec<u8>),
    /// A member, and bytes behind it.
    Followed,
    /// More than was allowed.
    TooLarge,
    /// No member.
    Broken,
}

/// Reads the bytes as one member that holds at most `limit` bytes.
pub fn read(bytes: &[u8], limit: usize) -> Found {
    let mut decoder = GzDecoder::new(bytes);
    let mut inflated = Vec::new();
    match decoder.by_ref().take(limit as u64 + 1).read_to_end(&mut inflated) {
        Err(_) => Found::Broken,
        Ok(length) if length > limit => Found::TooLarge,
        Ok(_) if !decoder.into_inner().is_empty() => Found::Followed,
        Ok(_) => Found::Whole(inflated),
    }
}

/// Whether the header says that it has a checksum.
pub fn has_header_checksum(bytes: &[u8]) -> bool {
    bytes.get(3).is_some_and(|flags| flags & FLAG_OF_HEADER_CHECKSUM != 0)
}

/// Makes a member of a deflate stream: mutated bytes would never find the checksum.
/// What follows the stream is kept behind the member. `None` if it is no stream.
pub fn around(stream: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut decoder = DeflateDecoder::new(stream);
    let mut inflated = Vec::new();
    decoder.by_ref().take(limit as u64 + 1).read_to_end(&mut inflated).ok()?;
    let used = stream.len() - decoder.into_inner().len();
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    member.extend_from_slice(&stream[..used]);
    member.extend(trailer(&inflated));
    member.extend_from_slice(&stream[used..]);
    Some(member)
}

/// What ends a member that holds these bytes: checksum and size.
pub fn trailer(inflated: &[u8]) -> [u8; 8] {
    let mut crc = Crc::new();
    crc.update(inflated);
    let (sum, size) = (crc.sum().to_le_bytes(), crc.amount().to_le_bytes());
    [sum[0], sum[1], sum[2], sum[3], size[0], size[1], size[2], size[3]]
}
