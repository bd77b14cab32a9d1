//! Forms that are refused again and again, and forms that are given up.
//!
//! A form is what was filled in on one page view. It was refused when something says so
//! after a click that would send it: an alert, a field marked as wrong, an answer of the
//! server, or the browser putting the cursor into a field. It was given up when nothing
//! that looks like sending it came after the last field.

use std::collections::BTreeMap;
use std::rc::Rc;

use hindsight_plugin::{
    Button, Click, Element, Event, EventKind, Finding, Input, Millis, Mutation, Request, Severity,
};

use crate::{Detector, Settings, element, words};

/// A form answers within this time, if only to say what is wrong.
const ANSWERS_WITHIN: Millis = 2000;
/// The browser moves the focus to a wrong field at once.
const AT_ONCE: Millis = 300;
/// Fewer new nodes than a sent form would bring.
const FEW_NODES: u32 = 3;
/// More names than this are no help.
const MOST_NAMES: usize = 4;

/// A click that would send the form.
struct Attempt {
    at: Millis,
    target: Rc<Element>,
    refused: bool,
    /// Whether the page got new content since.
    grew: bool,
}

/// What is filled in on one page view.
#[derive(Default)]
struct Form {
    url: String,
    /// Selector and label of each field, in the order in which they were first filled in.
    fields: Vec<(String, String)>,
    /// When each of these was changed last.
    changed: BTreeMap<String, Millis>,
    /// The fields that were marked as wrong, or corrected after a refusal.
    wrong: Vec<String>,
    last_input: Millis,
    last_field: String,
    attempts: Vec<Attempt>,
    /// Whether something that looks like sending came after the last field.
    sent: bool,
}

/// Repeated validation errors and form abandonment.
pub struct Forms<'a> {
    settings: &'a Settings,
    url: String,
    forms: BTreeMap<u32, Form>,
}

impl<'a> Forms<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, url: String::new(), forms: BTreeMap::new() }
    }
}

/// Whether a form is filled in.
pub fn fills_in(input: &Input) -> bool {
    element::is_field(&input.target) && !element::is_search(&input.target)
}

/// Whether the server says that what was filled in is wrong.
pub fn is_refusal(request: &Request) -> bool {
    matches!(request.status, 400 | 409 | 422)
}

impl Detector for Forms<'_> {
    fn see(&mut self, event: &Event, _found: &mut Vec<Finding>) {
        if let EventKind::PageView(view) = &event.kind {
            self.url.clone_from(&view.url);
            for form in self.forms.values_mut() {
                form.went_on(event.at);
            }
            return;
        }
        if let EventKind::Input(input) = &event.kind
            && fills_in(input)
        {
            let url = &self.url;
            let form =
                self.forms.entry(event.page).or_insert_with(|| Form { url: url.clone(), ..Form::default() });
            form.filled(event.at, input);
            return;
        }
        let Some(form) = self.forms.get_mut(&event.page) else { return };
        match &event.kind {
            EventKind::Click(click) if click.button != Button::Secondary => form.clicked(event.at, click),
            EventKind::Focus(field) => form.focused(event.at, field),
            EventKind::Mutation(mutation) => form.changed(event.at, mutation),
            EventKind::Request(request) if is_refusal(request) => form.refuse(event.at),
            EventKind::Request(_) => form.went_on(event.at),
            _ => {}
        }
    }

    fn end(&mut self, at: Millis, found: &mut Vec<Finding>) {
        for form in std::mem::take(&mut self.forms).into_values() {
            found.extend(form.errors(self.settings));
            found.extend(form.abandoned(self.settings, at));
        }
    }
}

impl Form {
    fn filled(&mut self, at: Millis, input: &Input) {
        let field = &input.target;
        let is_wrong = element::is_invalid(field);
        if is_wrong {
            self.marked(field);
        }
        let was_refused = self.attempts.last().is_some_and(|attempt| attempt.refused);
        self.changed.insert(field.selector.clone(), at);
        if (is_wrong || was_refused) && !self.wrong.contains(&field.label) {
            self.wrong.push(field.label.clone());
        }
        let is_next = self.sent && !is_wrong && !was_refused;
        if is_next {
            self.fields.clear();
        }
        self.sent = false;
        self.last_input = at;
        if input.checked.is_none() && input.length > 0 {
            self.last_field.clone_from(&field.label);
            if !self.fields.iter().any(|(selector, _)| *selector == field.selector) {
                self.fields.push((field.selector.clone(), field.label.clone()));
            }
        }
    }

    fn clicked(&mut self, at: Millis, click: &Click) {
        let is_second = self.attempts.last().is_some_and(|last| {
            last.target.selector == click.target.selector
                && last.at >= self.last_input
                && at - last.at < ANSWERS_WITHIN
        });
        if element::is_submit(&click.target) && !is_second {
            self.attempts.push(Attempt { at, target: Rc::clone(&click.target), refused: false, grew: false });
            self.sent = true;
        }
    }

    fn focused(&mut self, at: Millis, field: &Element) {
        if !element::is_field(field) {
            return;
        }
        if element::is_invalid(field) {
            self.marked(field);
            return;
        }
        // The browser's own check leads to the first field that is wrong.
        let is_led = self.attempts.last().is_some_and(|last| !last.grew && at - last.at <= AT_ONCE);
        if is_led && self.fields.len() > 1 {
            self.refuse(at);
        }
    }

    fn changed(&mut self, at: Millis, mutation: &Mutation) {
        if let Some(target) = &mutation.target {
            let says = mutation.added + mutation.texts > 0 && element::is_alert(target);
            if says || element::is_field(target) && element::is_invalid(target) {
                self.refuse(at);
            }
        }
        let is_new = mutation.added + mutation.removed >= FEW_NODES;
        if let Some(last) = self.attempts.last_mut() {
            last.grew |= is_new;
        }
        if is_new {
            self.went_on(at);
        }
    }

    /// The last click that would have sent the form was refused, if it is not long ago.
    fn refuse(&mut self, at: Millis) {
        let (since, last_input) = (at.saturating_sub(ANSWERS_WITHIN), self.last_input);
        if self.attempts.last().is_some_and(|last| last.at >= since.max(last_input)) {
            self.refuse_last();
        }
    }

    /// A field is seen to be marked as wrong. If nothing was typed into it since the form was to
    /// be sent, that is why it was not.
    fn marked(&mut self, field: &Element) {
        let changed = self.changed.get(&field.selector).copied().unwrap_or_default();
        if self.attempts.last().is_some_and(|last| !last.grew && last.at >= changed) {
            self.refuse_last();
        }
    }

    fn refuse_last(&mut self) {
        if let Some(last) = self.attempts.last_mut() {
            last.refused = true;
            self.sent = false;
        }
    }

    /// The page moved on right after the last field: it was sent with the enter key.
    fn went_on(&mut self, at: Millis) {
        let is_refused = self.attempts.last().is_some_and(|last| last.refused && last.at >= self.last_input);
        self.sent |= !is_refused && at - self.last_input <= ANSWERS_WITHIN;
    }

    fn refusals(&self) -> Vec<&Attempt> {
        self.attempts.iter().filter(|attempt| attempt.refused).collect()
    }

    fn errors(&self, settings: &Settings) -> Option<Finding> {
        let refused = self.refusals();
        let (first, last) = (refused.first()?, refused.last()?);
        if refused.len() < settings.form_errors {
            return None;
        }
        let names: Vec<String> = self
            .wrong
            .iter()
            .filter(|name| !name.is_empty())
            .take(MOST_NAMES)
            .map(|name| words::cut(name))
            .collect();
        let about = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        let title = format!("{} was refused {} times{about}", words::name(&first.target), refused.len());
        let finding =
            Finding::new("form-errors", Severity::High, title, first.at).until(last.at).on(&first.target);
        Some(finding.field("refused", count(refused.len())).field("path", words::path(&self.url)))
    }

    fn abandoned(&self, settings: &Settings, end: Millis) -> Option<Finding> {
        if self.sent || self.fields.len() < settings.form_fields {
            return None;
        }
        let path = words::path(&self.url);
        let last = words::cut(&self.last_field);
        let at_field = if last.is_empty() { String::new() } else { format!(", last “{last}”") };
        let after = match self.refusals().len() {
            0 => String::new(),
            1 => " after it was refused".to_owned(),
            count => format!(" after it was refused {count} times"),
        };
        let fields = self.fields.len();
        let title = format!("Gave up a form on {path}{after} ({fields} fields filled in{at_field})");
        let severity = if after.is_empty() { Severity::Medium } else { Severity::High };
        let finding = Finding::new("form-abandoned", severity, title, self.last_input.min(end));
        Some(finding.field("fields", count(fields)).field("path", path).field("last", last))
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
