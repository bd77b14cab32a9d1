//! The last pass: events as they may be stored.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::collect::{Decisions, Keys, has_words};
use super::hider::{Found, Hider, merged};
use super::page::Page;
use super::report::{Counting, Report};
use super::typing::Typed;
use super::walk::{Spot, Walker};
use super::{Place, blocks};
use crate::rrweb::Event;
use crate::rrweb::skim::Leaf;
use crate::rrweb::tokens::{Part, written};

/// How what a masker covered is counted.
const COVERED: &str = "covered";

/// Rewrites the events of a session, in the order in which they were collected.
pub struct Rewriting {
    walker: Walker,
    blocked: HashSet<(u32, i64)>,
    changing: Changing,
    is_idle: bool,
}

impl Rewriting {
    pub(super) fn new(decisions: Decisions) -> Self {
        let is_idle = decisions.is_empty();
        let Decisions { keys, hider, typed, covered, blocks } = decisions;
        let changing = Changing {
            keys,
            hider,
            typed,
            covered,
            clean: HashSet::new(),
            edits: Vec::new(),
            counting: Counting::default(),
        };
        Self { walker: Walker::default(), blocked: blocks.into_nodes(), changing, is_idle }
    }

    /// The event as it may be stored.
    pub fn rewrite<'e>(&mut self, stream: i64, event: &Event<'e>) -> Cow<'e, str> {
        if self.is_idle {
            return Cow::Borrowed(event.json);
        }
        let changing = &mut self.changing;
        changing.edits.clear();
        self.walker.walk(stream, event, |page, spot| {
            if has_words(spot) {
                changing.change((stream, page.number, event.timestamp), event.json, page, spot);
            }
        });
        if !self.blocked.is_empty() {
            let mut edits = Vec::new();
            let boxes = blocks::replaced(event.json, &self.walker, &self.blocked, |part, with| {
                edits.push((part, with));
            });
            // Where a text is both covered and in a box, the box holds: the first one does.
            edits.append(&mut changing.edits);
            changing.edits = edits;
            changing.counting.blocked += boxes;
        }
        if changing.edits.is_empty() {
            return Cow::Borrowed(event.json);
        }
        changing.counting.events += 1;
        Cow::Owned(spliced(event.json, &mut changing.edits))
    }

    /// What was done.
    pub fn finish(self) -> Report {
        self.changing.counting.report()
    }
}

/// What changes texts.
struct Changing {
    keys: Keys,
    hider: Hider,
    typed: Typed,
    covered: HashSet<u64>,
    /// Texts that were looked at and hold nothing.
    clean: HashSet<u64>,
    edits: Vec<(Part, String)>,
    counting: Counting,
}

impl Changing {
    fn change(&mut self, when: (i64, u32, i64), json: &str, page: &Page, spot: &Spot<'_>) {
        let text = spot.text();
        let is_covered = !self.covered.is_empty() && self.covered.contains(&self.keys.of_spot(page, spot));
        if is_covered || self.typed.covers(page.number, spot) {
            let covered = covered(&text);
            self.counting.count(COVERED, spot.place, &covered);
            self.write(json, spot, &[(0..text.len(), covered)]);
            return;
        }
        let key = self.keys.of_text(&text);
        let mut found = if self.clean.contains(&key) { Vec::new() } else { self.hider.find(&text) };
        if found.is_empty() {
            self.clean.insert(key);
        }
        let typed = self.typed.find(when, spot, &text);
        if found.is_empty() && typed.is_empty() {
            return;
        }
        let complete: Vec<usize> = found.iter().map(|found| found.part.start).collect();
        found.extend(typed);
        let found = merged(found);
        let is_complete = |found: &Found| complete.iter().any(|start| found.part.contains(start));
        let (changes, masked) = self.without(&text, &found, spot.place, is_complete);
        for found in &found {
            self.counting.count(&self.hider.secret(found.secret).kind, spot.place, &masked);
        }
        self.write(json, spot, &changes);
    }

    /// The text without what was found in it, and the changes that make it so.
    ///
    /// What is put in may make a secret together with what stands around it: then
    /// asterisks are put in, and if even that does not help the whole text is covered.
    fn without(
        &self,
        text: &str,
        found: &[Found],
        place: Place,
        is_complete: impl Fn(&Found) -> bool,
    ) -> (Vec<(Range<usize>, String)>, String) {
        let named = |found: &Found| {
            let with = &self.hider.secret(found.secret).with;
            let in_address = place == Place::Url || found.is_percent;
            if !is_complete(found) {
                asterisks(&text[found.part.clone()])
            } else if in_address {
                percent_encoded(with)
            } else {
                with.clone()
            }
        };
        let starred = |found: &Found| asterisks(&text[found.part.clone()]);
        for with in [&named as &dyn Fn(&Found) -> String, &starred] {
            let changes: Vec<_> = found.iter().map(|found| (found.part.clone(), with(found))).collect();
            let masked = changed(text, &changes);
            if self.hider.find(&masked).is_empty() {
                return (changes, masked);
            }
        }
        let covered = covered(text);
        (vec![(0..text.len(), covered.clone())], covered)
    }

    /// Writes changes of a text to where this event has it.
    fn write(&mut self, json: &str, spot: &Spot<'_>, changes: &[(Range<usize>, String)]) {
        let mut start = 0;
        for piece in spot.pieces {
            let here = start..start + piece.text.len();
            start = here.end;
            let Some(leaf) = piece.written else { continue };
            let own: Vec<(Range<usize>, &str)> = changes
                .iter()
                .filter(|(part, _)| part.start < here.end && part.end > here.start)
                .map(|(part, with)| {
                    let from = part.start.max(here.start) - here.start;
                    let with = if part.start >= here.start { with.as_str() } else { "" };
                    (from..part.end.min(here.end) - here.start, with)
                })
                .collect();
            if !own.is_empty() {
                self.write_leaf(json, leaf, &piece.text, &own);
            }
        }
    }

    fn write_leaf(&mut self, json: &str, leaf: Leaf, text: &str, changes: &[(Range<usize>, &str)]) {
        match leaf {
            Leaf::Text(part) => {
                let inside = part.of(json);
                for (range, with) in changes {
                    let at = written(inside, range.clone());
                    let start = part.start as usize;
                    self.edits.push((Part::new(start + at.start, start + at.end), escaped(with)));
                }
            }
            Leaf::Number(part) => {
                let changes: Vec<_> =
                    changes.iter().map(|(range, with)| (range.clone(), (*with).to_owned())).collect();
                self.edits.push((part, format!("\"{}\"", escaped(&changed(text, &changes)))));
            }
        }
    }
}

/// The text with its changes, which are in order.
fn changed(text: &str, changes: &[(Range<usize>, String)]) -> String {
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (part, with) in changes {
        out.push_str(&text[done..part.start]);
        out.push_str(with);
        done = part.end;
    }
    out.push_str(&text[done..]);
    out
}

/// The JSON with its changes. Where two overlap, the larger one holds, or else the first.
fn spliced(json: &str, edits: &mut [(Part, String)]) -> String {
    edits.sort_by_key(|(part, _)| (part.start, std::cmp::Reverse(part.end)));
    let (mut out, mut done) = (String::with_capacity(json.len()), 0);
    for (part, with) in edits {
        let Range { start, end } = part.range();
        if start >= done {
            out.push_str(&json[done..start]);
            out.push_str(with);
            done = end;
        }
    }
    out.push_str(&json[done..]);
    out
}

/// Every letter and digit as an asterisk.
fn covered(text: &str) -> String {
    text.chars().map(|char| if char.is_alphanumeric() { '*' } else { char }).collect()
}

fn asterisks(text: &str) -> String {
    "*".repeat(text.chars().count())
}

/// A text as it stands between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A text as it stands in an address.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~*".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
