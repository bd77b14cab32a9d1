//! Cursors that are shaken.

use std::collections::VecDeque;

use hindsight_plugin::{Event, EventKind, Finding, Millis, Severity};

use crate::{Detector, Settings, words};

/// Shorter moves between two turns are a trembling hand.
const SHORTEST_LEG: f64 = 60.0;
/// Longer rests end a movement.
const LONGEST_REST: Millis = 600;

/// Thrashing cursors.
pub struct Pointer<'a> {
    settings: &'a Settings,
    last: Option<(Millis, f64, f64)>,
    /// The way since the last turn.
    leg: (f64, f64),
    turns: VecDeque<Millis>,
}

impl<'a> Pointer<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, last: None, leg: (0.0, 0.0), turns: VecDeque::new() }
    }

    fn forget(&mut self) {
        self.leg = (0.0, 0.0);
        self.turns.clear();
    }

    fn moved(&mut self, at: Millis, x: f64, y: f64) -> Option<Finding> {
        let (before, last_x, last_y) = self.last.replace((at, x, y))?;
        if at - before > LONGEST_REST {
            self.forget();
            return None;
        }
        let step = (x - last_x, y - last_y);
        let leg = self.leg;
        // Sharper than a right angle is a turn.
        if step.0 * leg.0 + step.1 * leg.1 >= 0.0 {
            self.leg = (leg.0 + step.0, leg.1 + step.1);
            return None;
        }
        self.leg = step;
        if leg.0.hypot(leg.1) < SHORTEST_LEG {
            self.turns.clear();
            return None;
        }
        self.turns.push_back(at);
        while self.turns.front().is_some_and(|turn| at - turn > self.settings.thrash_within_ms) {
            self.turns.pop_front();
        }
        (self.turns.len() >= self.settings.thrash_turns).then(|| self.finding(at))
    }

    fn finding(&mut self, at: Millis) -> Finding {
        let first = self.turns.front().copied().unwrap_or(at);
        let title =
            format!("Shook the cursor: {} sharp turns in {}", self.turns.len(), words::span(at - first));
        self.forget();
        Finding::new("thrashing", Severity::Low, title, first).until(at)
    }
}

impl Detector for Pointer<'_> {
    fn see(&mut self, event: &Event, found: &mut Vec<Finding>) {
        match &event.kind {
            EventKind::Pointer(pointer) => {
                found.extend(self.moved(event.at, f64::from(pointer.x), f64::from(pointer.y)));
            }
            // Who clicks, types or marks text moves the cursor for a reason.
            EventKind::Click(_) | EventKind::Input(_) | EventKind::Selection(_) | EventKind::PageView(_) => {
                self.forget()
            }
            _ => {}
        }
    }
}
