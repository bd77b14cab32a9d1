//! Recordings as other tools write them into files, made what `rrweb::file` reads.
//!
//! - rrweb-player and others: `{"events": [...]}`.
//! - PostHog's "Export recording to a file": `{"version": ..., "data": {"person", "snapshots"}}`,
//!   or `snapshotsByWindowId` in files of 2022. Each of its windows becomes a stream.
//! - One event on each line.

use std::borrow::Cow;

use serde_json::Value;

use super::packed::Unpacker;
use super::{Claim, Limits, posthog, timestamp};
use crate::ingest::Refused;
use crate::model::TimestampMs;
use crate::rrweb::fields::{Fields, elements};
use crate::rrweb::json::Cursor;

/// Batches are about this large, as a recorder would make them.
const BATCH_BYTES: usize = 256 * 1024;

const MOST_NAME_CHARS: usize = 256;

/// What is taken over of what PostHog knows of a person.
const TRAITS: [&str; 2] = ["email", "name"];

/// The text of a file as an array of events or of batches.
pub fn ours<'a>(text: &'a str, limits: &Limits) -> Result<Cow<'a, str>, Refused> {
    if !text.trim_start().starts_with('{') {
        return Ok(Cow::Borrowed(text));
    }
    if let Some(lines) = lines(text, limits) {
        return Ok(lines.into());
    }
    super::checked(text.as_bytes(), limits)?;
    let fields = Fields::of(text);
    if let Some(events) = fields.json("events") {
        return Ok(Cow::Borrowed(events));
    }
    let data = Fields::of(fields.json("data").unwrap_or("null"));
    let windows = windows(&data);
    if windows.is_empty() { Ok(Cow::Borrowed(text)) } else { from_windows(&windows, claim(&data), limits) }
}

/// An array of the values that stand on lines of their own, if they do.
fn lines(text: &str, limits: &Limits) -> Option<String> {
    let mut first = Cursor::new(text, limits.depth);
    first.value().ok()?;
    let after = text[first.position()..].trim_start_matches([' ', '\t', '\r']);
    if !after.starts_with('\n') || after.trim().is_empty() {
        return None;
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Some(format!("[{}]", lines.join(",")))
}

/// The events of each window, in the order in which the windows appear.
fn windows<'a>(data: &Fields<'a>) -> Vec<(String, Vec<&'a str>)> {
    if let Some(by_window) = data.json("snapshotsByWindowId") {
        let windows = Fields::of(by_window);
        return windows.iter().map(|(name, events)| (name.to_owned(), elements(events))).collect();
    }
    let mut windows: Vec<(String, Vec<&str>)> = Vec::new();
    for event in data.list("snapshots") {
        let fields = Fields::of(event);
        let name = match fields.text("windowId", MOST_NAME_CHARS) {
            name if name.is_empty() => fields.text("window_id", MOST_NAME_CHARS),
            name => name,
        };
        match windows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, events)) => events.push(event),
            None => windows.push((name, vec![event])),
        }
    }
    windows
}

/// Who the person is, if the site named them.
fn claim(data: &Fields<'_>) -> Option<Claim> {
    let person = Fields::of(data.json("person").unwrap_or("null"));
    let names = person.list("distinct_ids").into_iter().filter_map(crate::rrweb::text::text_of);
    let id = names.into_iter().find(|name| posthog::is_named(name))?;
    let properties = Fields::of(person.json("properties").unwrap_or("null"));
    let traits: serde_json::Map<String, Value> = TRAITS
        .iter()
        .map(|name| ((*name).to_owned(), properties.text(name, MOST_NAME_CHARS)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, Value::from(value)))
        .collect();
    Some(Claim { id, traits: Value::Object(traits).to_string() })
}

fn from_windows<'a>(
    windows: &[(String, Vec<&str>)],
    mut claim: Option<Claim>,
    limits: &Limits,
) -> Result<Cow<'a, str>, Refused> {
    let mut unpacker = Unpacker::new(*limits);
    let mut written = String::from("[");
    for (name, events) in windows {
        let (mut seq, mut batch) = (0, String::new());
        let mut close = |batch: &mut String| {
            let before = if written.len() > 1 { "," } else { "" };
            let stream = Value::from(name.as_str());
            written.push_str(&format!(r#"{before}{{"stream":{stream},"seq":{seq},"events":[{batch}]}}"#));
            seq += 1;
            batch.clear();
        };
        for event in events {
            let separator = if batch.is_empty() { "" } else { "," };
            batch.push_str(separator);
            batch.push_str(&unpacker.unpack(event)?);
            if let Some(claim) = claim.take() {
                let at = timestamp(Fields::of(event).json("timestamp")) as TimestampMs;
                batch.push_str(&format!(",{}", claim.event(at)));
            }
            if batch.len() >= BATCH_BYTES {
                close(&mut batch);
            }
        }
        if !batch.is_empty() {
            close(&mut batch);
        }
    }
    written.push(']');
    Ok(written.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::gzip;

    const LIMITS: Limits = Limits { inflated: gzip::Limits { bytes: 1 << 20, ratio: 1000 }, depth: 64 };

    const SCROLL: &str = r#"{"type":3,"data":{"source":3,"id":1,"x":0,"y":5},"timestamp":7}"#;

    #[test]
    fn each_tools_files_are_read() {
        let array = format!("[{SCROLL},{SCROLL}]");
        for file in [array.clone(), format!(r#"{{"events":{array}}}"#), format!("{SCROLL}\n\n{SCROLL}\r\n")] {
            assert_eq!(ours(&file, &LIMITS).expect("read"), array);
        }
        let event = |window: &str| format!(r#"{{"windowId":"{window}",{}"#, &SCROLL[1..]);
        let file = format!(
            r#"{{"version":"2023-04-28","data":{{"id":"x","person":{{"distinct_ids":["ann"],"properties":{{"email":"a@b.example","$os":"Linux"}}}},
               "snapshots":[{},{},{}]}}}}"#,
            event("a"),
            event("b"),
            event("a")
        );
        let read = ours(&file, &LIMITS).expect("read");
        let batches: Vec<Value> = serde_json::from_str(&read).expect("JSON");
        let shape = |batch: &Value| (batch["stream"].clone(), batch["events"].as_array().map(Vec::len));
        assert_eq!(
            batches.iter().map(shape).collect::<Vec<_>>(),
            [("a".into(), Some(3)), ("b".into(), Some(1))]
        );
        assert_eq!(batches[0]["events"][1]["data"]["payload"]["traits"]["email"], "a@b.example");
    }

    #[test]
    fn what_is_of_no_tool_is_left_to_be_refused() {
        for other in [r#"{"some":"JSON"}"#, "{", "<html>"] {
            assert!(
                ours(other, &LIMITS).is_err() || ours(other, &LIMITS).is_ok_and(|same| same == other),
                "{other}"
            );
        }
    }
}
