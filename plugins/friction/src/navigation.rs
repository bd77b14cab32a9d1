//! Ways that lead back: quick backs, and going back and forth.

use std::collections::VecDeque;

use hindsight_plugin::{Event, EventKind, Finding, Millis, PageCause, Severity};

use crate::{Detector, Settings, words};

/// Returns that are further apart belong to different errands.
const ONE_ERRAND: Millis = 120_000;

/// One page view.
struct Visit {
    url: String,
    at: Millis,
    /// Whether anything was done there.
    used: bool,
}

/// Quick backs and U-turns.
pub struct Navigation<'a> {
    settings: &'a Settings,
    /// The last page views, enough of them for the largest number of returns.
    visits: VecDeque<Visit>,
}

impl<'a> Navigation<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, visits: VecDeque::new() }
    }

    fn viewed(&mut self, at: Millis, url: &str, found: &mut Vec<Finding>) {
        if self.visits.back().is_some_and(|visit| visit.url == url) {
            return;
        }
        self.visits.push_back(Visit { url: url.to_owned(), at, used: false });
        while self.visits.len() > self.settings.u_turns + 2 {
            self.visits.pop_front();
        }
        if let Some(finding) = self.back_and_forth(at) {
            found.push(finding);
            self.visits.drain(..self.visits.len() - 1);
        } else {
            found.extend(self.quick_back(at));
        }
    }

    /// A page that was left for the one before it, before anything could be done there.
    fn quick_back(&self, at: Millis) -> Option<Finding> {
        let [before, between, now] = self.last_three()?;
        let stayed = at - between.at;
        if before.url != now.url || between.used || stayed > self.settings.quick_back_ms {
            return None;
        }
        let path = words::path(&between.url);
        let title = format!("Opened {path} and went back after {}", words::span(stayed));
        Some(Finding::new("quick-back", Severity::Info, title, between.at).until(at).field("path", path))
    }

    /// So many returns between the same two pages.
    fn back_and_forth(&self, at: Millis) -> Option<Finding> {
        let needed = self.settings.u_turns + 2;
        if self.visits.len() < needed || at - self.visits[0].at > ONE_ERRAND {
            return None;
        }
        let is_alternating = (2..needed).all(|place| self.visits[place].url == self.visits[place - 2].url);
        let (one, other) = (words::path(&self.visits[0].url), words::path(&self.visits[1].url));
        if !is_alternating || one == other {
            return None;
        }
        let count = self.settings.u_turns;
        let time = words::span(at - self.visits[0].at);
        let title = format!("Went back and forth between {one} and {other} {count} times in {time}");
        Some(Finding::new("u-turn", Severity::Low, title, self.visits[0].at).until(at).field("path", other))
    }

    fn last_three(&self) -> Option<[&Visit; 3]> {
        let mut last = self.visits.iter().rev();
        let (now, between, before) = (last.next()?, last.next()?, last.next()?);
        Some([before, between, now])
    }
}

impl Detector for Navigation<'_> {
    fn see(&mut self, event: &Event, found: &mut Vec<Finding>) {
        match &event.kind {
            EventKind::PageView(view) if matches!(view.cause, PageCause::Load | PageCause::History) => {
                self.viewed(event.at, &view.url, found);
            }
            EventKind::Input(_) | EventKind::Selection(_) | EventKind::Copy(_) => {
                if let Some(visit) = self.visits.back_mut() {
                    visit.used = true;
                }
            }
            _ => {}
        }
    }
}
