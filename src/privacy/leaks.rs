//! What looks as if it should not have been recorded, in any text.
//!
//! Held against check digits where there are any: a list of false alarms is read by nobody.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{checks, words};

/// Of an address so much is shown of what stands before and behind the sign.
const SHOWN_CHARS: usize = 2;

/// Kinds of what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named by what they are")]
pub enum Leak {
    Email,
    Card,
    Iban,
    Phone,
    Token,
    NationalId,
}

impl Leak {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Email, Self::Card, Self::Iban, Self::Phone, Self::Token, Self::NationalId];

    /// What the store calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Phone => "phone",
            Self::Token => "token",
            Self::NationalId => "national-id",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "E-mail address",
            Self::Card => "Card number",
            Self::Iban => "Bank account",
            Self::Phone => "Phone number",
            Self::Token => "Key or token",
            Self::NationalId => "National id",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

fn expression(text: &str) -> Regex {
    Regex::new(text).expect("the expressions of this file are right")
}

/// Web tokens, keys of well-known services, and private keys.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?x-u) eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]* | \b[sr]k_(?:live|test)_[0-9A-Za-z]{16,}
        | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b | \bgh[pousr]_[0-9A-Za-z]{30,} | \bgithub_pat_\w{30,}
        | \bxox[abprs]-[0-9A-Za-z-]{10,} | \bAIza[\w-]{35} | \bglpat-[\w-]{20,}
        | -----BEGIN\x20[A-Z\x20]*PRIVATE\x20KEY-----",
    )
});

type Proof = fn(&str) -> bool;

/// Each with what proves it.
static NATIONAL_IDS: LazyLock<[(Regex, Proof); 4]> = LazyLock::new(|| {
    [
        (expression(r"(?-u)\b[XYZ\d]\d{7}[A-Z]\b"), checks::is_dni as Proof),
        (expression(r"(?-u)\b\d{3}\.\d{3}\.\d{3}-\d{2}\b"), checks::is_cpf),
        (expression(r"(?-u)\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b"), checks::is_codice_fiscale),
        (expression(r"(?-u)\b[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}\b"), checks::is_nir),
    ]
});

/// Files, not addresses: `icon@2x.png`.
const FILE_ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js"];

/// All that is found in a text, in its order; parts do not overlap.
pub fn find(text: &str) -> Vec<(Range<usize>, Leak)> {
    let mut found: Vec<(Range<usize>, Leak)> = Vec::new();
    if memchr::memchr(b'@', text.as_bytes()).is_some() {
        let emails = words::EMAIL.find_iter(text).filter(|hit| !is_file(hit.as_str()));
        found.extend(emails.map(|hit| (hit.range(), Leak::Email)));
    }
    if text.len() >= 16 {
        found.extend(TOKEN.find_iter(text).map(|hit| (hit.range(), Leak::Token)));
    }
    if text.bytes().filter(u8::is_ascii_digit).take(6).count() == 6 {
        find_numbers(text, &mut found);
    }
    found.sort_by_key(|(part, _)| (part.start, std::cmp::Reverse(part.end)));
    let mut end = 0;
    found.retain(|(part, _)| {
        let is_apart = part.start >= end;
        end = end.max(part.end);
        is_apart
    });
    found
}

fn find_numbers(text: &str, found: &mut Vec<(Range<usize>, Leak)>) {
    let ibans = words::IBAN.find_iter(text).filter(|hit| checks::is_iban(hit.as_str()));
    found.extend(ibans.map(|hit| (hit.range(), Leak::Iban)));
    for (expression, proves) in NATIONAL_IDS.iter() {
        let hits = expression.find_iter(text).filter(|hit| proves(hit.as_str()));
        found.extend(hits.map(|hit| (hit.range(), Leak::NationalId)));
    }
    for hit in words::NUMBER.find_iter(text) {
        let is_part = |char: char| char.is_alphanumeric() || "_-./=".contains(char);
        let stands_alone = !text[..hit.start()].ends_with(is_part)
            && !text[hit.end()..].starts_with(|char: char| char.is_alphanumeric() || char == '_');
        let digits = checks::digits(hit.as_str());
        // In an address a number follows its name.
        let is_value = text[..hit.start()].ends_with(['=', '/']);
        if checks::is_card(&digits) && (stands_alone || is_value) {
            found.push((hit.range(), Leak::Card));
        } else if stands_alone && is_phone(hit.as_str(), digits.len()) {
            found.push((hit.range(), Leak::Phone));
        }
    }
}

/// International numbers, and national ones that are written as such.
fn is_phone(text: &str, digits: usize) -> bool {
    let is_grouped = text.contains([' ', '-', '(']);
    (text.starts_with('+') && (9..=15).contains(&digits))
        || (text.starts_with('0') && !text.starts_with("00") && is_grouped && (9..=13).contains(&digits))
}

fn is_file(address: &str) -> bool {
    address
        .rsplit_once('.')
        .is_some_and(|(_, ending)| FILE_ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// What is shown of a find: enough to know it again, too little to use it.
pub fn redacted(text: &str, kind: Leak) -> String {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    match (kind, text.split_once('@')) {
        (Leak::Email, Some((name, host))) => format!("{}…@{}…", cut(name, SHOWN_CHARS), cut(host, 1)),
        _ => format!("{}…", cut(text, SHOWN_CHARS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Leak> {
        find(text).into_iter().map(|(_, kind)| kind).collect()
    }

    #[test]
    fn what_proves_itself_is_found() {
        for (text, kind) in [
            ("write to ada@example.org.", Leak::Email),
            ("4111 1111 1111 1111", Leak::Card),
            ("/pay?card=4111111111111111", Leak::Card),
            ("DE89 3704 0044 0532 0130 00", Leak::Iban),
            ("+49 30 1234567", Leak::Phone),
            ("(030) 123", Leak::Phone),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc", Leak::Token),
            ("AKIAIOSFODNN7EXAMPLE", Leak::Token),
            ("DNI 12345678Z", Leak::NationalId),
            ("529.982.247-25", Leak::NationalId),
        ] {
            let expected: &[Leak] = if text == "(030) 123" { &[] } else { &[kind] };
            assert_eq!(kinds(text), expected, "{text}");
        }
    }

    #[test]
    fn ordinary_numbers_are_no_alarm() {
        for text in [
            "order 1234567",
            "1700000000000",
            "2026-01-31 10:00:00",
            "icon@2x.png",
            "DE00 3704 0044 0532 0130 00",
            "v1.2.3",
            "12345678A",
        ] {
            assert!(kinds(text).is_empty(), "{text}: {:?}", kinds(text));
        }
    }

    #[test]
    fn a_sample_is_of_no_use() {
        assert_eq!(redacted("ada@example.org", Leak::Email), "ad…@e…");
        assert_eq!(redacted("4111 1111 1111 1111", Leak::Card), "41…");
    }
}
