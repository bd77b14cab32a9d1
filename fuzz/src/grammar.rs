//! JSON by RFC 8259, read byte by byte and by recursion: the twin of the cursor.
//!
//! It says what is wrong first, in the order of the text, and keeps nothing.

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is no JSON.
    Syntax,
    /// More arrays and objects stand inside each other than allowed.
    TooDeep,
}

/// Whether a text is one JSON value in which at most `limit` arrays and objects stand
/// inside each other.
pub fn check(text: &str, limit: usize) -> Result<(), Wrong> {
    let mut reader = Reader { rest: text.as_bytes() };
    reader.value(limit)?;
    reader.space();
    if reader.rest.is_empty() { Ok(()) } else { Err(Wrong::Syntax) }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn value(&mut self, levels: usize) -> Result<(), Wrong> {
        self.space();
        match self.rest.first() {
            Some(b'[') => self.container(b']', levels, Self::value),
            Some(b'{') => self.container(b'}', levels, Self::member),
            Some(b'"') => self.string(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn container(
        &mut self,
        end: u8,
        levels: usize,
        item: fn(&mut Self, usize) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        let inside = levels.checked_sub(1).ok_or(Wrong::TooDeep)?;
        self.next();
        self.space();
        if self.take(&[end]) {
            return Ok(());
        }
        loop {
            item(self, inside)?;
            self.space();
            match self.next() {
                Some(b',') => {}
                Some(byte) if byte == end => return Ok(()),
                _ => return Err(Wrong::Syntax),
            }
        }
    }

    fn member(&mut self, levels: usize) -> Result<(), Wrong> {
        self.space();
        self.string()?;
        self.space();
        self.word(b":")?;
        self.value(levels)
    }

    fn string(&mut self) -> Result<(), Wrong> {
        self.word(b"\"")?;
        loop {
            match self.next().ok_or(Wrong::Syntax)? {
                b'"' => return Ok(()),
                b'\\' => match self.next().ok_or(Wrong::Syntax)? {
                    b'u' => {
                        for _ in 0..4 {
                            self.next().filter(u8::is_ascii_hexdigit).ok_or(Wrong::Syntax)?;
                        }
                    }
                    byte if b"\"\\/bfnrt".contains(&byte) => {}
                    _ => return Err(Wrong::Syntax),
                },
                0..0x20 => return Err(Wrong::Syntax),
                _ => {}
            }
        }
    }

    fn number(&mut self) -> Result<(), Wrong> {
        self.take(b"-");
        if !self.take(b"0") {
            self.digits()?;
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"eE") {
            self.take(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Wrong> {
        let mut any = false;
        while self.take(b"0123456789") {
            any = true;
        }
        if any { Ok(()) } else { Err(Wrong::Syntax) }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Wrong> {
        self.rest = self.rest.strip_prefix(word).ok_or(Wrong::Syntax)?;
        Ok(())
    }

    fn space(&mut self) {
        while self.take(b" \t\n\r") {}
    }

    fn take(&mut self, any_of: &[u8]) -> bool {
        let found = self.rest.first().is_some_and(|byte| any_of.contains(byte));
        if found {
            self.next();
        }
        found
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}
