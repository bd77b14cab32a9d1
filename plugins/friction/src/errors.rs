//! Errors that a click brought about.
//!
//! That a form was refused is none: `forms` tells of it.

use std::collections::HashSet;
use std::rc::Rc;

use hindsight_plugin::{Button, Element, Event, EventKind, Finding, LogLevel, Millis, Severity};

use crate::{Detector, Settings, element, forms, words};

/// Error clicks: one finding for each click, whatever all went wrong after it, and each
/// error at each element once.
pub struct Errors<'a> {
    settings: &'a Settings,
    clicked: Option<Clicked>,
    /// The page on which a form was filled in last.
    filled: Option<u32>,
    told: HashSet<(String, String)>,
}

/// The last click.
struct Clicked {
    at: Millis,
    target: Rc<Element>,
    /// Whether it sent a form.
    sends: bool,
    /// Whether an error came after it.
    failed: bool,
    /// Its place among the findings, if it is one.
    finding: Option<usize>,
}

impl<'a> Errors<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, clicked: None, filled: None, told: HashSet::new() }
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
        match &event.kind {
            EventKind::Click(click) if click.button != Button::Secondary => {
                let target = Rc::clone(&click.target);
                let sends = self.filled == Some(event.page) && element::is_submit(&target);
                self.clicked = Some(Clicked { at: event.at, target, sends, failed: false, finding: None });
            }
            EventKind::Input(input) if forms::fills_in(input) => self.filled = Some(event.page),
            _ => {}
        }
        let Some((began, text)) = Self::error(event) else { return };
        let Some(clicked) = &mut self.clicked else { return };
        let at = clicked.at;
        if began < at || began - at > self.settings.error_within_ms {
            return;
        }
        if clicked.sends && matches!(&event.kind, EventKind::Request(request) if forms::is_refusal(request)) {
            // What the page says of it on the console is the same.
            clicked.failed = true;
            return;
        }
        let is_new = self.told.insert((clicked.target.selector.clone(), text.clone()));
        if std::mem::replace(&mut clicked.failed, true) {
            // A failed request is often told on the console as well.
            if let Some(finding) = clicked.finding.filter(|_| is_new).and_then(|place| found.get_mut(place)) {
                finding.until = Some(event.at);
                finding.detail.push_str(&format!("{text}\n\n"));
            }
            return;
        }
        if is_new {
            let title = format!("Clicked {}, then: {text}", words::name(&clicked.target));
            let finding = Finding::new("error-click", Severity::High, title, at).until(event.at);
            let finding = finding.on(&clicked.target).field("label", clicked.target.label.as_str());
            clicked.finding = Some(found.len());
            found.push(finding.field("error", text));
        }
    }
}
