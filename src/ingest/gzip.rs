//! gzip (RFC 1952), in and out: the one place that inflates anything.
//!
//! Exactly one member is taken, whole: a cut-off or damaged one, a second one
//! behind it, or other trailing bytes are errors. Inflating stops at its limits,
//! so a bomb costs no more than an honest upload.

use std::io::Write;

use flate2::write::GzEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

/// The first two bytes of a gzip member.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Below this many inflated bytes the ratio says nothing: an empty page compresses well.
const RATIO_COUNTS_FROM: usize = 1024 * 1024;

/// How large zlib's window may be, as a power of two: all that the format allows.
const WINDOW_BITS: u8 = 15;

/// The header and the trailer of a member without a name.
const SMALLEST_MEMBER: usize = 18;

/// DEFLATE cannot make more of one byte.
const MOST_FOR_ONE_BYTE: usize = 1032;

/// A buffer is never smaller: most batches inflate to a few of these.
const SMALLEST_BUFFER: usize = 16 * 1024;

/// A buffer that grew larger is given back rather than kept for the next member.
const LARGEST_KEPT: usize = 1024 * 1024;

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
}

/// Why bytes were not inflated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not one whole gzip member.
    #[error("the body is not one whole gzip member: {0}")]
    Broken(String),
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
    let mut inflated = Vec::new();
    inflate_into(member, limits, &mut inflated)?;
    Ok(inflated)
}

/// Inflates one member after the other into a buffer of its own.
#[derive(Default)]
pub struct Inflater {
    buffer: Vec<u8>,
}

impl Inflater {
    /// Inflates one gzip member and shows what it holds. A buffer that had to grow
    /// large is given back afterwards, so that one large member does not cost its
    /// memory for ever.
    pub fn inflate<T>(
        &mut self,
        member: &[u8],
        limits: Limits,
        show: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, Error> {
        let shown = inflate_into(member, limits, &mut self.buffer).map(|()| show(&self.buffer));
        if self.buffer.capacity() > LARGEST_KEPT {
            self.buffer = Vec::new();
        }
        shown
    }
}

/// Replaces what is in `buffer`, in one call of the decoder where the member says its
/// size truly. What it says is a hint only: the buffer grows as far as the limit.
fn inflate_into(member: &[u8], limits: Limits, buffer: &mut Vec<u8>) -> Result<(), Error> {
    buffer.clear();
    let by_ratio = limits.ratio.saturating_mul(member.len()).max(RATIO_COUNTS_FROM);
    let limit = limits.bytes.min(by_ratio);
    let mut decoder = Decompress::new_gzip(WINDOW_BITS);
    let mut wanted = announced_size(member).max(SMALLEST_BUFFER);
    loop {
        // One byte more than allowed is enough to know that there is too much.
        buffer.reserve_exact(wanted.min(limit + 1).saturating_sub(buffer.len()));
        let read = usize::try_from(decoder.total_in()).map_or(member.len(), |read| read.min(member.len()));
        let status = decoder
            .decompress_vec(&member[read..], buffer, FlushDecompress::Finish)
            .map_err(|error| Error::Broken(error.message().unwrap_or("damaged").to_owned()))?;
        if buffer.len() > limit {
            return Err(if limit == limits.bytes {
                Error::TooLarge { limit }
            } else {
                Error::Ratio { limit: limits.ratio }
            });
        }
        if status == Status::StreamEnd {
            break;
        }
        if buffer.len() < buffer.capacity() {
            return Err(Error::Broken("it is cut off".to_owned()));
        }
        wanted = buffer.capacity().saturating_mul(2);
    }
    match member.len() as u64 - decoder.total_in() {
        0 => Ok(()),
        trailing => Err(Error::Broken(format!("{trailing} bytes follow it"))),
    }
}

/// The size that the member's last bytes say it inflates to, where that is possible.
fn announced_size(member: &[u8]) -> usize {
    match member.last_chunk() {
        Some(size) if member.len() >= SMALLEST_MEMBER => {
            (u32::from_le_bytes(*size) as usize).min(member.len().saturating_mul(MOST_FOR_ONE_BYTE))
        }
        _ => 0,
    }
}

/// Makes one gzip member, to be stored.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, Compression::default())
}

/// Makes one gzip member in the least time, to be sent and forgotten.
pub fn deflate_fast(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, Compression::fast())
}

fn compress(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), level);
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all that is written")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::bufread::GzDecoder;
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

    /// What a streaming decoder makes of it: an independent reading of the same rules.
    fn streamed(member: &[u8]) -> Option<Vec<u8>> {
        let mut decoder = GzDecoder::new(member);
        let mut inflated = Vec::new();
        decoder.by_ref().take(LIMITS.bytes as u64 + 1).read_to_end(&mut inflated).ok()?;
        (inflated.len() <= LIMITS.bytes && decoder.into_inner().is_empty()).then_some(inflated)
    }

    #[test]
    fn a_large_buffer_is_given_back_and_a_small_one_kept() {
        let mut inflater = Inflater::default();
        let noise: Vec<u8> =
            (0..2_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for (content, kept) in [(&noise[..5_000], true), (&noise[..], false), (&noise[..100], true)] {
            let length = inflater.inflate(&deflate(content), LIMITS, |inflated| {
                assert!(inflated == content);
                inflated.len()
            });
            assert_eq!(length, Ok(content.len()));
            assert_eq!(inflater.buffer.capacity() > 0, kept);
        }
    }

    #[test]
    fn a_size_that_lies_costs_no_more_than_the_limit() {
        let mut member = deflate(&vec![b' '; 100_000]);
        let size_at = member.len() - 4;
        member[size_at..].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut buffer = Vec::new();
        assert!(matches!(inflate_into(&member, LIMITS, &mut buffer), Err(Error::Broken(_))));
        assert!(buffer.capacity() <= LIMITS.bytes + 1, "{}", buffer.capacity());
    }

    proptest! {
        #[test]
        fn the_streaming_decoder_agrees(
            bytes in prop::collection::vec(any::<u8>(), 0..2048),
            times in 1..60_usize,
            damage in prop::option::of((any::<prop::sample::Index>(), 1..=255_u8)),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let content = bytes.repeat(times);
            let mut member = deflate(&content);
            if let Some((at, flip)) = damage {
                let at = at.index(member.len());
                member[at] ^= flip;
            }
            if let Some(cut) = cut {
                member.truncate(cut.index(member.len()));
            }
            let unbounded = Limits { ratio: usize::MAX, ..LIMITS };
            prop_assert_eq!(inflate(&member, unbounded).ok(), streamed(&member));
        }

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
