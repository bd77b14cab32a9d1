//! Signs of secrets, found in JSON that nobody has read: whether there may be one.
//!
//! Where nothing is hidden but secrets, most of what is recorded holds none, and reading all
//! of it as a page would cost more than all the rest of an upload. So the words that secrets
//! are known by are looked for in all bytes at once, and of each that is found it is asked
//! whether it stands where it counts: a style sheet that speaks of tokens holds none.
//! In doubt it is yes.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::packed::{MatchKind, Searcher};
use memchr::{memmem, memrchr};

/// Lower-case bytes are compared; so many are made at a time.
const WINDOW: usize = 8 * 1024;

/// A parameter's name is looked for this far around a word in it, in bytes.
const LONGEST_NAME: usize = 1024;

/// Where there are more, all that follows is taken to be full of them.
const MOST_SIGNS: usize = 4096;

/// Where a word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// In attributes that say what a field is for, and in names of an address's parameters.
    OfFields,
    /// In the name of a `meta` element.
    InNames,
    /// In a class.
    InClasses,
}

/// The words, in lower case.
const SIGNS: [(&str, Counts); 21] = [
    ("\"password", Counts::OfFields),
    ("\"hidden\"", Counts::OfFields),
    ("cc-", Counts::OfFields),
    ("one-time-code", Counts::OfFields),
    ("-password", Counts::OfFields),
    ("passw", Counts::OfFields),
    ("pwd", Counts::OfFields),
    ("card-num", Counts::OfFields),
    ("cardnum", Counts::OfFields),
    ("passcode", Counts::OfFields),
    ("cvc", Counts::OfFields),
    ("cvv", Counts::OfFields),
    ("otp", Counts::OfFields),
    ("rr-mask", Counts::InClasses),
    ("rr-block", Counts::InClasses),
    ("rr-ignore", Counts::InClasses),
    ("csrf", Counts::InNames),
    ("xsrf", Counts::InNames),
    ("token", Counts::InNames),
    ("nonce", Counts::InNames),
    ("verif", Counts::InNames),
];

/// One less than the longest of them: a word may begin in one window and end in the next.
const OVERLAP: usize = 12;

/// Finds them all in one go. `None` on processors that cannot.
static SEARCHER: LazyLock<Option<Searcher>> = LazyLock::new(|| {
    let words = SIGNS.iter().map(|(word, _)| word);
    aho_corasick::packed::Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(words).build()
});

/// Where signs stand in a piece of JSON, such as a batch.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// In their order.
    signs: Vec<Sign>,
    /// From here on nothing is known.
    known_to: usize,
}

/// A word that counts where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    /// Its first byte.
    pub at: usize,
    /// Whether it stands in a text of the page, which is no attribute.
    pub is_in_text: bool,
}

impl Signs {
    /// Finds them. `None` on processors that cannot.
    pub fn find(json: &str) -> Option<Self> {
        let searcher = SEARCHER.as_ref()?;
        let bytes = json.as_bytes();
        let mut found = Self { signs: Vec::new(), known_to: bytes.len() };
        let mut lower = [0; WINDOW];
        let (mut from, mut string) = (0, None);
        while from < bytes.len() {
            let part = &bytes[from..bytes.len().min(from + WINDOW)];
            let lower = &mut lower[..part.len()];
            for (lower, byte) in lower.iter_mut().zip(part) {
                *lower = byte.to_ascii_lowercase();
            }
            for word in searcher.find_iter(&*lower) {
                let (_, counts) = SIGNS[word.pattern().as_usize()];
                let place = Place::of(bytes, from + word.start(), from + word.end(), &mut string);
                if !place.counts(counts) {
                    continue;
                }
                if found.signs.len() == MOST_SIGNS {
                    found.known_to = place.start;
                    return Some(found.in_order());
                }
                found.signs.push(Sign { at: place.start, is_in_text: place.is_in_text() });
            }
            from += if part.len() == WINDOW { WINDOW - OVERLAP } else { part.len() };
        }
        Some(found.in_order())
    }

    /// Where windows overlap, what stands there is found twice, and a long word after a
    /// short one that ends before it.
    fn in_order(mut self) -> Self {
        self.signs.sort_unstable_by_key(|sign| sign.at);
        self.signs.dedup();
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.signs.is_empty()
    }

    /// Those of a part of the JSON, counted from where it begins. `None`: not all are known.
    pub fn within(&self, part: Range<usize>) -> Option<impl Iterator<Item = Sign> + Clone + use<'_>> {
        let from = self.signs.partition_point(|sign| sign.at < part.start);
        let until = self.signs.partition_point(|sign| sign.at < part.end);
        let signs = self.signs[from..until].iter();
        (part.end <= self.known_to).then(|| signs.map(move |sign| Sign { at: sign.at - part.start, ..*sign }))
    }
}

/// Where a word stands.
struct Place<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
    /// Where the string that it is in begins, behind the quote.
    string: usize,
}

impl<'a> Place<'a> {
    /// `before` is where the word before was found, and where its string begins.
    fn of(bytes: &'a [u8], start: usize, end: usize, before: &mut Option<(usize, usize)>) -> Self {
        // Some words have the quote with them.
        let inside = start + usize::from(bytes[start] == b'"' && !is_escaped(bytes, start));
        // What stands where windows overlap is found twice.
        let (known_to, known) = before.filter(|(known_to, _)| *known_to <= inside).unwrap_or_default();
        let string = opening_quote(bytes, known_to, inside).map_or(known, |quote| quote + 1);
        *before = Some((inside, string));
        Self { bytes, start: inside, end, string }
    }

    fn counts(&self, counts: Counts) -> bool {
        let Some(key) = self.key() else {
            return counts == Counts::OfFields && self.may_be_a_key_that_counts();
        };
        let is = |names: &[&str]| names.iter().any(|name| key.eq_ignore_ascii_case(name.as_bytes()));
        // What is written with escapes could be any key.
        key.contains(&b'\\')
            || match counts {
                Counts::OfFields => {
                    is(&["type", "autocomplete", "name", "id"]) || self.is_in_a_parameters_name()
                }
                Counts::InNames => is(&["name"]),
                Counts::InClasses => is(&["class"]),
            }
    }

    /// Whether it stands in what rrweb recorded of a text or a comment.
    fn is_in_text(&self) -> bool {
        self.key() == Some(b"textContent")
    }

    /// The key whose value the string is. `None` of a string that is a key, or in an array.
    fn key(&self) -> Option<&'a [u8]> {
        let before = self.bytes.get(..self.string.checked_sub(1)?)?.trim_ascii_end();
        let before = before.strip_suffix(b":")?.trim_ascii_end().strip_suffix(b"\"")?;
        Some(&before[memrchr(b'"', before)? + 1..])
    }

    /// rrweb leaves a mark on fields that were for passwords; addresses may stand in arrays.
    fn may_be_a_key_that_counts(&self) -> bool {
        let string = &self.bytes[self.string..];
        string.starts_with(b"data-rr-") || self.is_in_a_parameters_name()
    }

    /// Whether it is in the `name` of `?name=value`, as far as can be told from around it.
    fn is_in_a_parameters_name(&self) -> bool {
        let behind = &self.bytes[self.end..self.bytes.len().min(self.end + LONGEST_NAME)];
        let before = &self.bytes[self.string.max(self.start.saturating_sub(LONGEST_NAME))..self.start];
        if !is_followed_by_value(behind) {
            return false;
        }
        let sign = before.iter().rposition(|byte| is_sign(*byte));
        let name = &before[sign.map_or(0, |sign| sign + 1)..];
        // What is written with an escape could be a sign.
        memmem::find(name, b"\\u").is_some()
            || sign.map_or(before.len() == LONGEST_NAME, |sign| before[sign] != b'=')
    }
}

/// The signs that stand around the parts of an address.
fn is_sign(byte: u8) -> bool {
    matches!(byte, b'=' | b'?' | b'&' | b';' | b'#')
}

/// Whether of the signs in the rest of a string `=` comes first. In doubt it does.
fn is_followed_by_value(rest: &[u8]) -> bool {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => return false,
            b'\\' if rest.get(at + 1) == Some(&b'u') => return true,
            b'\\' => at += 1,
            byte if is_sign(*byte) => return *byte == b'=',
            _ => {}
        }
        at += 1;
    }
    true
}

/// The last quote between two places that opens a string, where the second is in a string.
fn opening_quote(bytes: &[u8], from: usize, mut until: usize) -> Option<usize> {
    loop {
        let quote = from + memrchr(b'"', bytes.get(from..until)?)?;
        if !is_escaped(bytes, quote) {
            return Some(quote);
        }
        until = quote;
    }
}

/// Whether an odd number of backslashes stands before a place.
fn is_escaped(bytes: &[u8], at: usize) -> bool {
    bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}
