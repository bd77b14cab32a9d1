//! The text of JSON strings as people read it.

use std::borrow::Cow;

/// The text of a JSON string as people read it; lone surrogates become U+FFFD.
///
/// `None` when the value is not a string.
pub fn text_of(value: &str) -> Option<String> {
    let inside = value.strip_prefix('"')?.strip_suffix('"')?;
    if inside.contains('\\') { unescaped(inside) } else { Some(inside.to_owned()) }
}

/// The text of what was written like this between the quotes of a string: a browser that
/// reads the key `"typ\u0065"` finds a `type`.
pub fn text_of_written(written: &str) -> Cow<'_, str> {
    if !written.contains('\\') {
        return Cow::Borrowed(written);
    }
    unescaped(written).map_or(Cow::Borrowed(written), Cow::Owned)
}

fn unescaped(inside: &str) -> Option<String> {
    let mut units = Vec::with_capacity(inside.len());
    let mut rest = inside.chars();
    while let Some(next) = rest.next() {
        let unescaped = if next == '\\' { unescape(&mut rest)? } else { Unescaped::Char(next) };
        match unescaped {
            Unescaped::Char(char) => units.extend_from_slice(char.encode_utf16(&mut [0; 2])),
            Unescaped::Unit(unit) => units.push(unit),
        }
    }
    Some(String::from_utf16_lossy(&units))
}

enum Unescaped {
    Char(char),
    /// One UTF-16 unit, which may be half of a pair.
    Unit(u16),
}

fn unescape(rest: &mut std::str::Chars<'_>) -> Option<Unescaped> {
    Some(match rest.next()? {
        'b' => Unescaped::Char('\u{8}'),
        'f' => Unescaped::Char('\u{c}'),
        'n' => Unescaped::Char('\n'),
        'r' => Unescaped::Char('\r'),
        't' => Unescaped::Char('\t'),
        'u' => {
            let digits = rest.as_str().get(..4)?;
            let unit = u16::from_str_radix(digits, 16).ok()?;
            rest.nth(3);
            Unescaped::Unit(unit)
        }
        other => Unescaped::Char(other),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_read_with_its_escapes() {
        assert_eq!(text_of(r#""a\n\u00e9\ud83d\ude00\"""#).as_deref(), Some("a\né😀\""));
        assert_eq!(text_of(r#""cut \ud83d here""#).as_deref(), Some("cut \u{fffd} here"));
        assert_eq!(text_of("7"), None);
        assert_eq!((text_of_written("type"), text_of_written(r"typ\u0065")), ("type".into(), "type".into()));
    }

    proptest! {
        #[test]
        fn text_of_agrees_with_serde_json(text in any::<String>()) {
            let written = serde_json::Value::from(text.clone()).to_string();
            prop_assert_eq!(text_of(&written), Some(text));
        }
    }
}
