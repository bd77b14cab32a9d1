//! Secrets that were typed: what stood in the field on the way there, and what the page
//! showed of it meanwhile.
//!
//! A field that ends as `bob@example.com` was `bob@exa` before, which no masker knows.

use std::collections::{HashMap, HashSet};

use super::hider::{Found, Hider};
use super::views;
use super::walk::Spot;
use super::{Place, Span};

/// So much of a secret says something where other words follow it, in characters.
const TELLING_CHARS: usize = 3;

/// As part of a longer text it takes so many, and a third of the secret.
const ECHO_CHARS: usize = 6;

/// A page shows what is typed at once, or when the visitor pauses.
const ECHO_MS: i64 = 5_000;

/// Of one field no more values are kept that were typed and changed again.
const MOST_VALUES: usize = 1024;

/// What was typed into one node of a page.
#[derive(Debug, Default)]
struct Holder {
    stream: i64,
    from: i64,
    until: i64,
    is_field: bool,
    current: String,
    has_grown: bool,
    /// What a masker is asked about when no more is typed to it.
    waiting: Option<(u64, Span)>,
    /// What stood there before something of it was taken away again.
    values: Vec<String>,
    /// What maskers were asked about.
    keys: Vec<u64>,
}

impl Holder {
    fn take(&mut self, text: &str) -> Option<(u64, Span)> {
        let mut asked = None;
        if text.starts_with(&self.current) {
            self.has_grown |= text.len() > self.current.len();
        } else {
            asked = self.keep();
            self.has_grown = false;
        }
        text.clone_into(&mut self.current);
        asked
    }

    fn keep(&mut self) -> Option<(u64, Span)> {
        let waiting = self.waiting.take();
        if self.values.len() < MOST_VALUES {
            let is_new = self.values.last() != Some(&self.current) && !self.current.is_empty();
            if is_new && (self.is_field || self.has_grown) {
                self.values.push(std::mem::take(&mut self.current));
            }
            self.keys.extend(waiting.as_ref().map(|(key, _)| *key).filter(|_| self.is_field));
        }
        waiting
    }
}

/// Watches what is typed, while texts are collected. Maskers are asked about what stands
/// in a field when no more is typed to it, not about each letter.
#[derive(Debug, Default)]
pub(super) struct Typing {
    page: u32,
    now: HashMap<i64, Holder>,
    before: Vec<(u32, i64, Holder)>,
    /// What maskers can be asked about now.
    pub ready: Vec<(u64, Span)>,
}

impl Typing {
    /// Looks at a text that stands on the page with this number. Whether it is asked about
    /// from here, when it has been typed.
    pub fn watch(
        &mut self,
        (stream, page, at): (i64, u32, i64),
        spot: &Spot<'_>,
        asked: impl FnOnce() -> (u64, Span),
    ) -> bool {
        let is_field = spot.place == Place::InputValue;
        let Some(id) = spot.holder.filter(|_| is_field || spot.is_change) else { return false };
        if page != self.page {
            self.end_page();
            self.page = page;
        }
        let text = spot.text();
        let holder = self.now.entry(id).or_insert_with(|| {
            // What a snapshot shows may have been typed before it.
            let from = if spot.is_change { at } else { i64::MIN };
            Holder { stream, from, is_field, ..Holder::default() }
        });
        holder.until = at;
        self.ready.extend(holder.take(&text));
        holder.waiting = Some(asked());
        true
    }

    /// The page is over, and with it all that was being typed.
    pub fn end_page(&mut self) {
        for (id, mut holder) in self.now.drain() {
            self.ready.extend(holder.keep());
            if !holder.values.is_empty() {
                self.before.push((self.page, id, holder));
            }
        }
        // In the order of the page, so that the same recording always asks the same.
        self.ready.sort_by(|left, right| left.1.text.cmp(&right.1.text));
    }

    /// What of all this holds secrets, or was covered as a whole.
    pub fn typed(mut self, hider: &Hider, is_covered: impl Fn(&u64) -> bool) -> Typed {
        self.end_page();
        let mut typed = Typed::default();
        for (page, id, holder) in self.before {
            if holder.keys.iter().any(&is_covered) {
                typed.covered.insert((page, id));
            }
            let mut words: Vec<(String, usize)> = Vec::new();
            for value in holder.values {
                let found = hider.find(&value);
                for found in &found {
                    let word = views::fold(&value[found.part.clone()]);
                    if !words.iter().any(|(known, _)| *known == word) {
                        words.push((word, found.secret));
                    }
                }
                if !found.is_empty() {
                    typed.values.entry((page, id)).or_default().push((value, found));
                }
            }
            if holder.is_field && !words.is_empty() {
                let (from, until) = (holder.from, holder.until.saturating_add(ECHO_MS));
                typed.echoes.push(Echo { stream: holder.stream, from, until, words });
            }
        }
        typed
    }
}

/// A text that stood in a field, and where the secrets are in it.
type TypedText = (String, Vec<Found>);

/// Secrets that were typed.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// What stood in a node of a page, and where the secrets are in it.
    values: HashMap<(u32, i64), Vec<TypedText>>,
    /// Fields of pages that a masker covered: so is what stood in them on the way.
    covered: HashSet<(u32, i64)>,
    echoes: Vec<Echo>,
}

/// A time in which the page may show what is being typed.
#[derive(Debug)]
struct Echo {
    stream: i64,
    from: i64,
    until: i64,
    /// Secrets as they are compared.
    words: Vec<(String, usize)>,
}

impl Typed {
    /// Whether the field that a text stands in is covered.
    pub fn covers(&self, page: u32, spot: &Spot<'_>) -> bool {
        !self.covered.is_empty() && spot.holder.is_some_and(|id| self.covered.contains(&(page, id)))
    }

    /// Finds what of a text is a secret that was not complete yet.
    pub fn find(&self, (stream, page, at): (i64, u32, i64), spot: &Spot<'_>, text: &str) -> Vec<Found> {
        let values = spot.holder.and_then(|id| self.values.get(&(page, id)));
        let mut found: Vec<Found> =
            values.into_iter().flatten().flat_map(|(value, hits)| on_the_way(text, value, hits)).collect();
        let mut echoes = self
            .echoes
            .iter()
            .filter(|echo| echo.stream == stream && (echo.from..=echo.until).contains(&at))
            .peekable();
        if echoes.peek().is_some() {
            let views = views::of(text);
            for echo in echoes {
                for (word, secret) in &echo.words {
                    views.iter().for_each(|view| find_echo(view, word, *secret, &mut found));
                }
            }
        }
        found
    }
}

/// What of `text` became a secret in `value`.
fn on_the_way(text: &str, value: &str, hits: &[Found]) -> Vec<Found> {
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| {
        pairs.take_while(|(left, right)| left == right).map(|(char, _)| char.len_utf8()).sum::<usize>()
    };
    let first = same(&mut text.chars().zip(value.chars()));
    let last = same(&mut text[first..].chars().rev().zip(value[first..].chars().rev()));
    let mut found = Vec::new();
    for Found { part, secret, .. } in hits {
        let mut cover = |from: usize, until: usize, telling: usize| {
            if text.get(from..until).is_some_and(|part| part.chars().count() >= telling) {
                found.push(Found { part: from..until, secret: *secret, is_percent: false });
            }
        };
        if first > part.start && first < part.end {
            let after = last.min(value.len() - part.end.min(value.len()));
            let rest = text.len() - after;
            // A slip of the keyboard after the beginning belongs to it.
            let begun = first.min(part.end);
            let is_slip = text.get(begun..rest).is_some_and(|slip| slip.chars().count() <= TELLING_CHARS);
            if is_slip {
                cover(part.start, rest, 1);
            } else {
                cover(part.start, begun, TELLING_CHARS);
            }
        }
        let tail = value.len() - last;
        if tail > part.start && tail < part.end && first <= part.start {
            let start = text.len() - last;
            cover(start, start + (part.end - tail), TELLING_CHARS);
        }
    }
    found
}

/// Finds the beginning of a secret in a text that may show it while it is typed.
fn find_echo(view: &views::View, word: &str, secret: usize, found: &mut Vec<Found>) {
    let Some(telling) = word.char_indices().nth(TELLING_CHARS).map(|(at, _)| &word[..at]) else { return };
    let chars = word.chars().count();
    for (at, _) in view.text.match_indices(telling) {
        let same = view.text[at..].chars().zip(word.chars()).take_while(|(left, right)| left == right);
        let (count, bytes) =
            same.fold((0, 0), |(count, bytes), (char, _)| (count + 1, bytes + char.len_utf8()));
        let part = at..at + bytes;
        let is_all = view.text[part.clone()].trim() == view.text.trim();
        if is_all || (count >= ECHO_CHARS && count * 3 >= chars) {
            found.push(Found { part: view.original(part), secret, is_percent: view.is_percent });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(text: &str, value: &str, secret: &str) -> Vec<String> {
        let start = value.find(secret).expect("it is there");
        let hit = Found { part: start..start + secret.len(), secret: 0, is_percent: false };
        let mut found: Vec<String> =
            on_the_way(text, value, &[hit]).into_iter().map(|found| text[found.part].to_owned()).collect();
        found.dedup();
        found
    }

    #[test]
    fn what_is_half_typed_is_covered() {
        let value = "mail bob@example.com!";
        let secret = "bob@example.com";
        assert_eq!(covered("mail bob@ex", value, secret), ["bob@ex"]);
        assert_eq!(covered("mail bob@ey", value, secret), ["bob@ey"]);
        assert_eq!(covered("mail bob@e!", value, secret), ["bob@e"]);
        assert_eq!(covered("mail b", value, secret), ["b"]);
        assert!(covered("mail", value, secret).is_empty());
        assert_eq!(covered("mail example.com!", value, secret), ["example.com"]);
        assert_eq!(covered("mail bob and Jane, both", value, secret), ["bob"]);
        assert!(covered("mail both, please", value, secret).is_empty());
    }

    #[test]
    fn what_the_page_shows_meanwhile_is_found() {
        let find = |text: &str| {
            let mut found = Vec::new();
            views::of(text).iter().for_each(|view| find_echo(view, "bob@example.com", 0, &mut found));
            found.into_iter().map(|found| text[found.part].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(find("Hello bob@exa"), ["bob@exa"]);
        assert_eq!(find("?q=Bob%40exa"), ["Bob%40exa"]);
        assert_eq!(find(" bob "), ["bob"]);
        assert!(find("bob is here").is_empty());
    }
}
