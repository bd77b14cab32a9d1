//! Stylesheets that stand for themselves.
//!
//! rrweb writes the text of a stylesheet into an attribute `_cssText`, again with
//! each full snapshot and for each visitor. Long ones are taken out of a segment and
//! replaced by [`MARK`] and their hash. What begins with the mark is always taken
//! out, so that putting back gives exactly what was there.

use std::ops::Range;

use memchr::{memchr2, memmem};
use sha2::{Digest, Sha256};

use crate::model::StyleHash;

/// What stands in the place of a stylesheet, before the 32 digits of its hash.
pub const MARK: &str = "hindsight-style:";

/// Shorter stylesheets are not worth a place of their own, in bytes.
const MIN_BYTES: usize = 1024;

/// How a stylesheet begins in JSON as `JSON.stringify` writes it. In a string its
/// quotes would be escaped.
const KEY: &str = "\"_cssText\":\"";

/// A stylesheet that is named and not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stylesheet {0} is missing")]
pub struct Missing(pub StyleHash);

/// What names a stylesheet: the text between its quotes, escapes unchanged.
pub fn hash(inside: &str) -> StyleHash {
    let digest = Sha256::digest(inside);
    StyleHash(*digest.first_chunk().expect("a hash is longer"))
}

/// Writes JSON without its long stylesheets to `out`; each that is taken out is given
/// to `found` as a JSON string.
pub fn take_out(json: &str, out: &mut String, mut found: impl FnMut(StyleHash, &str)) {
    let mut done = 0;
    for inside in Sheets::of(json) {
        let text = &json[inside.clone()];
        if text.len() < MIN_BYTES && !text.starts_with(MARK) {
            continue;
        }
        let hash = hash(text);
        found(hash, &json[inside.start - 1..inside.end + 1]);
        out.push_str(&json[done..inside.start]);
        out.push_str(MARK);
        out.push_str(&hash.to_string());
        done = inside.end;
    }
    out.push_str(&json[done..]);
}

/// Puts stylesheets back; `style` gives each as a JSON string.
pub fn put_back<'s>(
    json: &str,
    mut style: impl FnMut(StyleHash) -> Option<&'s str>,
) -> Result<String, Missing> {
    let mut out = String::with_capacity(json.len());
    let mut done = 0;
    for inside in Sheets::of(json) {
        let Some(hash) = json[inside.clone()].strip_prefix(MARK).and_then(|hash| hash.parse().ok()) else {
            continue;
        };
        let text = style(hash).ok_or(Missing(hash))?;
        out.push_str(&json[done..inside.start]);
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        out.push_str(quoted.unwrap_or(text));
        done = inside.end;
    }
    out.push_str(&json[done..]);
    Ok(out)
}

/// Finds the texts of stylesheets in JSON, between their quotes.
struct Sheets<'a> {
    json: &'a str,
    from: usize,
}

impl<'a> Sheets<'a> {
    fn of(json: &'a str) -> Self {
        Self { json, from: 0 }
    }
}

impl Iterator for Sheets<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let key = memmem::find(&self.json.as_bytes()[self.from..], KEY.as_bytes())?;
        let start = self.from + key + KEY.len();
        let end = end_of_string(self.json.as_bytes(), start)?;
        self.from = end;
        Some(start..end)
    }
}

/// Where the quote stands that ends a string.
fn end_of_string(json: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr2(b'"', b'\\', json.get(from..)?)?;
        if json[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn round_trip(json: &str) -> (String, usize) {
        let mut out = String::new();
        let mut styles = HashMap::new();
        take_out(json, &mut out, |hash, style| {
            styles.insert(hash, style.to_owned());
        });
        let back = put_back(&out, |hash| styles.get(&hash).map(String::as_str)).expect("all are there");
        assert_eq!(back, json);
        (out, styles.len())
    }

    #[test]
    fn long_stylesheets_are_stored_once_and_short_ones_stay() {
        let long = "a{b:c}".repeat(1000);
        let json = format!(r#"[{{"_cssText":"{long}"}},{{"_cssText":"{long}"}},{{"_cssText":"a{{}}"}}]"#);
        let (out, styles) = round_trip(&json);
        assert_eq!(styles, 1);
        assert!(out.len() < 200 && out.contains(r#""_cssText":"a{}""#), "{out}");
    }

    #[test]
    fn what_looks_like_a_mark_is_taken_out_itself() {
        let json = format!(r#"{{"_cssText":"{MARK}0123456789abcdef0123456789abcdef"}}"#);
        let (out, styles) = round_trip(&json);
        assert_eq!(styles, 1);
        assert_ne!(out, json);
    }

    #[test]
    fn a_missing_stylesheet_is_named() {
        let json = format!(r#"{{"_cssText":"{MARK}0123456789abcdef0123456789abcdef"}}"#);
        let missing = put_back(&json, |_| None).expect_err("it is not there");
        assert_eq!(missing.to_string(), "the stylesheet 0123456789abcdef0123456789abcdef is missing");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just(KEY.to_owned()),
                    Just(MARK.to_owned()),
                    Just("\"".to_owned()),
                    Just("\\\"".to_owned()),
                    Just("\\".to_owned()),
                    Just("x".repeat(1100)),
                    any::<String>(),
                ],
                0..12,
            )
        ) {
            round_trip(&pieces.concat());
        }
    }
}
