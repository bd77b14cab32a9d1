//! What texts have in them that is to be hidden, and texts without it.
//!
//! What is found here is what the recorder finds (`browser/recorder/privacy/text.ts`),
//! so what a recorder of today has masked already stays as it came.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::checks;
use super::leaks::{self, Leak};
use crate::model::text_rules::Kind;

/// A text is read again until nothing is left to hide: what was hidden may have stood
/// between a word and what made it none.
const MOST_ROUNDS: usize = 8;

pub(super) static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?-u)[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}"));
pub(super) static IBAN: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?-u)\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b"));
/// Phone, card and account numbers: many digits, perhaps in groups.
pub(super) static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?-u)\+?(?:\d[ ().-]{0,2}){8,}\d|\d{6,}"));
static DATE: LazyLock<Regex> = LazyLock::new(|| expression(r"(?-u)^\d{4}-\d\d-\d\d"));

fn expression(text: &str) -> Regex {
    Regex::new(text).expect("the expressions of this file are right")
}

/// Kinds of personal data, and words of one's own.
#[derive(Clone, Debug, Default)]
pub struct Words {
    pub(super) kinds: Vec<Kind>,
    pub(super) own: Option<Regex>,
    /// Whether all that a scan finds is looked for as well.
    pub(super) leaks: Vec<Leak>,
}

/// What was found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    Kind(Kind),
    Own,
    Leak(Leak),
}

impl Found {
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Own => "own",
            Self::Leak(leak) => leak.name(),
        }
    }
}

impl Words {
    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.own.is_none() && self.leaks.is_empty()
    }

    /// The same without what is a matter of taste: numbers that could be anything.
    pub(super) fn precise(&self) -> Self {
        let is_precise = |kind: &Kind| matches!(kind, Kind::Email | Kind::Card | Kind::Iban);
        let kinds = self.kinds.iter().copied().filter(is_precise).collect();
        Self { kinds, ..self.clone() }
    }

    /// The same without own words and all but these kinds.
    pub(super) fn only(&self, kinds: &[Kind]) -> Self {
        let kinds = self.kinds.iter().copied().filter(|kind| kinds.contains(kind)).collect();
        Self { kinds, own: None, leaks: self.leaks.clone() }
    }

    /// The text without what is looked for; each part that is hidden is told.
    pub(super) fn hide<'t>(&self, text: &'t str, mut told: impl FnMut(Found)) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        if self.is_empty() {
            return text;
        }
        for _ in 0..MOST_ROUNDS {
            let parts = self.find(&text);
            let mut hidden = String::new();
            let mut from = 0;
            for (part, found) in parts {
                if part.start < from || !text[part.clone()].contains(is_open) {
                    continue;
                }
                told(found);
                hidden.push_str(&text[from..part.start]);
                hidden.push_str(&asterisks(&text[part.clone()]));
                from = part.end;
            }
            if from == 0 {
                return text;
            }
            hidden.push_str(&text[from..]);
            text = Cow::Owned(hidden);
        }
        text
    }

    /// Where what is looked for stands, in its order; parts may overlap.
    fn find(&self, text: &str) -> Vec<(Range<usize>, Found)> {
        let mut parts: Vec<(Range<usize>, Found)> = Vec::new();
        let wants = |kind: Kind| self.kinds.contains(&kind);
        if wants(Kind::Email) && memchr::memchr(b'@', text.as_bytes()).is_some() {
            parts.extend(EMAIL.find_iter(text).map(|found| (found.range(), Found::Kind(Kind::Email))));
        }
        if text.bytes().any(|byte| byte.is_ascii_digit()) {
            if wants(Kind::Iban) {
                parts.extend(IBAN.find_iter(text).map(|found| (found.range(), Found::Kind(Kind::Iban))));
            }
            if [Kind::Card, Kind::Phone, Kind::Digits].into_iter().any(wants) {
                for found in NUMBER.find_iter(text) {
                    let kind = kind_of(found.as_str());
                    parts.extend(
                        kind.filter(|kind| wants(*kind)).map(|kind| (found.range(), Found::Kind(kind))),
                    );
                }
            }
        }
        if !self.leaks.is_empty() {
            let found = leaks::find(text).into_iter().filter(|(_, leak)| self.leaks.contains(leak));
            parts.extend(found.map(|(part, leak)| (part, Found::Leak(leak))));
        }
        if let Some(own) = &self.own {
            parts.extend(own.find_iter(text).map(|found| (found.range(), Found::Own)));
        }
        parts.sort_by_key(|(part, found)| (part.start, std::cmp::Reverse(part.end), *found));
        parts
    }
}

/// What a long number is. `None`: a date.
fn kind_of(number: &str) -> Option<Kind> {
    if checks::is_card(&checks::digits(number)) {
        return Some(Kind::Card);
    }
    if DATE.is_match(number) {
        return None;
    }
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
    Some(if is_plain { Kind::Digits } else { Kind::Phone })
}

/// Whether a character shows anything.
fn is_open(char: char) -> bool {
    char != '*' && !char.is_whitespace()
}

/// The text with everything that can be seen replaced.
pub(super) fn asterisks(text: &str) -> String {
    // As a browser counts, so that what the recorder masked is told from what it did not.
    let mut masked = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_whitespace() || char == '\u{feff}' {
            masked.push(char);
        } else {
            masked.extend(std::iter::repeat_n('*', char.len_utf16()));
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all() -> Words {
        Words { kinds: Kind::ALL.to_vec(), own: Regex::new("(?i)falcon|kd-[0-9]+").ok(), leaks: Vec::new() }
    }

    fn hidden(text: &str) -> (String, Vec<&'static str>) {
        let mut told = Vec::new();
        let hidden = all().hide(text, |found| told.push(found.name())).into_owned();
        (hidden, told)
    }

    #[test]
    fn what_looks_like_personal_data_is_hidden() {
        for (text, secret, kind) in [
            ("mail ada.l@example.org now", "ada.l@example.org", "email"),
            ("4111 1111 1111 1111", "4111 1111 1111 1111", "card"),
            ("DE89 3704 0044 0532 0130 00.", "DE89 3704 0044 0532 0130 00", "iban"),
            ("call +49 (30) 1234567", "+49 (30) 1234567", "phone"),
            ("order 1234567", "1234567", "digits"),
            ("the KD-7 of", "KD-7", "own"),
        ] {
            assert_eq!(hidden(text), (text.replace(secret, &asterisks(secret)), vec![kind]));
        }
        for open in ["2024-01-31", "12345", "user@host", "no. 7", "Preis 1.234,56"] {
            assert_eq!(hidden(open).0, open);
        }
    }

    proptest! {
        #[test]
        fn hiding_twice_hides_no_more(text in "[a-zA-Z0-9@.+ ()\u{e9}*DE-]{0,60}") {
            let once = hidden(&text).0;
            let (twice, told) = hidden(&once);
            prop_assert_eq!(&twice, &once);
            prop_assert!(told.is_empty(), "{:?}", told);
        }
    }
}
