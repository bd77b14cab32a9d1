//! What a finished stream was made of.
//!
//! When batches have become segments, this is what is left of them: which `seq`s
//! there were, how many events each had, and enough of its hash to know it again.
//! A batch that is sent once more is a duplicate still, and a late one finds its
//! place between the events of the others.
//!
//! For each batch in the order of `seq`: how far `seq` is ahead of the last one and
//! the number of events (`numbers`), then the first 8 bytes of the hash.

use super::numbers::{read as read_number, write as write_number};

/// How much of a batch's SHA-256 is kept.
const HASH_BYTES: usize = 8;

/// One batch that segments were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the stream.
    pub seq: i64,
    /// How many events it had.
    pub events: i64,
    /// The start of its hash.
    pub hash: [u8; HASH_BYTES],
}

impl Entry {
    /// Keeps what is needed of a batch.
    pub fn new(seq: i64, events: i64, hash: &[u8; 32]) -> Self {
        Self { seq, events, hash: first_bytes(hash) }
    }

    /// Whether a batch with this hash is the same.
    pub fn is(&self, hash: &[u8; 32]) -> bool {
        self.hash == first_bytes(hash)
    }
}

fn first_bytes(hash: &[u8; 32]) -> [u8; HASH_BYTES] {
    *hash.first_chunk().expect("a hash is longer")
}

/// Writes entries that are in the order of `seq`.
pub fn write(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * (HASH_BYTES + 2));
    let mut last = -1;
    for entry in entries {
        write_number(&mut bytes, entry.seq - (last + 1));
        write_number(&mut bytes, entry.events);
        bytes.extend_from_slice(&entry.hash);
        last = entry.seq;
    }
    bytes
}

/// Reads what `write` wrote. Entries that are damaged, and all behind them, are left out.
pub fn read(mut bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut last = -1;
    while let Some(entry) = read_entry(&mut bytes, last) {
        last = entry.seq;
        entries.push(entry);
    }
    entries
}

fn read_entry(bytes: &mut &[u8], last: i64) -> Option<Entry> {
    let seq = read_number(bytes)?.checked_add(last.checked_add(1)?)?;
    let events = read_number(bytes)?;
    let (hash, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(Entry { seq, events, hash: *hash })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_follows_the_largest_seq() {
        let largest = Entry { seq: i64::MAX, events: 1, hash: [7; 8] };
        let bytes = write(&[largest]).repeat(2);
        assert_eq!(read(&bytes), [largest]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(steps in prop::collection::vec((1..2_000_i64, 0..100_000_i64, any::<[u8; 8]>()), 0..50)) {
            let mut seq = -1;
            let entries: Vec<Entry> = steps
                .into_iter()
                .map(|(step, events, hash)| {
                    seq += step;
                    Entry { seq, events, hash }
                })
                .collect();
            prop_assert_eq!(read(&write(&entries)), entries);
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
