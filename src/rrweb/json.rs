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
    /// Whether the innermost container was entered by hand and nothing of it was read yet.
    fresh: bool,
    max_depth: usize,
}

impl<'a> Cursor<'a> {
    /// Stands before the text's one value; containers deeper than `max_depth` are refused.
    pub fn new(text: &'a str, max_depth: usize) -> Self {
        Self { text, at: 0, open: Vec::new(), fresh: false, max_depth }
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

    /// Enters an object by hand, for callers that cannot nest: what follows is
    /// [`Self::next_key`] and a value in turns, until there is no key.
    pub fn enter_object(&mut self) -> Result<(), Error> {
        self.fresh = true;
        self.enter(b'{', b'}')
    }

    /// The next key of the object that was entered, without its escapes; its value comes
    /// next. Leaves the object where there is none.
    #[inline]
    pub fn next_key(&mut self) -> Result<Option<Cow<'a, str>>, Error> {
        if self.goes_on()? { self.key().map(Some) } else { Ok(None) }
    }

    /// Enters an array by hand: what follows is [`Self::next_element`] and a value in turns.
    pub fn enter_array(&mut self) -> Result<(), Error> {
        self.fresh = true;
        self.enter(b'[', b']')
    }

    /// Whether another element of the array that was entered comes next. Leaves the array
    /// where none does.
    #[inline]
    pub fn next_element(&mut self) -> Result<bool, Error> {
        self.goes_on()
    }

    /// Passes to the next item of the innermost container, or leaves it.
    #[inline]
    fn goes_on(&mut self) -> Result<bool, Error> {
        if self.leave_if_closed() {
            self.fresh = false;
            return Ok(false);
        }
        if !std::mem::take(&mut self.fresh) {
            self.expect(b',')?;
        }
        Ok(true)
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
        Ok(if escapes { text::text_of_written(written) } else { Cow::Borrowed(written) })
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
pub(super) mod tests;
