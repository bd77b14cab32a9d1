//! Every text of a recording with where it stands, each once: for whoever only looks.

use std::collections::HashSet;

use super::collect::{Keys, has_words, span};
use super::walk::Walker;
use crate::model::span::Span;
use crate::rrweb::Event;

/// Reads the events of a session, stream after stream.
#[derive(Default)]
pub struct Texts {
    walker: Walker,
    keys: Keys,
    seen: HashSet<u64>,
}

impl Texts {
    /// Gives the texts of an event that were not met before in the same place.
    pub fn read(&mut self, stream: i64, event: &Event<'_>, mut take: impl FnMut(Span)) {
        let (keys, seen) = (&self.keys, &mut self.seen);
        self.walker.walk(stream, event, |page, spot| {
            if has_words(spot) && seen.insert(keys.of_spot(page, spot)) {
                take(span(page, spot));
            }
        });
    }
}
