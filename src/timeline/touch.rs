//! Taps of which no click tells.
//!
//! A browser makes a click of a tap, and that is the tap. Where the page prevents the
//! click, a finger that touches and leaves the same place is one nevertheless.

use super::event::{Event, Millis};

/// A finger that stays longer presses.
const LONGEST_TAP_MS: Millis = 500;

/// A finger that goes further swipes, in CSS pixels.
const FURTHEST: i32 = 10;

/// The click of a tap comes within this time.
const CLICK_WITHIN_MS: Millis = 700;

/// A touch so soon after scrolling stops the page.
const AFTER_SCROLL_MS: Millis = 400;

/// What a finger does.
#[derive(Debug, Default)]
pub struct Touch {
    began: Option<(Millis, i32, i32)>,
    scrolled_at: Option<Millis>,
    tap: Option<Event>,
}

impl Touch {
    /// A finger touches.
    pub fn start(&mut self, at: Millis, x: i32, y: i32) {
        let stops = self.scrolled_at.is_some_and(|scrolled| at.saturating_sub(scrolled) < AFTER_SCROLL_MS);
        self.began = (!stops).then_some((at, x, y));
    }

    /// It moves, or presses: this is no tap.
    pub fn give_up(&mut self) {
        self.began = None;
    }

    /// Something scrolls.
    pub fn scrolled(&mut self, at: Millis) {
        self.began = None;
        self.scrolled_at = Some(at);
    }

    /// The finger leaves. `tap` is what is told if this was one and no click follows.
    pub fn end(&mut self, at: Millis, (x, y): (i32, i32), tap: impl FnOnce() -> Event) {
        let is_tap = self.began.take().is_some_and(|(began, from_x, from_y)| {
            let near = from_x.abs_diff(x).max(from_y.abs_diff(y)) <= FURTHEST as u32;
            near && at.saturating_sub(began) <= LONGEST_TAP_MS
        });
        if is_tap {
            self.tap = Some(tap());
        }
    }

    /// A click: whether it is that of a tap.
    pub fn clicked(&mut self) -> bool {
        self.tap.take().is_some()
    }

    /// A tap for which no click will come any more.
    pub fn unclicked(&mut self, now: Millis) -> Option<Event> {
        self.tap.take_if(|tap| now.saturating_sub(tap.at) > CLICK_WITHIN_MS)
    }

    /// A tap for which no click came to the end.
    pub fn last(&mut self) -> Option<Event> {
        self.tap.take()
    }

    /// When the tap was that may still be told.
    pub fn earliest(&self) -> Option<Millis> {
        self.tap.as_ref().map(|tap| tap.at)
    }
}
