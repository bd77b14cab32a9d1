//! Finds secrets in texts, in whatever way they are written there.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::Secret;
use super::views::{self, View};

/// Shorter secrets are hidden only where they are words of their own, in characters:
/// "May" is hidden, "maybe" is not.
const SHORT_CHARS: usize = 4;

/// A number has at least so many digits. It is found with any separators, or none.
const NUMBER_DIGITS: usize = 6;

/// The secrets of a session are fewer than this…
pub(super) const MOST_SECRETS: usize = 100_000;

/// …and shorter than this altogether, in bytes.
pub(super) const MOST_SECRET_BYTES: usize = 8 * 1024 * 1024;

/// A part of a text that is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub part: Range<usize>,
    /// The secret, among the hider's.
    pub secret: usize,
    /// Whether it stands in an address, where what replaces it needs percent signs.
    pub is_percent: bool,
}

/// All secrets of a session.
#[derive(Debug, Default)]
pub(super) struct Hider {
    secrets: Vec<Secret>,
    folded: Patterns,
    bare: Patterns,
}

/// Words to look for at once, and the secrets that they belong to.
#[derive(Debug, Default)]
struct Patterns {
    automaton: Option<AhoCorasick>,
    owners: Vec<usize>,
    short: Vec<bool>,
}

impl Patterns {
    fn new(words: HashMap<String, usize>) -> Self {
        let mut words: Vec<(String, usize)> = words.into_iter().collect();
        words.sort();
        let automaton = if words.is_empty() {
            None
        } else {
            let mut builder = AhoCorasick::builder();
            // For thousands of words any other form takes long to build.
            builder.kind(Some(AhoCorasickKind::ContiguousNFA));
            let built = builder.build(words.iter().map(|(word, _)| word));
            Some(built.expect("`MOST_SECRET_BYTES` is far below what an automaton can hold"))
        };
        let short = words.iter().map(|(word, _)| word.chars().count() < SHORT_CHARS).collect();
        Self { automaton, owners: words.into_iter().map(|(_, owner)| owner).collect(), short }
    }

    fn find(&self, view: &View, found: &mut Vec<Found>) {
        let Some(automaton) = &self.automaton else { return };
        for hit in automaton.find_overlapping_iter(&view.text) {
            let index = hit.pattern().as_usize();
            if self.short[index] && !is_word(&view.text, hit.range()) {
                continue;
            }
            found.push(Found {
                part: view.original(hit.range()),
                secret: self.owners[index],
                is_percent: view.is_percent,
            });
        }
    }
}

impl Hider {
    /// Hides these; what has no letter and no digit is left out.
    pub fn new(secrets: Vec<Secret>) -> Self {
        let (mut folded, mut bare) = (HashMap::new(), HashMap::new());
        for (owner, secret) in secrets.iter().enumerate() {
            for view in views::of(secret.value.trim()) {
                let word = view.text.trim();
                if word.contains(char::is_alphanumeric) {
                    folded.entry(word.to_owned()).or_insert(owner);
                }
                if is_number(word) {
                    bare.entry(view.bare().text).or_insert(owner);
                }
            }
        }
        Self { secrets, folded: Patterns::new(folded), bare: Patterns::new(bare) }
    }

    pub fn is_empty(&self) -> bool {
        self.folded.automaton.is_none()
    }

    pub fn secret(&self, index: usize) -> &Secret {
        &self.secrets[index]
    }

    /// Finds what is to be hidden in a text: parts that do not overlap, in their order.
    pub fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        if self.is_empty() {
            return found;
        }
        let has_number = self.bare.automaton.is_some()
            && text.bytes().filter(u8::is_ascii_digit).take(NUMBER_DIGITS).count() == NUMBER_DIGITS;
        for view in views::of(text) {
            self.folded.find(&view, &mut found);
            if has_number {
                self.bare.find(&view.bare(), &mut found);
            }
        }
        merged(found)
    }
}

/// Joins parts that overlap; what is longest says what is shown instead.
pub(super) fn merged(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| (found.part.start, std::cmp::Reverse(found.part.end), found.secret));
    let mut merged: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match merged.last_mut().filter(|last| next.part.start < last.part.end) {
            None => merged.push(next),
            Some(last) => {
                if next.part.len() > last.part.len() {
                    last.secret = next.secret;
                }
                last.part.end = last.part.end.max(next.part.end);
            }
        }
    }
    merged
}

/// Whether it is a number that people write with spaces or dashes, or without.
fn is_number(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|char| char.is_alphabetic()).count();
    let is_plain = |char: char| char.is_alphanumeric() || " -./()+".contains(char);
    digits >= NUMBER_DIGITS && letters < digits && word.chars().all(is_plain)
}

fn is_word(text: &str, part: Range<usize>) -> bool {
    let before = text[..part.start].chars().next_back();
    let after = text[part.end..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(secrets: &[&str], text: &str) -> Vec<String> {
        let secrets = secrets.iter().map(|value| Secret {
            value: (*value).to_owned(),
            with: String::new(),
            kind: String::new(),
        });
        let hider = Hider::new(secrets.collect());
        hider.find(text).into_iter().map(|found| text[found.part].to_owned()).collect()
    }

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let mail = ["Bob.Ray@example.com"];
        assert_eq!(hidden(&mail, "mail BOB.ray@example.COM now"), ["BOB.ray@example.COM"]);
        assert_eq!(hidden(&mail, "/?m=bob.ray%40example.com&x"), ["bob.ray%40example.com"]);
        assert_eq!(hidden(&mail, "bob.ray&#64;example<wbr>.com"), ["bob.ray&#64;example<wbr>.com"]);
        let card = ["4111 1111 1111 1111"];
        for written in ["4111111111111111", "4111-1111-1111-1111", "4111\u{a0}1111 <b>1111</b> 1111"] {
            assert_eq!(hidden(&card, &format!("a {written}, b")), [written]);
        }
        assert_eq!(hidden(&["Müller-Lüdenscheidt"], "MÜLLER-LÜDENSCHEIDT"), ["MÜLLER-LÜDENSCHEIDT"]);
        assert_eq!(hidden(&["Nonesuch Lane 477"], "Nonesuch\n  Lane 477"), ["Nonesuch\n  Lane 477"]);
    }

    #[test]
    fn short_secrets_are_words_and_punctuation_is_none() {
        assert_eq!(hidden(&["May"], "May maybe dismay, may."), ["May", "may"]);
        assert_eq!(hidden(&["846"], "CVC 846, EUR 18460"), ["846"]);
        assert!(hidden(&["", " ", "--"], "a -- b").is_empty());
    }

    #[test]
    fn what_overlaps_is_hidden_once() {
        assert_eq!(hidden(&["abcdef", "defghi", "cdef"], "xabcdefghiy abcdef"), ["abcdefghi", "abcdef"]);
    }
}
