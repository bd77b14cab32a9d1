//! Waiting for an answer after a click.

use std::rc::Rc;

use hindsight_plugin::{Button, Element, Event, EventKind, Finding, Millis, PageCause, Severity};

use crate::{Detector, Settings, element, words};

/// A request that begins later than this was not begun by the click.
const BEGINS_WITHIN: Millis = 1000;
/// Who waits longer for a page has done something else in between.
const LONGEST_LOAD: Millis = 30_000;
/// New content after this time has another cause.
const LATEST_CONTENT: Millis = 15_000;

/// Slow responses: requests and page loads that a visitor waited for.
pub struct Slowness<'a> {
    settings: &'a Settings,
    clicked: Option<(Millis, Rc<Element>)>,
    /// Whether the page has shown anything since the click.
    answered: bool,
}

impl<'a> Slowness<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, clicked: None, answered: false }
    }

    fn finding(&self, at: Millis, target: &Element, took: Millis, what: &str) -> Finding {
        let title = format!("Waited {} after clicking {} ({what})", words::span(took), words::name(target));
        Finding::new("slow-response", Severity::Medium, title, at)
            .until(at.saturating_add(took))
            .on(target)
            .field("took", took)
            .field("label", target.label.as_str())
    }
}

impl Detector for Slowness<'_> {
    fn see(&mut self, event: &Event, found: &mut Vec<Finding>) {
        let slow = self.settings.slow_ms;
        match &event.kind {
            EventKind::Click(click) if click.button != Button::Secondary => {
                self.clicked = Some((event.at, Rc::clone(&click.target)));
                self.answered = false;
            }
            EventKind::Request(request) if request.took >= slow => {
                let began = event.at.saturating_sub(request.took);
                if let Some((at, target)) = &self.clicked
                    && began >= *at
                    && began - at <= BEGINS_WITHIN
                {
                    let what = format!("{} {}", request.method, words::path(&request.url));
                    found.push(self.finding(*at, target, event.at - at, &what));
                    self.clicked = None;
                }
            }
            EventKind::PageView(view) => {
                if let Some((at, target)) = self.clicked.take()
                    && view.cause == PageCause::Load
                    && !self.answered
                    && target.attr("href").is_some()
                    && (slow..LONGEST_LOAD).contains(&(event.at - at))
                {
                    found.push(self.finding(at, &target, event.at - at, words::path(&view.url)));
                }
            }
            EventKind::Mutation(mutation) => {
                if let Some((at, target)) = &self.clicked
                    && !self.answered
                    && target.interactive
                    && element::is_content(mutation)
                    && (slow..LATEST_CONTENT).contains(&(event.at - at))
                {
                    found.push(self.finding(*at, target, event.at - at, "until the page changed"));
                }
                self.answered = true;
            }
            kind => self.answered |= element::is_act(kind),
        }
    }
}
