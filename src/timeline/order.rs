//! Events that are told late are put where they belong.
//!
//! What a run of edits came to, for one, is known when it is over. So events wait until
//! nothing can be told any more that belongs before them.

use std::collections::VecDeque;

use super::event::{Event, Kind, Millis};

/// So many events wait at most: a flood goes on without order between its runs.
const MOST_WAITING: usize = 1024;

/// Events that wait, in the order of time.
#[derive(Debug, Default)]
pub struct Order {
    waiting: VecDeque<Event>,
    /// The time of the last event that left.
    left_at: Millis,
}

impl Order {
    /// Puts an event behind all that are not later.
    pub fn put(&mut self, mut event: Event) {
        event.at = event.at.max(self.left_at);
        let place = self.waiting.partition_point(|waiting| waiting.at <= event.at);
        self.waiting.insert(place, event);
    }

    /// The next event that happened before `before`, or that there is no room for.
    pub fn next(&mut self, before: Millis) -> Option<Event> {
        let first = self.waiting.front()?;
        if first.at >= before && self.waiting.len() <= MOST_WAITING {
            return None;
        }
        self.left_at = first.at;
        self.waiting.pop_front()
    }

    /// The next event, when no other will come.
    pub fn last(&mut self) -> Option<Event> {
        self.waiting.pop_front()
    }

    /// The latest event that waits of those that are wanted.
    pub fn find(&mut self, wanted: impl Fn(&Kind) -> bool) -> Option<&mut Event> {
        self.waiting.iter_mut().rfind(|event| wanted(&event.kind))
    }
}
