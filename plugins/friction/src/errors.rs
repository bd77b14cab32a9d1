//! Errors that a click brought about.

use std::collections::HashSet;

use hindsight_plugin::{Button, Element, Event, EventKind, Finding, LogLevel, Millis, Severity};

use crate::{Detector, Settings, words};

/// Error clicks: each error at each element once.
pub struct Errors<'a> {
    settings: &'a Settings,
    clicked: Option<(Millis, Element)>,
    told: HashSet<(String, String)>,
}

impl<'a> Errors<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, clicked: None, told: HashSet::new() }
    }

    /// What went wrong, and when it began.
    fn error(event: &Event) -> Option<(Millis, String)> {
        match &event.kind {
            EventKind::Error(error) => Some((event.at, words::cut(&error.text))),
            EventKind::Console(line) if line.level == LogLevel::Error => {
                Some((event.at, words::cut(&line.text)))
            }
            EventKind::Request(request) if request.status == 0 || request.status >= 400 => {
                let status =
                    if request.status == 0 { "no answer".to_owned() } else { request.status.to_string() };
                let text = format!("{} {} failed ({status})", request.method, words::path(&request.url));
                Some((event.at.saturating_sub(request.took), text))
            }
            _ => None,
        }
    }
}

impl Detector for Errors<'_> {
    fn see(&mut self, event: &Event, found: &mut Vec<Finding>) {
        if let EventKind::Click(click) = &event.kind
            && click.button != Button::Secondary
        {
            self.clicked = Some((event.at, click.target.clone()));
            return;
        }
        let Some((began, text)) = Self::error(event) else { return };
        let Some((at, target)) = &self.clicked else { return };
        let is_after = began.saturating_sub(*at) <= self.settings.error_within_ms && event.at >= *at;
        if !is_after || began < *at || !self.told.insert((target.selector.clone(), text.clone())) {
            return;
        }
        let title = format!("Clicked {}, then: {text}", words::name(target));
        let finding = Finding::new("error-click", Severity::High, title, *at).until(event.at).on(target);
        found.push(finding.field("error", text).field("label", target.label.as_str()));
    }
}
