//! What the rules share: parts of a text, and a first look that rules most texts out.

use std::ops::Range;

use hindsight_plugin::Span;

/// A part of a text that must be hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: &'static str,
}

impl Found {
    /// The part itself.
    pub fn text<'a>(&self, span: &'a Span) -> &'a str {
        &span.text[self.range.clone()]
    }

    /// Whether the two have a byte in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.range.start < other.range.end && other.range.start < self.range.end
    }
}

/// A word without a gap that is shorter than this is no token.
const LONG_WORD: usize = 16;

/// What one pass over a text tells: most texts need no second one.
#[derive(Debug, Default)]
pub struct Traits {
    /// An "@", plain or encoded.
    pub at_sign: bool,
    /// How many digits there are.
    pub digits: usize,
    /// Whether there is an "=", a colon or a "tel:" that names a value.
    pub parameters: bool,
    /// Whether some word is long enough for a token, or a key's header may stand here.
    pub long_word: bool,
}

impl Traits {
    /// Looks once.
    pub fn of(text: &str) -> Self {
        let mut traits = Self::default();
        let mut word = 0;
        for byte in text.bytes() {
            match byte {
                b'@' | b'%' => traits.at_sign = true,
                b'0'..=b'9' => traits.digits += 1,
                b'=' | b':' => traits.parameters = true,
                _ => {}
            }
            word = if byte.is_ascii_whitespace() { 0 } else { word + 1 };
            traits.long_word |= word >= LONG_WORD;
        }
        traits.long_word |= text.contains("PRIVATE KEY");
        traits
    }
}

/// Whether a part stands alone: no letter or digit touches it.
pub fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

/// The last bytes before a place, some 40 of them, in lower case.
pub fn before(text: &str, at: usize) -> String {
    const REACH: usize = 40;
    let start = text.floor_char_boundary(at.saturating_sub(REACH));
    text[start..at].to_lowercase()
}

/// A name without what people spell differently: "API-Key" and "api_key" are the same.
pub fn plain_name(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Maximal runs of bytes for which `is_part` holds.
pub fn runs(text: &str, is_part: impl Fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| is_part(*byte))?;
        let length = bytes[start..].iter().position(|byte| !is_part(*byte));
        at = length.map_or(bytes.len(), |length| start + length);
        Some(start..at)
    })
}
