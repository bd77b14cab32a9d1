//! Numbers in blobs: unsigned LEB128, seven bits in a byte, the lowest first.

/// Appends a number; one below zero counts as 0.
pub(super) fn write(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = number.max(0);
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

/// Takes a number off the front. `None` at the end, and for what is no number.
pub(super) fn read(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= i64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
