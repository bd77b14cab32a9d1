//! JSON that has been checked before, as a flat row of tokens.
//!
//! Pages nest their elements tens of thousands deep, so what reads nodes must not
//! recurse. The tokens are read one after the other, without a stack; keeping track of
//! what is open is the reader's. On JSON that is broken the row ends early or makes no
//! sense, but reading it never fails.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

use super::text;

/// A part of a text, in bytes. Half the size of a `Range<usize>`, since pages have many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// Where it begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

impl Part {
    /// The part between two places; what is beyond 4 GiB is not there.
    pub fn new(start: usize, end: usize) -> Self {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: short(start), end: short(end) }
    }

    /// The same as a range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The text there; "" when there is none.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }

    /// Whether nothing is there.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// One token of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `}` or `]`
    Close,
    /// What stands between the quotes of a key.
    Key(Part),
    /// What stands between the quotes of a string.
    Text(Part),
    /// A number, `true`, `false` or `null`.
    Other(Part),
}

/// Reads tokens, one after the other.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Starts at a byte of the JSON, which must be between two tokens.
    pub fn new(json: &'a str, at: usize) -> Self {
        Self { json, at }
    }

    /// How far has been read, in bytes.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Passes the value that comes next, however deep.
    pub fn skip_value(&mut self) {
        if matches!(self.next(), Some(Token::Object | Token::Array)) {
            self.skip_rest();
        }
    }

    /// Passes the rest of the object or array whose opening token was read last.
    pub fn skip_rest(&mut self) {
        let mut open = 1_usize;
        for token in self.by_ref() {
            match token {
                Token::Object | Token::Array => open += 1,
                Token::Close => open -= 1,
                Token::Key(_) | Token::Text(_) | Token::Other(_) => {}
            }
            if open == 0 {
                return;
            }
        }
    }

    fn string(&mut self) -> Part {
        let bytes = self.json.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        loop {
            let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) else {
                self.at = bytes.len();
                return Part::new(start.min(bytes.len()), bytes.len());
            };
            at += found;
            if bytes[at] == b'"' {
                self.at = at + 1;
                return Part::new(start, at);
            }
            at += 2;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// Passes what stands between tokens: white space, and signs if they may stand there.
    #[inline]
    fn pass_gap(&mut self, has_signs: bool) {
        while let Some(byte) = self.byte()
            && (matches!(byte, b' ' | b'\n' | b'\r' | b'\t') || has_signs && matches!(byte, b',' | b':'))
        {
            self.at += 1;
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        self.pass_gap(true);
        let start = self.at;
        let token = match self.byte()? {
            b'{' => Token::Object,
            b'[' => Token::Array,
            b'}' | b']' => Token::Close,
            b'"' => {
                let part = self.string();
                self.pass_gap(false);
                return Some(if self.byte() == Some(b':') { Token::Key(part) } else { Token::Text(part) });
            }
            _ => {
                let end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
                let rest = &self.json.as_bytes()[start..];
                self.at += rest.iter().position(end).unwrap_or(rest.len());
                return Some(Token::Other(Part::new(start, self.at)));
            }
        };
        self.at += 1;
        Some(token)
    }
}

/// What stands between the quotes of a JSON string as people read it; lone surrogates
/// become U+FFFD.
pub fn unescaped(inside: &str) -> Cow<'_, str> {
    // Most are short, as keys are: no call pays for them.
    let escapes =
        if inside.len() < 16 { inside.bytes().any(|byte| byte == b'\\') } else { inside.contains('\\') };
    if escapes { text::text_of_written(inside) } else { Cow::Borrowed(inside) }
}

/// Where, between the quotes of a JSON string, a part of its text as people read it is
/// written. A part must begin and end between two characters.
pub fn written(inside: &str, text: Range<usize>) -> Range<usize> {
    if !inside.contains('\\') {
        return text;
    }
    let (mut read, mut at) = (0, 0);
    let (mut start, mut end) = (inside.len(), inside.len());
    while at < inside.len() {
        if read == text.start {
            start = start.min(at);
        }
        if read >= text.end {
            end = at;
            break;
        }
        let (written, long) = char_at(&inside[at..]);
        at += written;
        read += long;
    }
    start.min(end)..end
}

/// How many bytes the next character takes as it is written, and as it is read.
fn char_at(rest: &str) -> (usize, usize) {
    let unit = |from: usize| {
        let digits = rest.get(from..)?.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    match unit(0) {
        Some(0xd800..0xdc00) if unit(6).is_some_and(|low| (0xdc00..0xe000).contains(&low)) => (12, 4),
        Some(unit) => (6, char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER).len_utf8()),
        None => {
            let escape = usize::from(rest.starts_with('\\'));
            let long = rest[escape..].chars().next().map_or(1, char::len_utf8);
            ((escape + long).min(rest.len()), long)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_texts_and_the_rest_are_told_apart() {
        let json = r#" {"a" : [1,"b\"", {"c":null}], "d":"e"} "#;
        let tokens: Vec<String> = Tokens::new(json, 0)
            .map(|token| match token {
                Token::Object => "{".to_owned(),
                Token::Array => "[".to_owned(),
                Token::Close => "!".to_owned(),
                Token::Key(part) => format!("{}:", part.of(json)),
                Token::Text(part) | Token::Other(part) => part.of(json).to_owned(),
            })
            .collect();
        assert_eq!(tokens, ["{", "a:", "[", "1", r#"b\""#, "{", "c:", "null", "!", "!", "d:", "e", "!"]);
    }

    #[test]
    fn a_value_is_passed_whole() {
        let json = r#"{"a":{"b":[1,{"c":"d"}]},"e":2}"#;
        let mut tokens = Tokens::new(json, 0);
        assert_eq!((tokens.next(), tokens.next().is_some()), (Some(Token::Object), true));
        tokens.skip_value();
        assert!(matches!(tokens.next(), Some(Token::Key(key)) if key.of(json) == "e"));
    }

    #[test]
    fn a_part_of_a_text_is_found_where_it_is_written() {
        let inside = r"a\u00e9\ud83d\ude00\n\ud83d-z";
        let text = unescaped(inside);
        assert_eq!(text, "aé😀\n\u{fffd}-z");
        let written_of = |wanted: &str| {
            let at = text.find(wanted).expect("it is there");
            &inside[written(inside, at..at + wanted.len())]
        };
        assert_eq!(written_of("😀\n"), r"\ud83d\ude00\n");
        assert_eq!(written_of("\u{fffd}-"), r"\ud83d-");
        assert_eq!((written_of("aé"), written_of("z")), (r"a\u00e9", "z"));
    }

    proptest! {
        #[test]
        fn broken_json_is_read_without_failing(json in any::<String>(), at in 0..20_usize) {
            let mut tokens = Tokens::new(&json, at.min(json.len()));
            tokens.clone().skip_value();
            prop_assert!(tokens.by_ref().count() <= json.len());
            prop_assert!(tokens.at() <= json.len());
        }

        #[test]
        fn every_character_is_found_where_it_is_written(text in any::<String>()) {
            let json = serde_json::Value::from(text.clone()).to_string();
            let inside = &json[1..json.len() - 1];
            for (at, char) in text.char_indices() {
                let written = &inside[written(inside, at..at + char.len_utf8())];
                prop_assert_eq!(unescaped(written).chars().collect::<Vec<_>>(), [char]);
            }
        }
    }
}
