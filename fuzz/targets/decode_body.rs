//! An upload's body, as `ingest` takes it: inflated, read as text, walked, and its facts.
//!
//! Inflating is held against `flate2`, events against `serde_json`.

#![no_main]

use hindsight::ingest::gzip::{self, Limits};
use hindsight::rrweb::{self, Event, event};
use hindsight_fuzz::member::{self, Found};
use hindsight_fuzz::{choice, seeds};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;

/// A MiB may come of any upload, whatever the ratio (`ingest::gzip`).
const ANY_RATIO_BYTES: usize = 1024 * 1024;

const EVENTS: rrweb::Limits = rrweb::Limits { depth: 64, events: 50, event_bytes: 2000 };

/// How often the bytes that end a member may stand in it; one more, and it is refused.
const MOST_TRAILERS: usize = 4;

/// How the bytes of the input become a body.
const SHAPES: u8 = 4;
const AS_SENT: u8 = 0;
const COMPRESSED: u8 = 1;
const AS_STREAM: u8 = 2;
const FOLLOWED: u8 = 3;

fuzz_target!(init: seeds::plant(seeds()), |data: &[u8]| {
    let Some((shape, rest)) = choice(data, SHAPES) else { return };
    let Some((limits, bytes)) = limits(rest) else { return };
    match shape {
        AS_SENT => decode(bytes, limits),
        COMPRESSED => {
            let member = gzip::deflate(bytes);
            if bytes.len() <= room(&member, limits) {
                assert_eq!(gzip::inflate(&member, limits).as_deref(), Ok(bytes));
            }
            decode(&member, limits);
        }
        AS_STREAM => {
            if let Some(member) = member::around(bytes, ANY_RATIO_BYTES) {
                decode(&member, limits);
            }
        }
        _ => decode(&followed(bytes), limits),
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let page = seeds::PAGE.as_bytes();
    let member = gzip::deflate(page);
    let stream = &member[10..member.len() - 8];
    let stored = [&[1, 3, 0, 252, 255][..], b"[1]"].concat();
    vec![
        seeds::chosen(AS_SENT, &[&[0], page]),
        seeds::chosen(AS_SENT, &[&[0], &member]),
        seeds::chosen(AS_SENT, &[&[1], &member, &member]),
        seeds::chosen(COMPRESSED, &[&[0], page]),
        seeds::chosen(AS_STREAM, &[&[0], stream]),
        seeds::chosen(AS_STREAM, &[&[1], &stored]),
        seeds::chosen(FOLLOWED, &[&[0], b"[1,2,3]", &[4, 3]]),
    ]
}

fn limits(rest: &[u8]) -> Option<(Limits, &[u8])> {
    let (size, bytes) = choice(rest, 2)?;
    let limits = [Limits { bytes: 2 * ANY_RATIO_BYTES, ratio: 200 }, Limits { bytes: 100, ratio: 2 }];
    Some((limits[usize::from(size)], bytes))
}

/// A member with something behind it that looks like its end. The last byte says how
/// much of the input is hidden there, and the one before how it ends.
fn followed(bytes: &[u8]) -> Vec<u8> {
    let [text @ .., ending, hidden] = bytes else { return Vec::new() };
    let (text, hidden) = text.split_at(text.len() - usize::from(*hidden).min(text.len()));
    let end = member::trailer(text);
    let end = match ending % 4 {
        0 => &end[..],
        1 => &end[4..],
        2 => &[],
        _ => &end[..4],
    };
    [&gzip::deflate(text), hidden, end].concat()
}

fn room(body: &[u8], limits: Limits) -> usize {
    limits.bytes.min(ANY_RATIO_BYTES.max(limits.ratio * body.len()))
}

fn decode(body: &[u8], limits: Limits) {
    if gzip::is_gzip(body) {
        if let Some(json) = inflate(body, limits) {
            read(&json);
        }
    } else {
        gzip::inflate(body, limits).expect_err("what is no gzip is not inflated");
        read(body);
    }
}

fn inflate(body: &[u8], limits: Limits) -> Option<Vec<u8>> {
    let room = room(body, limits);
    let ours = gzip::inflate(body, limits);
    match (&ours, member::read(body, room)) {
        (Ok(ours), Found::Whole(theirs)) => assert_eq!(*ours, theirs),
        (Ok(_), Found::Broken) => {
            assert!(member::has_header_checksum(body), "what is broken is inflated");
        }
        (Ok(_), found) => panic!("taken, and it is {found:?}"),
        (Err(error), Found::Whole(_)) => assert!(is_suspect(body), "one whole member is refused: {error}"),
        (Err(_), _) => {}
    }
    let ours = ours.ok()?;
    assert!(ours.capacity() <= room, "{} bytes are reserved, {room} allowed", ours.capacity());
    Some(ours)
}

/// Whether the last bytes stand in the member so often that it was made to mislead.
fn is_suspect(body: &[u8]) -> bool {
    body.last_chunk::<8>()
        .is_some_and(|end| body.windows(8).filter(|part| part == end).count() > MOST_TRAILERS)
}

fn read(json: &[u8]) {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let Ok(text) = std::str::from_utf8(json) else { return };
    let Ok(events) = rrweb::events(text, &EVENTS) else { return };
    let raw: Vec<&RawValue> = serde_json::from_str(text).expect("what is taken is JSON");
    assert_eq!(events.len(), raw.len());
    for (event, raw) in events.iter().zip(raw) {
        assert_eq!(event.json, raw.get());
        agrees(event);
    }
    let facts = event::facts(&events);
    assert_eq!(facts.events, events.len() as i64);
    assert!(events.len() <= EVENTS.events && facts.first_at <= facts.last_at);
    assert!(facts.interactions <= facts.events && facts.json_bytes <= text.len() as i64);
    assert!(facts.identity.is_none_or(|who| (1..=256).contains(&who.id.chars().count())));
    assert!(facts.page.is_none_or(|(_, url)| url.chars().count() <= 2048));
}

/// Holds what is read of an event against what a browser would read, as far as
/// `serde_json` can read it: lone surrogates and huge numbers it cannot.
fn agrees(event: &Event<'_>) {
    assert!(event.json.len() <= EVENTS.event_bytes);
    let written: f64 = event.json[event.timestamp_span.clone()].parse().expect("a number");
    assert_eq!(event.timestamp, (written.round() as i64).clamp(0, 8_640_000_000_000_000));
    let Ok(value) = serde_json::from_str::<Value>(event.json) else { return };
    assert_eq!(value["type"].as_u64(), Some(event.kind.into()), "{}", event.json);
    let data = &value["data"];
    match event.kind {
        2 => assert!(data["node"]["id"].is_number(), "{}", event.json),
        3 => {
            let source = data["source"].as_u64().expect("a source");
            assert_eq!(event.is_interaction(), [1, 2, 3, 5, 6, 7, 12, 14].contains(&source));
        }
        4 => {
            let shown: String = data["href"].as_str().expect("an address").chars().take(2048).collect();
            assert_eq!(event.page_url(), Some(shown), "{}", event.json);
        }
        5 => assert!(data["tag"].is_string(), "{}", event.json),
        6 => assert!(data["plugin"].is_string(), "{}", event.json),
        _ => {}
    }
    if event.visitor().is_some() {
        assert_eq!(data["tag"].as_str(), Some("hindsight.identify"), "{}", event.json);
    }
}
