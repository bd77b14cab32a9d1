//! A cursor over JSON text: checks the grammar of RFC 8259 and finds spans.
//!
//! It keeps no tree and does not recurse over what it skips, so its memory is one
//! byte for each open array or object, up to a limit. Strings may hold lone
//! surrogate escapes, which real pages emit and the RFC allows; they stay as they
//! are. What values mean is not decided here.

use std::borrow::Cow;

use super::{blocks, text};

/// Why the text is not acceptable JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The grammar is broken at this byte.
    Syntax {
        /// Offset from the start of the text.
        at: usize,
    },
    /// More arrays and objects stand inside each other than allowed.
    TooDeep,
}

/// Walks JSON text from value to value.
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// The closing byte of each array and object that is open, outermost first.
    open: Vec<u8>,
    max_depth: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str, max_depth: usize) -> Self {
        Self { text, at: 0, open: Vec::new(), max_depth }
    }

    /// How far the cursor has come, in bytes.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The first byte of the value that comes next, past white space.
    pub fn peek(&mut self) -> Result<u8, Error> {
        self.skip_space();
        if self.at < self.text.len() { Ok(self.byte()) } else { Err(self.syntax()) }
    }

    /// Skips one value and returns its text.
    pub fn value(&mut self) -> Result<&'a str, Error> {
        self.skip_space();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// Visits the fields of an object. The visitor gets each key as it is read, without
    /// its escapes, and must consume exactly the value.
    pub fn object<E: From<Error>>(
        &mut self,
        mut visit: impl FnMut(&str, &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'{', b'}')?;
        if self.leave_if_closed() {
            return Ok(());
        }
        loop {
            let key = self.key()?;
            visit(&key, self)?;
            if self.leave_or_comma()? {
                return Ok(());
            }
        }
    }

    /// Visits the elements of an array. The visitor must consume exactly the element.
    pub fn array<E: From<Error>>(
        &mut self,
        mut visit: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'[', b']')?;
        if self.leave_if_closed() {
            return Ok(());
        }
        loop {
            visit(self)?;
            if self.leave_or_comma()? {
                return Ok(());
            }
        }
    }

    /// Nothing but white space may follow.
    pub fn end(&mut self) -> Result<(), Error> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { Err(self.syntax()) }
    }

    /// Skips one value: many bytes at once where that is known to be right.
    fn skip(&mut self) -> Result<(), Error> {
        if matches!(self.byte(), b'{' | b'[') {
            let max_depth = self.max_depth - self.open.len();
            if let Some(end) = blocks::end_of_container(self.text.as_bytes(), self.at, max_depth) {
                self.at = end;
                return Ok(());
            }
        }
        self.skip_by_bytes()
    }

    /// Skips one value byte by byte, however deep, without recursion.
    pub(super) fn skip_by_bytes(&mut self) -> Result<(), Error> {
        let outside = self.open.len();
        loop {
            self.skip_space();
            match self.byte() {
                b'"' => {
                    self.pass_string()?;
                }
                b'{' => {
                    self.open_container(b'}')?;
                    if !self.leave_if_closed() {
                        self.pass_key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.open_container(b']')?;
                    if !self.leave_if_closed() {
                        continue;
                    }
                }
                b't' => self.literal("true")?,
                b'f' => self.literal("false")?,
                b'n' => self.literal("null")?,
                _ => self.number()?,
            }
            if self.leave_up_to(outside)? {
                return Ok(());
            }
        }
    }

    /// After a value: leaves what closes here. True when no more than `outside` is open,
    /// false at the next value.
    #[inline]
    fn leave_up_to(&mut self, outside: usize) -> Result<bool, Error> {
        while self.open.len() > outside {
            self.skip_space();
            let byte = self.byte();
            let closing = self.open.last().copied().unwrap_or_default();
            if byte == b',' {
                self.at += 1;
                if closing == b'}' {
                    self.pass_key()?;
                }
                return Ok(false);
            }
            if byte != closing {
                return Err(self.syntax());
            }
            self.at += 1;
            self.open.pop();
        }
        Ok(true)
    }

    fn enter(&mut self, opening: u8, closing: u8) -> Result<(), Error> {
        self.skip_space();
        if self.byte() != opening {
            return Err(self.syntax());
        }
        self.open_container(closing)
    }

    /// Passes the byte that opens a container.
    #[inline]
    fn open_container(&mut self, closing: u8) -> Result<(), Error> {
        if self.open.len() == self.max_depth {
            return Err(Error::TooDeep);
        }
        self.at += 1;
        self.open.push(closing);
        Ok(())
    }

    #[inline]
    fn leave_if_closed(&mut self) -> bool {
        self.skip_space();
        let closed = self.open.last() == Some(&self.byte());
        if closed {
            self.at += 1;
            self.open.pop();
        }
        closed
    }

    /// After a value: true when its container closed, false when another value follows.
    fn leave_or_comma(&mut self) -> Result<bool, Error> {
        if self.leave_if_closed() {
            return Ok(true);
        }
        self.expect(b',').map(|()| false)
    }

    fn key(&mut self) -> Result<Cow<'a, str>, Error> {
        self.skip_space();
        let start = self.at + 1;
        let escapes = self.pass_string()?;
        let written = &self.text[start..self.at - 1];
        self.skip_space();
        self.expect(b':')?;
        Ok(if escapes { text::text_of_key(written) } else { Cow::Borrowed(written) })
    }

    #[inline]
    fn pass_key(&mut self) -> Result<(), Error> {
        self.skip_space();
        self.pass_string()?;
        self.skip_space();
        self.expect(b':')
    }

    /// Passes a string with its quotes, and says whether there are escapes in it.
    #[inline]
    fn pass_string(&mut self) -> Result<bool, Error> {
        self.expect(b'"')?;
        let mut escapes = false;
        loop {
            self.at = special_from(self.text.as_bytes(), self.at);
            match self.byte() {
                b'"' => break,
                b'\\' => {
                    self.escape()?;
                    escapes = true;
                }
                _ => return Err(self.syntax()),
            }
        }
        self.at += 1;
        Ok(escapes)
    }

    fn escape(&mut self) -> Result<(), Error> {
        self.at += 1;
        match self.byte() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                let digits = self.text.as_bytes().get(self.at + 1..self.at + 5);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.syntax());
                }
                self.at += 5;
            }
            _ => return Err(self.syntax()),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Error> {
        self.pass(b"-");
        match self.byte() {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.pass(b".") {
            self.digits()?;
        }
        if self.pass(b"eE") {
            self.pass(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(self.syntax()) } else { Ok(()) }
    }

    fn literal(&mut self, word: &str) -> Result<(), Error> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.syntax());
        }
        self.at += word.len();
        Ok(())
    }

    fn pass(&mut self, any_of: &[u8]) -> bool {
        let found = any_of.contains(&self.byte());
        self.at += usize::from(found);
        found
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Result<(), Error> {
        if self.byte() != wanted {
            return Err(self.syntax());
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// The byte that comes next. At the end it is 0, which JSON has nowhere.
    #[inline]
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn syntax(&self) -> Error {
        Error::Syntax { at: self.at }
    }
}

/// Where, from `at` on, the next byte stands that does not mean itself in a string: a
/// quote, a backslash or a control character; the end if there is none.
#[inline]
fn special_from(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += word.len();
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| is_plain(**byte)).count()
}

fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// Marks the lowest of eight bytes that is not plain by its highest bit. Bytes above
/// it may be marked wrongly, since a subtraction borrows from them.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let zero_in = |word: u64| word.wrapping_sub(ONES) & !word;
    let quote = zero_in(word ^ (ONES * b'"' as u64));
    let backslash = zero_in(word ^ (ONES * b'\\' as u64));
    (below_space | quote | backslash) & HIGH
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, max_depth: usize) -> Result<(), Error> {
        let mut cursor = Cursor::new(text, max_depth);
        cursor.value()?;
        cursor.end()
    }

    #[test]
    fn what_the_grammar_allows_passes() {
        for good in [
            "0",
            "-0.5e+10",
            "\"\"",
            "\"\\ud83d\"",
            "\"\\u0000\\\"\\/\"",
            "[]",
            "{}",
            " [ 1 , {\"a\" : [ ] } ] ",
            "[true,false,null]",
            "{\"a\":1,\"a\":2}",
            "1e400",
        ] {
            assert_eq!(check(good, 8), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_the_grammar_forbids_does_not() {
        for bad in [
            "",
            " ",
            "NaN",
            "Infinity",
            "+1",
            "01",
            "1.",
            ".5",
            "0x10",
            "1e",
            "'a'",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "{a:1}",
            "{\"a\"}",
            "{1:2}",
            "[1}",
            "{\"a\":1]",
            "[",
            "\"",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "nul",
            "1 1",
            "[]]",
            "// c\n1",
        ] {
            assert!(matches!(check(bad, 8), Err(Error::Syntax { .. })), "{bad}");
        }
    }

    #[test]
    fn depth_is_bounded_without_recursion() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(check(&nested(8), 8), Ok(()));
        assert_eq!(check(&nested(9), 8), Err(Error::TooDeep));
        assert_eq!(check(&nested(1_000_000), 1_000_000), Ok(()));
        assert_eq!(check(&"[".repeat(1_000_000), 8), Err(Error::TooDeep));
    }

    pub(in super::super) fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn plain_bytes_are_counted_in_words_as_one_by_one(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let one_by_one = bytes.iter().take_while(|byte| is_plain(**byte)).count();
            prop_assert_eq!(special_from(&bytes, 0), one_by_one);
        }

        #[test]
        fn all_that_serde_json_writes_is_accepted(value in any_json()) {
            prop_assert_eq!(check(&value.to_string(), 64), Ok(()));
        }

        #[test]
        fn it_accepts_exactly_what_serde_json_accepts(value in any_json(), at in any::<prop::sample::Index>(), byte in 0x20_u8..0x7f) {
            let mut text = value.to_string().into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            if let Ok(text) = String::from_utf8(text) {
                let accepted = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
                prop_assert_eq!(check(&text, 64).is_ok(), accepted, "{}", text);
            }
        }
    }
}
