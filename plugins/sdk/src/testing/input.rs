//! Inputs of `hindsight plugin test`, read for a plugin that runs natively.

use std::rc::Rc;

use serde_json::Value;

use crate::{
    Attr, Button, Click, ConsoleLine, Custom, Element, Event, EventKind, Feedback, Identity, Input, LogLevel,
    Mutation, PageCause, PageView, Pointer, Prompt, Reply, Request, Scroll, SessionInfo, Size, Uncaught,
};

/// The session and the events of an input: `tests/input.json`, or the input of a run from
/// the Plugins page. What is left out is empty.
///
/// # Panics
///
/// When it is no JSON, or has an event that this SDK does not know.
pub fn input(json: &str) -> (SessionInfo, Vec<Event>) {
    let input: Value = serde_json::from_str(json).expect("the input is JSON");
    let of = |name| text(&input["session"], name);
    let session = SessionInfo {
        id: of("id"),
        started_at: of("startedAt"),
        duration: number(&input["session"], "duration"),
        user_agent: of("userAgent"),
        landing_url: of("landingUrl"),
        visitor: of("visitor"),
    };
    (session, list(&input["events"], event))
}

fn event(event: &Value) -> Event {
    Event { at: number(event, "at"), page: number(event, "page"), kind: kind(event) }
}

#[allow(clippy::too_many_lines, reason = "one arm for each kind")]
fn kind(of: &Value) -> EventKind {
    let (text, number) = (|name| text(of, name), |name| number(of, name));
    let place = || (signed(of, "x"), signed(of, "y"));
    match of["kind"].as_str().unwrap_or_default() {
        "page-view" => EventKind::PageView(PageView {
            url: text("url"),
            title: text("title"),
            cause: match of["cause"].as_str() {
                Some("history") => PageCause::History,
                Some("hash") => PageCause::Hash,
                Some("reload") => PageCause::Reload,
                _ => PageCause::Load,
            },
            width: number("width"),
            height: number("height"),
        }),
        "click" => {
            EventKind::Click(Click { target: target(of), button: button(of), x: place().0, y: place().1 })
        }
        "input" => EventKind::Input(Input {
            target: target(of),
            value: text("value"),
            length: number("length"),
            checked: of["checked"].as_bool(),
            edits: number("edits"),
            since: number("since"),
        }),
        "focus" => EventKind::Focus(target(of)),
        "blur" => EventKind::Blur(target(of)),
        "scroll" => EventKind::Scroll(Scroll { target: maybe_target(of), x: place().0, y: place().1 }),
        "pointer" => EventKind::Pointer(Pointer { x: place().0, y: place().1 }),
        "resize" => EventKind::Resize(Size { width: number("width"), height: number("height") }),
        "mutation" => EventKind::Mutation(Mutation {
            added: number("added"),
            removed: number("removed"),
            texts: number("texts"),
            attributes: number("attributes"),
            target: maybe_target(of),
        }),
        "selection" => EventKind::Selection(text("text")),
        "copy" => EventKind::Copy(text("text")),
        "console" => EventKind::Console(ConsoleLine {
            level: match of["level"].as_str() {
                Some("error") => LogLevel::Error,
                Some("warn") => LogLevel::Warn,
                Some("debug") => LogLevel::Debug,
                _ => LogLevel::Info,
            },
            text: text("text"),
            stack: text("stack"),
        }),
        "error" => EventKind::Error(Uncaught { text: text("text"), stack: text("stack") }),
        "request" => EventKind::Request(Request {
            method: text("method"),
            url: text("url"),
            status: number("status"),
            took: number("took"),
        }),
        "prompt" => EventKind::Prompt(Prompt {
            id: text("id"),
            conversation: text("conversation"),
            text: text("text"),
        }),
        "reply" => EventKind::Reply(Reply {
            id: text("id"),
            to: text("to"),
            text: text("text"),
            answered: of["answered"].as_bool(),
            sources: list(&of["sources"], |source| source.as_str().unwrap_or_default().to_owned()),
            took: number("took"),
        }),
        "feedback" => EventKind::Feedback(Feedback { id: text("id"), value: signed(of, "value") }),
        "identify" => EventKind::Identify(Identity { id: text("id"), traits: list(&of["traits"], attr) }),
        "hidden" => EventKind::Hidden,
        "visible" => EventKind::Visible,
        "idle" => EventKind::Idle(number("lasted")),
        "custom" => EventKind::Custom(Custom { name: text("name"), json: text("json") }),
        other => panic!("there is no kind of event {other:?}"),
    }
}

fn button(click: &Value) -> Button {
    match click["button"].as_str() {
        Some("secondary") => Button::Secondary,
        Some("middle") => Button::Middle,
        Some("double") => Button::Double,
        Some("tap") => Button::Tap,
        _ => Button::Primary,
    }
}

fn target(event: &Value) -> Rc<Element> {
    maybe_target(event).expect("the event has a target")
}

fn maybe_target(event: &Value) -> Option<Rc<Element>> {
    let target = event.get("target").filter(|target| target.is_object())?;
    Some(Rc::new(Element {
        node: number(target, "node"),
        tag: text(target, "tag"),
        selector: text(target, "selector"),
        label: text(target, "label"),
        role: text(target, "role"),
        interactive: target["interactive"].as_bool().unwrap_or_default(),
        attrs: list(&target["attrs"], attr),
    }))
}

fn attr(attr: &Value) -> Attr {
    Attr { name: text(attr, "name"), value: text(attr, "value") }
}

fn list<T>(values: &Value, read: impl FnMut(&Value) -> T) -> Vec<T> {
    values.as_array().into_iter().flatten().map(read).collect()
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

fn number(of: &Value, name: &str) -> u32 {
    of[name].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

fn signed(of: &Value, name: &str) -> i32 {
    of[name].as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
}
