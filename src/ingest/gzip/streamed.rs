//! gzip that is larger than memory, in and out: of files, never of uploads.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::{BALANCED, RATIO_COUNTS_FROM};

/// Compresses what is written to it, piece by piece. The same bytes become the same bytes.
pub fn writer<W: Write>(out: W) -> GzEncoder<W> {
    GzEncoder::new(out, Compression::new(BALANCED.unsigned_abs()))
}

/// The first inflated bytes of what begins like this; fewer where it is damaged or cut off.
pub fn beginning(compressed: &[u8], most: u64) -> Vec<u8> {
    let mut found = Vec::new();
    // What can be read of it stands in `found`, whatever comes of the rest.
    let _ = MultiGzDecoder::new(compressed).take(most).read_to_end(&mut found);
    found
}

/// Inflates what is read through it, member after member, up to a ratio.
pub struct Inflating<R> {
    decoder: MultiGzDecoder<Counting<R>>,
    inflated: u64,
    ratio: u64,
}

impl<R: Read> Inflating<R> {
    /// Each byte that is read may become so many.
    pub fn new(compressed: R, ratio: usize) -> Self {
        let decoder = MultiGzDecoder::new(Counting { inner: compressed, bytes: 0 });
        Self { decoder, inflated: 0, ratio: ratio as u64 }
    }
}

impl<R: Read> Read for Inflating<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.inflated += read as u64;
        let most = self.decoder.get_ref().bytes.saturating_mul(self.ratio);
        if self.inflated > most.max(RATIO_COUNTS_FROM as u64) {
            return Err(io::Error::other(format!("it inflates to more than {} times its size", self.ratio)));
        }
        Ok(read)
    }
}

/// Counts what is read.
struct Counting<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut out = writer(Vec::new());
        out.write_all(bytes).expect("written");
        out.finish().expect("finished")
    }

    #[test]
    fn what_is_written_is_read_back_however_many_members_it_has() {
        let (first, second) = (compressed(b"one"), compressed(b" two"));
        let mut text = String::new();
        Inflating::new(&[first.clone(), second].concat()[..], 200).read_to_string(&mut text).expect("read");
        assert_eq!(text, "one two");
        assert_eq!(beginning(&first, 2), b"on");
        assert_eq!(super::super::inflate(&first, super::super::Limits::STORED).expect("one member"), b"one");
    }

    #[test]
    fn a_bomb_is_not_inflated() {
        let bomb = compressed(&vec![0; 4 << 20]);
        let mut inflated = Vec::new();
        let refused = Inflating::new(&bomb[..], 200).read_to_end(&mut inflated).expect_err("refused");
        assert!(refused.to_string().contains("200 times"), "{refused}");
        assert!(inflated.len() <= 2 << 20, "{}", inflated.len());
    }
}
