//! The blob that says what a finished stream was made of: any bytes are read, what is
//! read is written and read again, and a plain reader of LEB128 finds the same.

#![no_main]

use hindsight::store::ledger::{self, Entry};
use hindsight_fuzz::{choice, seeds};
use libfuzzer_sys::fuzz_target;

const AS_STORED: u8 = 0;
const ENTRIES: u8 = 1;

fuzz_target!(init: seeds::plant(seeds()), |data: &[u8]| {
    let Some((shape, rest)) = choice(data, 2) else { return };
    if shape == AS_STORED { read(rest) } else { round_trip(rest) }
});

fn seeds() -> Vec<Vec<u8>> {
    let entries: Vec<Entry> =
        [0, 1, 2, 200, 40_000].map(|seq| Entry::new(seq, seq * 3, &[seq as u8; 32])).to_vec();
    let largest = [&[0xff; 8][..], &[0x7f, 1], &[7; 8]].concat();
    vec![
        seeds::chosen(AS_STORED, &[&ledger::write(&entries)]),
        seeds::chosen(AS_STORED, &[&largest]),
        seeds::chosen(ENTRIES, &[&[1; 64]]),
    ]
}

fn read(bytes: &[u8]) {
    let entries = ledger::read(bytes);
    assert_eq!(entries, plainly_read(bytes));
    let written = ledger::write(&entries);
    assert!(written.len() <= bytes.len(), "a number takes no more bytes than it came in");
    assert_eq!(ledger::read(&written), entries);
}

/// Each 16 bytes are a step to the next `seq`, a number of events, and a hash.
fn round_trip(bytes: &[u8]) {
    let mut last = -1_i64;
    let mut entries = Vec::new();
    for chunk in bytes.chunks_exact(16) {
        let [a, b, c, d, e, f, g, h, hash @ ..] = chunk else { return };
        let step = i64::from(u32::from_le_bytes([*a, *b, *c, 0])) << (d % 40);
        let events = i64::from(u32::from_le_bytes([*e, *f, *g, 0])) << (h % 40);
        let Some(seq) = last.checked_add(1).and_then(|next| next.checked_add(step)) else { break };
        entries.push(Entry { seq, events, hash: hash.try_into().expect("8 bytes are left") });
        last = seq;
    }
    assert_eq!(ledger::read(&ledger::write(&entries)), entries);
}

fn plainly_read(mut bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut next = 0_i128;
    while let Some((seq, events, hash)) = one(&mut bytes, next) {
        entries.push(Entry { seq, events, hash });
        next = i128::from(seq) + 1;
    }
    entries
}

fn one(bytes: &mut &[u8], next: i128) -> Option<(i64, i64, [u8; 8])> {
    let seq = i64::try_from(next + number(bytes)?).ok()?;
    let events = i64::try_from(number(bytes)?).ok()?;
    let (hash, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some((seq, events, *hash))
}

/// LEB128 of at most nine bytes.
fn number(bytes: &mut &[u8]) -> Option<i128> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at_checked(length).filter(|_| length <= 9)?;
    *bytes = rest;
    Some(number.iter().rev().fold(0, |sum, byte| sum * 128 + i128::from(byte & 0x7f)))
}
