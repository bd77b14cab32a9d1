//! gzip (RFC 1952), in and out: the one place that inflates anything.
//!
//! Exactly one member is taken, whole: a cut-off or damaged one, a second one
//! behind it, or other trailing bytes are errors. Inflating stops at its limits,
//! so a bomb costs no more than an honest upload.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

/// The first two bytes of a gzip member.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Below this many inflated bytes the ratio says nothing: an empty page compresses well.
const RATIO_COUNTS_FROM: usize = 1024 * 1024;

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
    let by_ratio = limits.ratio.saturating_mul(member.len()).max(RATIO_COUNTS_FROM);
    let limit = limits.bytes.min(by_ratio);
    let mut decoder = GzDecoder::new(member);
    let mut inflated = Vec::with_capacity(limit.min(member.len().saturating_mul(4)));
    decoder
        .by_ref()
        .take(limit as u64 + 1)
        .read_to_end(&mut inflated)
        .map_err(|error| Error::Broken(error.to_string()))?;
    if inflated.len() > limit {
        return Err(if limit == limits.bytes {
            Error::TooLarge { limit }
        } else {
            Error::Ratio { limit: limits.ratio }
        });
    }
    match decoder.into_inner().len() {
        0 => Ok(inflated),
        trailing => Err(Error::Broken(format!("{trailing} bytes follow it"))),
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
