//! zstd frames (RFC 8878): the one place that writes and reads them.
//!
//! A frame says its size and has a checksum. Its window is 4 MiB at most, by the
//! levels used here; browsers take 8 MiB for `Content-Encoding: zstd` (RFC 9659). What reads a frame says how large
//! it may become.

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

/// The level at which a CPU second makes recordings smallest (`docs/performance.md`).
const SMALL: i32 = 9;

/// The level at which recordings are made as fast as they come.
const FAST: i32 = 1;

/// Why a frame cannot be read, or not be made.
#[derive(Debug, thiserror::Error)]
#[error("a piece of a recording cannot be read")]
pub struct Error(#[source] std::io::Error);

/// Makes frames, one after the other.
pub struct Press(Compressor<'static>);

impl Press {
    /// Makes small frames.
    pub fn small() -> Result<Self, Error> {
        Self::new(SMALL)
    }

    /// Makes frames fast.
    pub fn fast() -> Result<Self, Error> {
        Self::new(FAST)
    }

    fn new(level: i32) -> Result<Self, Error> {
        let mut compressor = Compressor::new(level).map_err(Error)?;
        for parameter in [CParameter::ChecksumFlag(true), CParameter::ContentSizeFlag(true)] {
            compressor.set_parameter(parameter).map_err(Error)?;
        }
        Ok(Self(compressor))
    }

    /// One frame that holds these bytes.
    pub fn compress(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let mut frame = self.0.compress(bytes).map_err(Error)?;
        frame.shrink_to_fit();
        Ok(frame)
    }
}

/// The bytes that a frame holds, if they are not more than `limit`.
pub fn decompress(frame: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let mut decompressor = Decompressor::new().map_err(Error)?;
    decompressor.decompress(frame, limit).map_err(Error)
}

/// How many bytes a frame says it holds, at most `limit`.
pub fn size(frame: &[u8], limit: usize) -> usize {
    let said = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
    said.and_then(|said| usize::try_from(said).ok()).unwrap_or(limit).min(limit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn damage_is_noticed_and_limits_hold() {
        let frame = Press::small().and_then(|mut press| press.compress(&[7; 10_000])).expect("a frame");
        assert_eq!(size(&frame, usize::MAX), 10_000);
        assert_eq!(decompress(&frame, 10_000).expect("whole").len(), 10_000);
        decompress(&frame, 9_999).expect_err("larger than allowed");
        let mut damaged = frame.clone();
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        decompress(&damaged, 10_000).expect_err("a wrong checksum");
        decompress(&frame[..last], 10_000).expect_err("cut off");
    }

    #[test]
    fn a_large_frame_has_a_window_that_browsers_take() {
        for press in [Press::small(), Press::fast()] {
            let noise: Vec<u8> =
                (0..20_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            let frame = press.and_then(|mut press| press.compress(&noise)).expect("a frame");
            // RFC 8878, 3.1.1.1: a descriptor, then the window as exponent and mantissa, unless it is the whole.
            assert_eq!(frame[4] & 0x20, 0, "not a single segment");
            let window = 1_u64 << (10 + (frame[5] >> 3));
            assert!(window + window / 8 * u64::from(frame[5] & 7) <= 8 << 20, "{window}");
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            let frame = Press::small().and_then(|mut press| press.compress(&bytes)).expect("a frame");
            prop_assert_eq!(decompress(&frame, bytes.len()).expect("whole"), bytes);
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let _ = decompress(&[&[0x28, 0xb5, 0x2f, 0xfd], &bytes[..]].concat(), 100_000);
        }
    }
}
