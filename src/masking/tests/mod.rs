//! Hand-made recordings with a secret in each place, and each trap that is known.

mod anything;
mod blocks;
mod places;
mod typing;

use serde_json::{Value, json};

use super::*;
use crate::rrweb::{self, Limits};

const LIMITS: Limits = Limits { depth: 100_000, events: usize::MAX, event_bytes: usize::MAX };

/// Hides these values where a span holds them as they are.
fn hiding(values: &[&str]) -> impl Masker {
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    move |spans: &[Span]| {
        let mut changes = Vec::new();
        for (index, span) in spans.iter().enumerate() {
            let found = values.iter().filter(|value| span.text.contains(value.as_str()));
            let secret = |value: &String| Secret {
                value: value.clone(),
                with: "[…]".to_owned(),
                kind: "test".to_owned(),
            };
            let secrets: Vec<Secret> = found.map(secret).collect();
            if !secrets.is_empty() {
                changes.push(Change { index: index as u32, edit: Edit::Hide { secrets } });
            }
        }
        Ok(changes)
    }
}

/// Edits the spans whose whole text is this.
fn editing(text: &str, edit: Edit) -> impl Masker {
    move |spans: &[Span]| {
        let spans = spans.iter().enumerate().filter(|(_, span)| span.text == text);
        Ok(spans.map(|(index, _)| Change { index: index as u32, edit: edit.clone() }).collect())
    }
}

/// The events as they were written, after masking, and what was done.
fn masked_texts(events: &[String], masker: impl Masker) -> (Vec<String>, Report) {
    let batch = format!("[{}]", events.join(","));
    let events = rrweb::events(&batch, &LIMITS).expect("events");
    let mut collecting = Collecting::new(vec![Box::new(masker)]);
    for event in &events {
        collecting.read(1, event).expect("the masker answers");
    }
    let mut decisions = collecting.finish().expect("the masker answers");
    if decisions.needs_locating() {
        events.iter().for_each(|event| decisions.locate(1, event));
    }
    let mut rewriting = decisions.rewriting();
    let texts = events.iter().map(|event| rewriting.rewrite(1, event).into_owned()).collect();
    (texts, rewriting.finish())
}

fn masked(events: &[Value], masker: impl Masker) -> Vec<Value> {
    let events: Vec<String> = events.iter().map(Value::to_string).collect();
    let (texts, _) = masked_texts(&events, masker);
    texts.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect()
}

/// All the spans that a masker is asked about, in their order.
fn asked(events: &[Value]) -> Vec<Span> {
    let mut all = Vec::new();
    let events: Vec<String> = events.iter().map(Value::to_string).collect();
    masked_texts(&events, |spans: &[Span]| {
        all.extend_from_slice(spans);
        Ok(Vec::new())
    });
    all
}

fn texts_asked(events: &[Value]) -> Vec<String> {
    asked(events).into_iter().map(|span| span.text).collect()
}

fn event(kind: u8, at: i64, data: Value) -> Value {
    json!({"type": kind, "data": data, "timestamp": at})
}

fn element(id: i64, tag: &str, attributes: Value, children: Vec<Value>) -> Value {
    json!({"type": 2, "tagName": tag, "attributes": attributes, "childNodes": children, "id": id})
}

fn text(id: i64, text: &str) -> Value {
    json!({"type": 3, "textContent": text, "id": id})
}

/// A full snapshot of a page with this in its body, which is node 3.
fn page(children: Vec<Value>) -> Value {
    let html = element(2, "html", json!({}), vec![element(3, "body", json!({}), children)]);
    let document = json!({"type": 0, "childNodes": [html], "id": 1});
    event(2, 1_000, json!({"node": document, "initialOffset": {"left": 0, "top": 0}}))
}

fn mutation(at: i64, parts: Value) -> Value {
    let mut data = json!({"source": 0, "adds": [], "removes": [], "texts": [], "attributes": []});
    for (name, part) in parts.as_object().expect("an object") {
        data[name] = part.clone();
    }
    event(3, at, data)
}

fn add(parent: i64, next: Option<i64>, node: Value) -> Value {
    json!({"parentId": parent, "nextId": next, "node": node})
}

fn input(at: i64, id: i64, text: &str) -> Value {
    event(3, at, json!({"source": 5, "text": text, "isChecked": false, "id": id}))
}

/// What stands in the body of the page of a full snapshot.
fn body(snapshot: &Value) -> &Value {
    &snapshot["data"]["node"]["childNodes"][0]["childNodes"][0]["childNodes"]
}
