//! One thing that a visitor did, as a line of a test.

use super::super::event::{Button, Element, Event, Kind};
use super::super::sentence;
use super::locator::{attribute, locator};
use super::quote::{quoted, variable};

/// What a click on a box or its label changes is told within this time.
const CHANGED_WITHIN_MS: u32 = 1_000;

/// The clicks that a double click begins with come within this time.
const DOUBLED_WITHIN_MS: u32 = 700;

/// A click that leads to another page does so within this time.
const LED_WITHIN_MS: u32 = 2_000;

/// What a line does.
pub enum Step {
    /// There is none: what comes next does it.
    Nothing,
    /// It cannot be done again; a comment says what it was.
    Remark(String),
    /// An instruction, and the variable of the environment that it needs.
    Do { code: String, variable: Option<String> },
}

/// What to do for an event, before those that follow it.
pub fn of(event: &Event, next: &[Event]) -> Step {
    match &event.kind {
        Kind::Click { target, button, .. } => click(event, target, *button, next),
        Kind::Input { target, value, length, checked, .. } => {
            input(event, target, &Entry { value, length: *length, checked: *checked }, next)
        }
        _ => Step::Nothing,
    }
}

fn click(event: &Event, target: &Element, button: Button, next: &[Event]) -> Step {
    if is_written_into(target)
        || changes_box(event, target, next)
        || begins_double(event, target, button, next)
    {
        return Step::Nothing;
    }
    if !target.interactive && !leads_on(event, next) {
        return remark(event);
    }
    let how = match button {
        Button::Primary | Button::Tap => "click()",
        Button::Double => "dblclick()",
        Button::Secondary => "click({ button: \"right\" })",
        Button::Middle => "click({ button: \"middle\" })",
    };
    instruct(event, target, how)
}

/// What is filled or chosen in is not clicked before.
fn is_written_into(target: &Element) -> bool {
    let is_box = matches!(target.role.as_str(), "checkbox" | "radio" | "switch" | "button");
    let is_field = matches!(target.tag.as_str(), "input" | "textarea" | "select" | "option");
    (is_field && !is_box) || matches!(target.role.as_str(), "textbox" | "searchbox")
}

/// Whether the click only checks a box, which is told next.
fn changes_box(event: &Event, target: &Element, next: &[Event]) -> bool {
    let may = matches!(target.role.as_str(), "checkbox" | "radio" | "switch") || target.tag == "label";
    may && next.iter().take_while(|next| next.at.saturating_sub(event.at) <= CHANGED_WITHIN_MS).any(|next| {
        matches!(&next.kind, Kind::Input { checked: Some(_), target: changed, .. }
            if target.tag == "label" || changed.node == target.node)
    })
}

fn begins_double(event: &Event, target: &Element, button: Button, next: &[Event]) -> bool {
    button == Button::Primary
        && next.iter().take_while(|next| next.at.saturating_sub(event.at) <= DOUBLED_WITHIN_MS).any(|next| {
            matches!(&next.kind, Kind::Click { target: other, button: Button::Double, .. }
                if other.node == target.node)
        })
}

/// Whether the next thing that happened is another page.
fn leads_on(event: &Event, next: &[Event]) -> bool {
    next.first().is_some_and(|next| {
        next.at.saturating_sub(event.at) <= LED_WITHIN_MS && matches!(next.kind, Kind::PageView { .. })
    })
}

/// What was entered.
struct Entry<'a> {
    value: &'a str,
    length: u32,
    checked: Option<bool>,
}

fn input(event: &Event, target: &Element, entry: &Entry<'_>, next: &[Event]) -> Step {
    let follows = next.first().map(|next| &next.kind);
    if matches!(follows, Some(Kind::Input { target: other, .. }) if other.node == target.node && other.role != "radio")
    {
        // The field is filled with what stands in it at last.
        return Step::Nothing;
    }
    if let Some(checked) = entry.checked {
        return instruct(event, target, if checked { "check()" } else { "uncheck()" });
    }
    if attribute(target, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("file")) {
        return remark(event);
    }
    let is_masked = entry.length > 0 && entry.value.chars().all(|char| matches!(char, '*' | '•'));
    let variable = is_masked.then(|| variable(&target.label));
    let value = match &variable {
        Some(name) => format!("process.env.{name} ?? \"\""),
        None => quoted(entry.value),
    };
    let entered = if target.tag == "select" { "selectOption" } else { "fill" };
    match instruct(event, target, &format!("{entered}({value})")) {
        Step::Do { code, .. } => {
            let sent =
                sends(event, target, follows, next).then(|| instruct(event, target, "press(\"Enter\")"));
            let code = match sent {
                Some(Step::Do { code: enter, .. }) => format!("{code}\n  {enter}"),
                _ => code,
            };
            Step::Do { code, variable }
        }
        other => other,
    }
}

/// Whether a field was sent by Enter: another page comes, and nothing was clicked.
fn sends(event: &Event, target: &Element, follows: Option<&Kind>, next: &[Event]) -> bool {
    target.tag == "input" && matches!(follows, Some(Kind::PageView { .. })) && leads_on(event, next)
}

fn instruct(event: &Event, target: &Element, how: &str) -> Step {
    match locator(target) {
        Some(found) => Step::Do { code: format!("await {found}.{how};"), variable: None },
        None => remark(event),
    }
}

fn remark(event: &Event) -> Step {
    Step::Remark(sentence(event))
}
