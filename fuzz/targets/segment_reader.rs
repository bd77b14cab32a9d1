//! Segments, both ways: any bytes as a frame, any text as a segment, and streams that
//! are cut, pressed, read and put back together.

#![no_main]

use std::collections::HashMap;

use hindsight::model::StyleHash;
use hindsight::rrweb::{self, Limits};
use hindsight::segment::frame::{self, Press};
use hindsight::segment::{Cutter, Origin, Segment, styles};
use hindsight_fuzz::streams::{self, Batch};
use hindsight_fuzz::{choice, seeds};
use libfuzzer_sys::fuzz_target;

/// What was stored was within the limits when it came.
const ANY: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// No frame of the input may become larger.
const MOST_BYTES: usize = 1024 * 1024;

/// What the cutter promises of a segment's JSON, but for what times and marks add.
const SEGMENT_BYTES: usize = 4 * 1024 * 1024;

const SHAPES: u8 = 4;
const FRAME: u8 = 0;
const TEXT: u8 = 1;
const BATCH: u8 = 2;
const STEPS: u8 = 3;

fuzz_target!(init: seeds::plant(seeds()), |data: &[u8]| {
    let Some((shape, rest)) = choice(data, SHAPES) else { return };
    match shape {
        FRAME => open(rest),
        TEXT => put_back(rest),
        BATCH => repeat(rest),
        _ => cut(&streams::from_steps(rest)),
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let page = seeds::PAGE.as_bytes();
    let frame = Press::small().and_then(|mut press| press.compress(page)).expect("a frame");
    let marked = format!(r#"[{{"_cssText":"{}{}"}}]"#, styles::MARK, "0123456789abcdef".repeat(2));
    let steps: Vec<u8> = (0..40).flat_map(|step: u8| [step, step * 5, 1, step]).collect();
    let pages = |size| [1, 9, 1, 3, 2, size, 1, 0, 7, 1, 7, 0, 4, 150, 1, 3].repeat(4);
    vec![
        seeds::chosen(FRAME, &[&frame]),
        seeds::chosen(TEXT, &[page]),
        seeds::chosen(TEXT, &[marked.as_bytes()]),
        seeds::chosen(BATCH, &[&[1, 3, 200, 5], page]),
        seeds::chosen(STEPS, &[&steps]),
        seeds::chosen(STEPS, &[&pages(8)]),
        seeds::chosen(STEPS, &[&pages(240)]),
        seeds::chosen(STEPS, &[&pages(251)]),
    ]
}

/// Any bytes as a frame.
fn open(bytes: &[u8]) {
    let size = frame::size(bytes, MOST_BYTES);
    assert!(size <= MOST_BYTES);
    let Ok(opened) = frame::decompress(bytes, size) else { return };
    assert!(opened.len() <= size && opened.capacity() <= MOST_BYTES);
    put_back(&opened);
}

/// Any text as a segment, with a stylesheet wherever one is named.
fn put_back(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let none = styles::put_back(text, |_| None);
    let sheet = styles::put_back(text, |_| Some("\"a{b:c}\"")).expect("all are there");
    match none {
        Ok(same) => assert!(same == text && sheet == text),
        Err(missing) => assert!(text.contains(&missing.0.to_string())),
    }
    let is_batch = |text: &str| rrweb::events(text, &ANY).is_ok();
    assert_eq!(is_batch(text), is_batch(&sheet), "a stylesheet changes what it stands in");

    let mut taken = HashMap::new();
    let mut out = String::new();
    styles::take_out(text, &mut out, |hash, sheet| {
        taken.insert(hash, sheet.to_owned());
    });
    assert_eq!(sheets_back(&out, &taken), text);
}

/// One batch, sent a few times: the first bytes say with which numbers and clocks.
fn repeat(bytes: &[u8]) {
    let Some(([times, steps @ ..], json)) = bytes.split_first_chunk::<4>() else { return };
    let Ok(json) = std::str::from_utf8(json) else { return };
    if rrweb::events(json, &ANY).is_err() {
        return;
    }
    let first = i64::from(*times) * 10_000_000_000;
    let times = if times % 3 == 0 { (i64::MIN, i64::MAX) } else { (first, first + 1_000_000) };
    let mut seq = -1;
    let batches = steps.map(|step| {
        seq += 1 + i64::from(step);
        Batch { seq, json: json.to_owned(), times }
    });
    cut(&batches);
}

/// What one event has become when its segment is read.
struct Expected {
    json: String,
    seq: i64,
    at: i64,
    interaction: bool,
    snapshot: bool,
}

/// Cuts a stream and holds its segments, read back, against its events.
fn cut(batches: &[Batch]) {
    let mut press = Press::fast().expect("memory for a press");
    let mut cutter = Cutter::default();
    let mut segments = Vec::new();
    let mut expected = Vec::new();
    let mut last_at = i64::MIN;
    for batch in batches {
        let events = rrweb::events(&batch.json, &ANY).expect("made of good events");
        for (index, event) in (0..).zip(&events) {
            let (earliest, latest) = batch.times;
            last_at = event.timestamp.min(latest.max(earliest)).max(earliest).max(last_at);
            let mut json = event.json.to_owned();
            if last_at != event.timestamp {
                json.replace_range(event.timestamp_span.clone(), &last_at.to_string());
            }
            let (interaction, snapshot) = (event.is_interaction(), event.is_full_snapshot());
            expected.push(Expected { json, seq: batch.seq, at: last_at, interaction, snapshot });
            segments.extend(cutter.push(Origin { seq: batch.seq, index }, event, batch.times));
        }
    }
    segments.extend(cutter.finish());

    let mut rest = &expected[..];
    for segment in &segments {
        let (own, others) = rest.split_at(segment.events as usize);
        check(segment, own);
        let events = events_of(segment, &mut press);
        assert!(events.iter().eq(own.iter().map(|event| &event.json)), "events are not what they were");
        rest = others;
    }
    assert!(rest.is_empty(), "{} events are lost", rest.len());
    assert!(segments.is_sorted_by_key(|segment| segment.first));
}

/// The numbers beside a segment say what is in it.
fn check(segment: &Segment, own: &[Expected]) {
    let (first, last) = (own.first().expect("an event"), own.last().expect("an event"));
    assert_eq!((segment.first.seq, segment.last_seq), (first.seq, last.seq));
    assert_eq!((segment.first_at, segment.last_at), (first.at, last.at));
    assert_eq!(segment.snapshot, own.iter().any(|event| event.snapshot));
    let interactions = own.iter().filter(|event| event.interaction).count() as i64;
    assert_eq!(segment.interactions, interactions);
    assert_eq!(segment.active.iter().map(|stretch| stretch.events).sum::<i64>(), interactions);
    assert!(segment.active.iter().all(|stretch| stretch.from <= stretch.to && stretch.events > 0));
    assert!(segment.active.is_sorted_by(|one, next| one.to <= next.from));
    assert!(own.windows(2).all(|pair| pair[1].seq - pair[0].seq <= 1), "a gap is inside a segment");
    assert!(own.len() == 1 || segment.json.len() <= SEGMENT_BYTES + 100, "{} bytes", segment.json.len());
}

/// The events of a segment as one reads them who has only its frame and its stylesheets.
fn events_of(segment: &Segment, press: &mut Press) -> Vec<String> {
    let pressed = press.compress(segment.json.as_bytes()).expect("memory for a frame");
    let size = frame::size(&pressed, usize::MAX);
    assert_eq!(size, segment.json.len());
    let json = String::from_utf8(frame::decompress(&pressed, size).expect("a frame")).expect("text");
    let whole = sheets_back(&json, &segment.styles);
    let events = rrweb::events(&whole, &ANY).expect("a segment is a batch");
    events.iter().map(|event| event.json.to_owned()).collect()
}

fn sheets_back(json: &str, sheets: &HashMap<StyleHash, String>) -> String {
    styles::put_back(json, |hash| sheets.get(&hash).map(String::as_str)).expect("all are there")
}
