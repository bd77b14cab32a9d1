//! Looking for something by scrolling up and down.

use std::collections::VecDeque;

use hindsight_plugin::{Event, EventKind, Finding, Millis, Severity};

use crate::{Detector, Settings, words};

/// What a page is high when it does not say so.
const USUAL_HEIGHT: i32 = 700;

/// Excessive scrolling: one finding for each page view.
pub struct Scrolling<'a> {
    settings: &'a Settings,
    url: String,
    height: i32,
    last: i32,
    /// Where the scrolling turned last, and whether it went down from there.
    turned: i32,
    down: bool,
    turns: VecDeque<Millis>,
    told: bool,
}

impl<'a> Scrolling<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        let (url, turns) = (String::new(), VecDeque::new());
        Self { settings, url, height: USUAL_HEIGHT, last: 0, turned: 0, down: true, turns, told: false }
    }

    fn scrolled(&mut self, at: Millis, y: i32) -> Option<Finding> {
        let down = y > self.last;
        if y != self.last && down != self.down {
            let is_long = (self.last - self.turned).saturating_abs() >= self.height;
            (self.turned, self.down) = (self.last, down);
            if is_long {
                self.turns.push_back(at);
            } else {
                self.turns.clear();
            }
        }
        self.last = y;
        while self.turns.front().is_some_and(|turn| at - turn > self.settings.scroll_within_ms) {
            self.turns.pop_front();
        }
        if self.told || self.turns.len() < self.settings.scroll_turns {
            return None;
        }
        self.told = true;
        let first = self.turns.front().copied().unwrap_or(at);
        let (count, time, path) = (self.turns.len(), words::span(at - first), words::path(&self.url));
        let title = format!("Scrolled up and down {path} {count} times in {time} without clicking anything");
        Some(Finding::new("excessive-scrolling", Severity::Low, title, first).until(at).field("path", path))
    }
}

impl Detector for Scrolling<'_> {
    fn see(&mut self, event: &Event, found: &mut Vec<Finding>) {
        match &event.kind {
            EventKind::Scroll(scroll) if scroll.target.is_none() => {
                found.extend(self.scrolled(event.at, scroll.y))
            }
            EventKind::PageView(view) => {
                *self = Self::new(self.settings);
                self.url.clone_from(&view.url);
                self.height =
                    i32::try_from(view.height).ok().filter(|height| *height > 0).unwrap_or(USUAL_HEIGHT);
            }
            EventKind::Click(_) | EventKind::Input(_) | EventKind::Selection(_) => self.turns.clear(),
            _ => {}
        }
    }
}
