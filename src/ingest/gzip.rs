//! gzip (RFC 1952), in and out: the one place that inflates anything.
//!
//! Exactly one member is taken, whole: a cut-off or damaged one, a second one
//! behind it, or other trailing bytes are errors. A member says at its end how large
//! it becomes; it gets a buffer of that size and no more, and never one beyond the
//! limits, so a bomb costs no more than an honest upload. Files that are larger than memory
//! go through `streamed`.

mod streamed;

use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};
use memchr::memmem;

use crate::config;

pub use streamed::{Inflating, beginning, writer};

/// The first two bytes of a gzip member.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The checksum and the size that end a member, in bytes.
const TRAILER: usize = 8;

/// DEFLATE cannot make more of one byte.
const MOST_FOR_ONE_BYTE: usize = 1032;

/// How many times larger than it came a recording is taken to become.
const FIRST_GUESS: usize = 8;

/// Below this many inflated bytes the ratio says nothing: an empty page compresses well.
const RATIO_COUNTS_FROM: usize = 1024 * 1024;

/// In the bytes of one honest member its trailer stands once; by chance a second time,
/// never more often.
const MOST_TRAILERS: usize = 4;

/// The level that balances time and size, and the fastest.
const BALANCED: i32 = 6;
const FASTEST: i32 = 1;

/// How far inflating may go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Inflated bytes.
    pub bytes: usize,
    /// Inflated bytes for each byte sent, once a MiB is inflated.
    pub ratio: usize,
}

impl Limits {
    /// For bytes that were checked before they were stored.
    pub const STORED: Self = Self { bytes: usize::MAX - 1, ratio: usize::MAX };

    /// How many bytes may come of so many sent ones.
    pub fn room_for(&self, sent: usize) -> usize {
        self.bytes.min(self.ratio.saturating_mul(sent).max(RATIO_COUNTS_FROM))
    }
}

impl From<&config::Ingest> for Limits {
    fn from(settings: &config::Ingest) -> Self {
        Self { bytes: settings.max_inflated_bytes, ratio: settings.max_ratio }
    }
}

/// Why bytes were not inflated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not one whole gzip member.
    #[error("the body is not one whole gzip member: {0}")]
    Broken(&'static str),
    /// More inflated bytes than allowed.
    #[error("the inflated body exceeds {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// More inflated bytes for each sent byte than an honest recording has.
    #[error("the body inflates to more than {limit} times its size")]
    Ratio {
        /// The limit.
        limit: usize,
    },
}

/// Whether the bytes start like a gzip member.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Inflates one gzip member.
pub fn inflate(member: &[u8], limits: Limits) -> Result<Vec<u8>, Error> {
    let mut inflater = Inflater::default();
    let size = inflater.inflate(member, limits)?.len();
    inflater.inflated.truncate(size);
    Ok(inflater.inflated)
}

/// Inflates a zlib stream (RFC 1950), which does not say how large it becomes: the room
/// doubles until it is enough, or more than allowed.
pub fn inflate_zlib(stream: &[u8], limits: Limits) -> Result<Vec<u8>, Error> {
    let room = limits.room_for(stream.len());
    let mut decompressor = Decompressor::new();
    let mut size = stream.len().saturating_mul(FIRST_GUESS).min(room);
    loop {
        let mut inflated = vec![0; size];
        match decompressor.zlib_decompress(stream, &mut inflated) {
            Ok(written) => {
                inflated.truncate(written);
                return Ok(inflated);
            }
            Err(DecompressionError::InsufficientSpace) if size < room => {
                size = size.saturating_mul(2).min(room);
            }
            Err(DecompressionError::InsufficientSpace) => return Err(too_large(room, limits)),
            Err(DecompressionError::BadData) => return Err(Error::Broken("its data is damaged")),
        }
    }
}

/// Inflates one member after the other, in the same memory.
#[derive(Default)]
pub struct Inflater {
    decompressor: Decompressor,
    inflated: Vec<u8>,
}

impl Inflater {
    /// Inflates one gzip member.
    pub fn inflate(&mut self, member: &[u8], limits: Limits) -> Result<&[u8], Error> {
        let Self { decompressor, inflated: memory } = self;
        let trailer = member.last_chunk::<TRAILER>().ok_or(Error::Broken("it is too short"))?;
        let (size, room) = (size_of(trailer), limits.room_for(member.len()));
        if size > member.len().saturating_mul(MOST_FOR_ONE_BYTE) {
            return Err(Error::Broken("it cannot have the size it says"));
        }
        // What is cut off says any size: only what fills its room is too large.
        let size_here = size.min(room);
        if memory.len() < size_here {
            memory.resize(size_here, 0);
        }
        let inflated = &mut memory[..size_here];
        match decompressor.gzip_decompress(member, inflated) {
            Ok(written) if written == size => {}
            Err(DecompressionError::InsufficientSpace) if size > room => {
                return Err(too_large(room, limits));
            }
            Err(DecompressionError::BadData) => return Err(Error::Broken("its data is damaged")),
            _ => return Err(Error::Broken("it does not have the size it says")),
        }
        // The checksum that was compared stands where the member ends, which may be elsewhere.
        let fits = trailer.starts_with(&libdeflater::crc32(inflated).to_le_bytes());
        if !fits || ends_early(member, trailer, inflated, decompressor) {
            return Err(Error::Broken("something follows it"));
        }
        Ok(inflated)
    }

    /// Gives its memory back if that is more than so many bytes.
    pub fn shrink(&mut self, kept: usize) {
        if self.inflated.capacity() > kept {
            self.inflated = Vec::new();
        }
    }
}

/// How many bytes come of these, by their own word: of one gzip member, or of what is none.
/// Inflating makes no more of it.
pub fn claimed_size(sent: &[u8]) -> usize {
    match sent.last_chunk::<TRAILER>() {
        Some(trailer) if is_gzip(sent) => size_of(trailer),
        _ => sent.len(),
    }
}

/// How large a member becomes by its own word (RFC 1952, 2.3.1: `ISIZE`).
fn size_of(trailer: &[u8; TRAILER]) -> usize {
    let [.., a, b, c, d] = *trailer;
    u32::from_le_bytes([a, b, c, d]) as usize
}

fn too_large(room: usize, limits: Limits) -> Error {
    if room == limits.bytes { Error::TooLarge { limit: room } } else { Error::Ratio { limit: limits.ratio } }
}

/// Whether the member that was inflated ends before its last byte.
///
/// It ended with a trailer that fits what was inflated. So does the end of the bytes:
/// if the member ended elsewhere, the trailer would stand there as well. That is looked
/// for, and found only in bytes that were made for it, or by chance.
fn ends_early(
    member: &[u8],
    trailer: &[u8; TRAILER],
    inflated: &mut [u8],
    decompressor: &mut Decompressor,
) -> bool {
    let before_end = &member[..member.len() - 1];
    let mut from = 0;
    for _ in 1..MOST_TRAILERS {
        let Some(found) = memmem::find(&before_end[from..], trailer) else { return false };
        let ending = &member[..from + found + TRAILER];
        if decompressor.gzip_decompress(ending, inflated).is_ok() {
            return true;
        }
        // A trailer may overlap with itself, as that of an empty member does.
        from += found + 1;
    }
    memmem::find(&before_end[from..], trailer).is_some()
}

/// Makes one gzip member, to be stored.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, BALANCED)
}

/// Makes one gzip member in the least time, for what is not kept long.
pub fn deflate_fast(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, FASTEST)
}

fn compress(bytes: &[u8], level: i32) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::new(level).expect("levels from 0 to 12 exist"));
    let mut member = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut member).expect("the bound is large enough");
    member.truncate(length);
    member.shrink_to_fit();
    member
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { bytes: 4 * 1024 * 1024, ratio: 200 };

    #[test]
    fn anything_but_one_whole_member_is_broken() {
        let whole = deflate(b"[1,2,3]");
        let mut wrong_crc = whole.clone();
        let crc_at = whole.len() - 8;
        wrong_crc[crc_at] ^= 1;
        let mut wrong_size = whole.clone();
        let size_at = whole.len() - 4;
        wrong_size[size_at] ^= 1;
        for (what, bytes) in [
            ("cut off", whole[..whole.len() - 1].to_vec()),
            ("half", whole[..whole.len() / 2].to_vec()),
            ("header only", whole[..10].to_vec()),
            ("wrong checksum", wrong_crc),
            ("wrong size", wrong_size),
            ("trailing byte", [whole.clone(), vec![0]].concat()),
            ("two members", [whole.clone(), whole.clone()].concat()),
            ("no gzip at all", b"[1,2,3]".to_vec()),
            ("nothing", Vec::new()),
        ] {
            assert!(matches!(inflate(&bytes, LIMITS), Err(Error::Broken(_))), "{what}");
        }
        assert_eq!(inflate(&whole, LIMITS), Ok(b"[1,2,3]".to_vec()));
    }

    #[test]
    fn inflating_stops_at_its_limits() {
        let spaces = |count: usize| deflate(&vec![b' '; count]);
        assert_eq!(inflate(&spaces(1024 * 1024), LIMITS).map(|bytes| bytes.len()), Ok(1024 * 1024));
        assert_eq!(inflate(&spaces(3 * 1024 * 1024), LIMITS), Err(Error::Ratio { limit: 200 }));
        let unbounded = Limits { ratio: usize::MAX, ..LIMITS };
        assert_eq!(
            inflate(&spaces(5 * 1024 * 1024), unbounded),
            Err(Error::TooLarge { limit: LIMITS.bytes })
        );
    }

    #[test]
    fn trailing_bytes_are_found_however_they_look() {
        let whole = deflate(b"[1,2,3]");
        let trailer = &whole[whole.len() - TRAILER..];
        let same_size = [&[7; 4], &trailer[4..]].concat();
        for hidden in [&b""[..], b"x", &[0; 100], &trailer.repeat(6)] {
            for ending in [trailer, &same_size] {
                let bytes = [&whole, hidden, ending].concat();
                let inflated = inflate(&bytes, LIMITS);
                assert!(matches!(inflated, Err(Error::Broken(_))), "{hidden:?} is hidden in it");
            }
        }
        // The trailer of an empty member overlaps with itself.
        let empty = deflate(b"");
        for zeros in 1..20 {
            let bytes = [&empty[..], &vec![0; zeros]].concat();
            assert!(matches!(inflate(&bytes, LIMITS), Err(Error::Broken(_))), "{zeros} zeros follow");
        }
        // Stored without compression, so that its own trailer stands in its data.
        let mut inside = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 0, 0, 255, 255];
        inside.extend([0; TRAILER]);
        assert_eq!(inflate(&inside, LIMITS), Ok(Vec::new()), "an empty member is whole");
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
            prop_assert_eq!(inflate(&deflate(&bytes), LIMITS), Ok(bytes));
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = inflate(&[&MAGIC[..], &bytes].concat(), LIMITS);
        }
    }
}
