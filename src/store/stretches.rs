//! When the visitor did something, as a segment's `active` column keeps it.
//!
//! For each stretch in order: how far it starts behind the end of the last one (the
//! first: behind the segment's first event), how long it is, both in milliseconds,
//! and how many events of the visitor it has.

use super::numbers::{read as read_number, write as write_number};
use crate::model::{Stretch, TimestampMs};

/// Writes stretches that are in order.
pub(super) fn write(stretches: &[Stretch], first_at: TimestampMs) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = first_at;
    for stretch in stretches {
        write_number(&mut bytes, stretch.from - last);
        write_number(&mut bytes, stretch.to - stretch.from);
        write_number(&mut bytes, stretch.events);
        last = stretch.to;
    }
    bytes
}

/// Reads what `write` wrote. What is damaged, and all behind it, is left out.
pub(super) fn read(mut bytes: &[u8], first_at: TimestampMs) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut last = first_at;
    while let Some(stretch) = read_one(&mut bytes, last) {
        last = stretch.to;
        stretches.push(stretch);
    }
    stretches
}

fn read_one(bytes: &mut &[u8], last: TimestampMs) -> Option<Stretch> {
    let from = read_number(bytes)?.checked_add(last)?;
    let to = read_number(bytes)?.checked_add(from)?;
    Some(Stretch { from, to, events: read_number(bytes)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(steps in prop::collection::vec((0..9_999_i64, 0..9_999_i64, 1..9_999_i64), 0..40)) {
            let mut last = 1_700_000_000_000;
            let stretches: Vec<Stretch> = steps
                .into_iter()
                .map(|(pause, length, events)| {
                    let from = last + pause;
                    last = from + length;
                    Stretch { from, to: last, events }
                })
                .collect();
            prop_assert_eq!(read(&write(&stretches, 1_700_000_000_000), 1_700_000_000_000), stretches);
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, i64::MAX - 7);
        }
    }
}
