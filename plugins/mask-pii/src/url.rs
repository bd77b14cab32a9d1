//! Values of URL parameters whose names say that they are nobody's business, and passwords before
//! the host of a URL.

use std::collections::HashSet;
use std::ops::Range;

use hindsight_plugin::Span;

use crate::is_reading;
use crate::random::is_random;
use crate::text::{Found, plain_name};

/// The names to hide, as spelled plainly.
pub struct Parameters(HashSet<String>);

impl Parameters {
    /// Case, dashes and underscores do not count.
    pub fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| plain_name(name)).collect())
    }

    /// All values to hide in a text that is, or holds, URLs.
    pub fn find(&self, span: &Span) -> Vec<Found> {
        let text = span.text.as_str();
        let mut found: Vec<Found> = logins(text).collect();
        for (at, _) in text.match_indices('=') {
            let Some(name) = name_before(text, at) else { continue };
            let value = value_after(text, at + 1);
            if value.is_empty() || !self.0.contains(&plain_name(&text[name.clone()])) {
                continue;
            }
            // Documentation writes "?token=…" for reading.
            if !is_reading(span.place) || is_random(&text[value.clone()]) {
                found.push(Found { range: widened(name.start, value), kind: "parameter" });
            }
        }
        found
    }
}

/// A short value is hidden with its name, so that it is not hidden elsewhere.
fn widened(name: usize, value: Range<usize>) -> Range<usize> {
    const SHORTEST: usize = 8;
    if value.len() < SHORTEST { name..value.end } else { value }
}

/// The name that ends here, if it begins behind a "?", "&", ";" or "#".
fn name_before(text: &str, end: usize) -> Option<Range<usize>> {
    const LONGEST: usize = 64;
    let from = text.floor_char_boundary(end.saturating_sub(LONGEST));
    let start = from + text[from..end].rfind(['?', '&', ';', '#'])? + 1;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(&byte);
    (start < end && text[start..end].bytes().all(is_name)).then_some(start..end)
}

fn value_after(text: &str, start: usize) -> Range<usize> {
    let is_end = |char: char| char.is_whitespace() || "&#;\"'<>)".contains(char);
    start..text[start..].find(is_end).map_or(text.len(), |length| start + length)
}

/// "https://user:password@host": the password.
fn logins(text: &str) -> impl Iterator<Item = Found> {
    text.match_indices("://").filter_map(|(at, scheme)| {
        let start = at + scheme.len();
        let end = text[start..].find(|char: char| char.is_whitespace() || "/?#\"'<>".contains(char));
        let host = &text[start..end.map_or(text.len(), |length| start + length)];
        let (login, _) = host.rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        let from = start + user.len() + 1;
        (!password.is_empty()).then_some(Found { range: from..from + password.len(), kind: "secret" })
    })
}
