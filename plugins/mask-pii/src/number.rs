//! Card numbers and IBANs: numbers that prove themselves by check digits.

use std::ops::Range;

use crate::text::{Found, stands_alone};

/// The shortest card number.
pub const FEWEST_CARD_DIGITS: usize = 13;
/// The longest.
const MOST_CARD_DIGITS: usize = 19;
/// The shortest IBANs have 15 characters, and banks that are named by letters.
pub const FEWEST_IBAN_DIGITS: usize = 9;

/// How long an IBAN is, by country.
#[rustfmt::skip]
const IBAN_LENGTHS: [(&str, usize); 76] = [
    ("AD", 24), ("AE", 23), ("AL", 28), ("AT", 20), ("AZ", 28), ("BA", 20), ("BE", 16), ("BG", 22), ("BH", 22),
    ("BR", 29), ("BY", 28), ("CH", 21), ("CR", 22), ("CY", 28), ("CZ", 24), ("DE", 22), ("DJ", 27), ("DK", 18),
    ("DO", 28), ("EE", 20), ("EG", 29), ("ES", 24), ("FI", 18), ("FK", 18), ("FO", 18), ("FR", 27), ("GB", 22),
    ("GE", 22), ("GI", 23), ("GL", 18), ("GR", 27), ("GT", 28), ("HR", 21), ("HU", 28), ("IE", 22), ("IL", 23),
    ("IQ", 23), ("IS", 26), ("IT", 27), ("JO", 30), ("KW", 30), ("KZ", 20), ("LB", 28), ("LC", 32), ("LI", 21),
    ("LT", 20), ("LU", 20), ("LV", 21), ("LY", 25), ("MC", 27), ("MD", 24), ("ME", 22), ("MK", 19), ("MR", 27),
    ("MT", 31), ("MU", 30), ("NL", 18), ("NO", 15), ("PK", 24), ("PL", 28), ("PS", 29), ("PT", 25), ("QA", 29),
    ("RO", 24), ("RS", 22), ("SA", 24), ("SE", 24), ("SI", 19), ("SK", 24), ("SM", 27), ("TN", 24), ("TR", 26),
    ("UA", 29), ("VA", 22), ("VG", 24), ("XK", 20),
];

/// A group of digits.
type Group = Range<usize>;

/// All card numbers in a text.
pub fn cards(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for groups in grouped_digits(text) {
        let mut first = 0;
        while first < groups.len() {
            match (first + 1..=groups.len()).find(|end| is_card(text, &groups[first..*end])) {
                Some(end) => {
                    found.push(Found { range: groups[first].start..groups[end - 1].end, kind: "card" });
                    first = end;
                }
                None => first += 1,
            }
        }
    }
    found
}

/// Runs of digit groups with one space or dash between them.
pub fn grouped_digits(text: &str) -> Vec<Vec<Group>> {
    let mut runs: Vec<Vec<Group>> = Vec::new();
    for group in crate::text::runs(text, |byte| byte.is_ascii_digit()) {
        let last = runs.last_mut().filter(|run| {
            run.last()
                .is_some_and(|last| matches!(&text[last.end..group.start], " " | "-" | "\u{a0}" | "\u{202f}"))
        });
        match last {
            Some(run) => run.push(group),
            None => runs.push(vec![group]),
        }
    }
    runs
}

fn is_card(text: &str, groups: &[Group]) -> bool {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return false };
    let total: usize = groups.iter().map(Range::len).sum();
    if !(FEWEST_CARD_DIGITS..=MOST_CARD_DIGITS).contains(&total) || !is_grouped_as_a_card(groups) {
        return false;
    }
    let range = first.start..last.end;
    let is_fraction = text[..range.start].ends_with('.');
    let digits: Vec<u8> =
        text[range.clone()].bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    stands_alone(text, &range) && !is_fraction && is_of_a_scheme(&digits) && luhn(&digits)
}

/// In one piece, in groups of the same size with a shorter rest, or as 4-6-5 and 4-6-4.
fn is_grouped_as_a_card(groups: &[Group]) -> bool {
    let sizes: Vec<usize> = groups.iter().map(Range::len).collect();
    match sizes.as_slice() {
        [_] | [4, 6, 4 | 5] => true,
        [first, middle @ .., last] => *first >= 3 && middle.iter().all(|size| size == first) && last <= first,
        [] => false,
    }
}

fn is_of_a_scheme(digits: &[u8]) -> bool {
    let prefix =
        |length: usize| digits[..length].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 36 | 38 | 39) || (300..=305).contains(&prefix(3)),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            matches!(prefix(1), 4)
                || matches!(prefix(2), 50..=58 | 62 | 63 | 65 | 67)
                || (2221..=2720).contains(&prefix(4))
                || (3528..=3589).contains(&prefix(4))
                || prefix(4) == 6011
                || (644..=649).contains(&prefix(3))
        }
        18 | 19 => matches!(prefix(1), 4) || matches!(prefix(2), 50 | 56..=58 | 62 | 63 | 67),
        _ => false,
    }
}

/// The check digit of ISO/IEC 7812.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match u32::from(*digit) {
            digit if place % 2 == 0 => digit,
            digit if digit > 4 => digit * 2 - 9,
            digit => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

/// All IBANs in a text, in one piece or in groups of four.
pub fn ibans(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut open = 0;
    for start in crate::text::runs(text, |byte| byte.is_ascii_alphanumeric()).map(|run| run.start) {
        if start >= open
            && let Some(end) = iban(text, start)
        {
            found.push(Found { range: start..end, kind: "iban" });
            open = end;
        }
    }
    found
}

fn iban(text: &str, start: usize) -> Option<usize> {
    let country = text.get(start..start + 2)?.to_ascii_uppercase();
    let (_, length) = IBAN_LENGTHS.iter().find(|(known, _)| *known == country)?;
    let mut characters = Vec::with_capacity(*length);
    let mut end = start;
    for (at, char) in text[start..].char_indices() {
        match char {
            ' ' | '-' | '\u{a0}' if !characters.is_empty() => continue,
            _ if !char.is_ascii_alphanumeric() => break,
            _ => characters.push(char.to_ascii_uppercase()),
        }
        end = start + at + 1;
        if characters.len() == *length {
            break;
        }
    }
    let is_whole = characters.len() == *length && stands_alone(text, &(start..end));
    (is_whole && characters[2..4].iter().all(char::is_ascii_digit) && is_97(&characters)).then_some(end)
}

/// The check digits of ISO 13616.
fn is_97(characters: &[char]) -> bool {
    let moved = characters[4..].iter().chain(&characters[..4]);
    let rest = moved.filter_map(|char| char.to_digit(36)).fold(0_u32, |rest, value| {
        let shifted = if value > 9 { rest * 100 } else { rest * 10 };
        (shifted + value) % 97
    });
    rest == 1
}
