//! Other ways to read a text: without percent signs, tags, escapes, case, separators.
//!
//! A secret that is shown in a text stands in its address as `bob%40example.com`, in a
//! title in capitals, in a field without spaces. A view is the text read in such a way,
//! and knows where each of its bytes comes from.

use std::ops::Range;

/// A text read in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub text: String,
    /// For each byte, what it was read from in the original text.
    from: Vec<(u32, u32)>,
    /// Whether percent signs were resolved, so that what replaces a part needs them too.
    pub is_percent: bool,
}

impl View {
    fn plain(text: &str) -> Self {
        let mut view = Self::with_capacity(text.len());
        for (at, char) in text.char_indices() {
            view.push(char, (at as u32, (at + char.len_utf8()) as u32));
        }
        view
    }

    fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), from: Vec::with_capacity(bytes), is_percent: false }
    }

    fn push(&mut self, char: char, from: (u32, u32)) {
        self.text.push(char);
        self.from.resize(self.text.len(), from);
    }

    /// Where a part of the view stands in the original text.
    pub fn original(&self, part: Range<usize>) -> Range<usize> {
        let start = self.from.get(part.start).map_or(0, |from| from.0);
        let end = part.end.checked_sub(1).and_then(|last| self.from.get(last)).map_or(start, |from| from.1);
        start as usize..end.max(start) as usize
    }

    fn chars(&self) -> impl Iterator<Item = (usize, char, (u32, u32))> {
        self.text.char_indices().map(|(at, char)| (at, char, self.from[at]))
    }

    /// Rewrites the view: `read` gives for the rest of the text what is read first, if
    /// anything, and how many bytes that takes; `None` when the next character means itself.
    fn read_by(&self, mut read: impl FnMut(&str) -> Option<(Option<char>, usize)>) -> Self {
        let mut view = Self::with_capacity(self.text.len());
        view.is_percent = self.is_percent;
        let mut skip_until = 0;
        for (at, char, from) in self.chars() {
            if at < skip_until {
                continue;
            }
            match read(&self.text[at..]) {
                None => view.push(char, from),
                Some((char, long)) => {
                    skip_until = at + long.max(1);
                    let last = self.from[(skip_until - 1).min(self.from.len() - 1)];
                    if let Some(char) = char {
                        view.push(char, (from.0, last.1));
                    }
                }
            }
        }
        view
    }

    fn without_percents(&self) -> Self {
        let mut view = self.read_by(|rest| match rest.as_bytes()[0] {
            b'+' => Some((Some(' '), 1)),
            b'%' => percent(rest),
            _ => None,
        });
        view.is_percent = true;
        view
    }

    fn without_tags(&self) -> Self {
        self.read_by(|rest| match rest.as_bytes()[0] {
            b'<' => rest.find('>').map(|end| (None, end + 1)),
            b'&' => entity(rest).map(|(char, long)| (Some(char), long)),
            _ => None,
        })
    }

    fn without_escapes(&self) -> Self {
        self.read_by(|rest| {
            let after = rest.strip_prefix('\\')?;
            let escaped = after.chars().next()?;
            let hex = |from: usize, to: usize| {
                let digits = u32::from_str_radix(after.get(from..to)?, 16).ok()?;
                char::from_u32(digits)
            };
            match escaped {
                'u' => hex(1, 5).map(|char| (Some(char), 6)),
                'x' => hex(1, 3).map(|char| (Some(char), 4)),
                'n' | 'r' | 't' => Some((Some(' '), 2)),
                '"' | '\\' | '/' | '\'' => Some((Some(escaped), 2)),
                _ => None,
            }
        })
    }

    /// In lower case, with one space for any white space, without what cannot be seen.
    fn folded(&self) -> Self {
        let mut view = Self::with_capacity(self.text.len());
        view.is_percent = self.is_percent;
        for (_, char, from) in self.chars() {
            if is_invisible(char) {
                continue;
            }
            if char.is_whitespace() {
                if !view.text.ends_with(' ') {
                    view.push(' ', from);
                }
                continue;
            }
            for lower in char.to_lowercase() {
                view.push(lower, from);
            }
        }
        view
    }

    /// Letters and digits alone.
    pub fn bare(&self) -> Self {
        let mut view = Self::with_capacity(self.text.len());
        view.is_percent = self.is_percent;
        for (_, char, from) in self.chars() {
            if char.is_alphanumeric() {
                view.push(char, from);
            }
        }
        view
    }
}

/// The text read in all ways in which it can be read, each in lower case.
pub(super) fn of(text: &str) -> Vec<View> {
    let plain = View::plain(text);
    let mut views = vec![plain.folded()];
    let mut add = |view: View| {
        if !views.iter().any(|known| known.text == view.text) {
            views.push(view);
        }
    };
    if text.contains(['%', '+']) {
        let once = plain.without_percents();
        if once.text.contains('%') {
            add(once.without_percents().folded());
        }
        add(once.folded());
    }
    if text.contains(['<', '&']) {
        add(plain.without_tags().folded());
    }
    if text.contains('\\') {
        add(plain.without_escapes().folded());
    }
    views
}

/// A text as it is compared: in lower case, white space made one.
pub(super) fn fold(text: &str) -> String {
    View::plain(text.trim()).folded().text
}

/// The byte, or the character of several bytes, that a percent sign begins.
fn percent(rest: &str) -> Option<(Option<char>, usize)> {
    let byte = |at: usize| u8::from_str_radix(rest.get(at..at + 3)?.strip_prefix('%')?, 16).ok();
    let first = byte(0)?;
    let long = match first {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let bytes: Option<Vec<u8>> = (0..long).map(|index| byte(index * 3)).collect();
    let char = std::str::from_utf8(&bytes?).ok()?.chars().next();
    char.map(|char| (Some(char), long * 3))
}

/// The character that an entity stands for.
fn entity(rest: &str) -> Option<(char, usize)> {
    let end = rest.char_indices().take(12).find(|(_, char)| *char == ';')?.0;
    let name = rest.get(1..end)?;
    let char = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "commat" => '@',
        "period" => '.',
        "plus" => '+',
        "hyphen" | "dash" => '-',
        _ => {
            let number = name.strip_prefix('#')?;
            let digits = number.strip_prefix(['x', 'X']);
            let code = digits.map_or_else(|| number.parse(), |digits| u32::from_str_radix(digits, 16));
            char::from_u32(code.ok()?)?
        }
    };
    Some((char, end + 1))
}

/// Soft hyphens, joiners, marks of direction.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<String> {
        of(text).into_iter().map(|view| view.text).collect()
    }

    #[test]
    fn a_text_is_read_in_all_ways() {
        assert_eq!(read("Bob\u{ad} \u{a0} X"), ["bob x"]);
        assert_eq!(read("q=Bob%40x.org+1"), ["q=bob%40x.org+1", "q=bob@x.org 1"]);
        assert_eq!(read("%2540 %C3%A9"), ["%2540 %c3%a9", "@ é", "%40 é"]);
        assert_eq!(read("4111 <b>1111</b>&#64;&commat;"), ["4111 <b>1111</b>&#64;&commat;", "4111 1111@@"]);
        assert_eq!(read(r#"{"a\u0040b"}"#), [r#"{"a\u0040b"}"#, r#"{"a@b"}"#]);
    }

    #[test]
    fn a_part_of_a_view_is_found_in_the_original() {
        let text = "to=Bob%40x.org&c=1";
        let view = &of(text)[1];
        let at = view.text.find("bob@x").expect("it is there");
        assert_eq!(&text[view.original(at..at + 5)], "Bob%40x");
        let bare = View::plain("4111-1111 2").bare();
        assert_eq!(bare.original(0..8), 0..9);
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in any::<String>(), coded in "[%+<>&;#a-fx0-9\\\\u \u{e9}]{0,40}") {
            for text in [text, coded] {
                for view in of(&text) {
                    let bare = view.bare();
                    for view in [view, bare] {
                        for (at, char) in view.text.char_indices() {
                            let original = view.original(at..at + char.len_utf8());
                            prop_assert!(text.get(original).is_some_and(|part| !part.is_empty()));
                        }
                    }
                }
            }
        }
    }
}
