//! Where a stream is cut into segments, and when its events happened.

use std::collections::HashMap;

use super::styles;
use crate::model::{Stretch, StyleHash, TimestampMs};
use crate::rrweb::Event;

/// The first segment holds the first full snapshot and at least this much JSON, in bytes.
const FIRST_BYTES: usize = 64 * 1024;

/// From this size on, in bytes of JSON, the next full snapshot begins a new segment.
/// Smaller ones share one: most of a page is the same as it was minutes before, and
/// compression finds that only within a segment.
const CUT_BYTES: usize = 2 * 1024 * 1024;

/// No segment is larger, in bytes of JSON, but one of a single event.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Nor does one become larger when its stylesheets are put back, in bytes of JSON, but one
/// of a single event: what names one large stylesheet again and again is small itself.
const MAX_WHOLE_BYTES: usize = 64 * 1024 * 1024;

/// A visitor who does nothing for so long is idle, as the player has it (`interactions.ts`).
const PAUSE_MS: i64 = 5_000;

/// Longer stretches are told as several, so that they show when much was done.
const LONGEST_STRETCH_MS: i64 = 10_000;

/// Where an event came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The batch.
    pub seq: i64,
    /// Its place in the batch, from 0.
    pub index: i64,
}

/// A piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where its first event came from.
    pub first: Origin,
    /// The batch that its last event came in.
    pub last_seq: i64,
    /// Its first event.
    pub first_at: TimestampMs,
    /// Its last event.
    pub last_at: TimestampMs,
    /// How many events it holds.
    pub events: i64,
    /// How many of them the visitor caused.
    pub interactions: i64,
    /// When the visitor did something.
    pub active: Vec<Stretch>,
    /// Whether it holds a full snapshot.
    pub snapshot: bool,
    /// A JSON array of events.
    pub json: String,
    /// The stylesheets that were taken out of it: JSON strings.
    pub styles: HashMap<StyleHash, String>,
}

/// Cuts one stream. Events are pushed in the order of their origin.
pub struct Cutter {
    open: Option<Segment>,
    /// The size of its events as they came, in bytes.
    whole_bytes: usize,
    /// The time of the last event: time does not run backwards.
    last_at: TimestampMs,
    /// Whether the first segment is closed.
    begun: bool,
    /// Whether the event before this one starts a page, whose snapshot follows.
    after_meta: bool,
}

impl Default for Cutter {
    fn default() -> Self {
        Self { open: None, whole_bytes: 0, last_at: TimestampMs::MIN, begun: false, after_meta: false }
    }
}

impl Cutter {
    /// Takes the next event, which happened between the two times if clocks are to be
    /// believed. Returns the segment before it, if that ends here.
    pub fn push(
        &mut self,
        origin: Origin,
        event: &Event<'_>,
        (earliest, latest): (TimestampMs, TimestampMs),
    ) -> Option<Segment> {
        let at = event.timestamp.clamp(earliest, latest.max(earliest)).max(self.last_at);
        self.last_at = at;
        let closed = if self.cuts_before(origin, event) { self.close() } else { None };
        self.after_meta = event.is_meta();
        let segment = self.open.get_or_insert_with(|| Segment::starting(origin, at));
        segment.add(origin, event, at);
        self.whole_bytes += event.json.len();
        closed
    }

    /// When the last event happened, as it is kept.
    pub fn last_at(&self) -> TimestampMs {
        self.last_at
    }

    /// The last segment.
    pub fn finish(mut self) -> Option<Segment> {
        self.close()
    }

    fn cuts_before(&self, origin: Origin, event: &Event<'_>) -> bool {
        let Some(open) = &self.open else { return false };
        let bytes = open.json.len();
        let begins_page = event.is_meta() || (event.is_full_snapshot() && !self.after_meta);
        let is_gap = origin.seq > open.last_seq + 1;
        let first_is_whole = !self.begun && open.snapshot && bytes >= FIRST_BYTES;
        is_gap
            || first_is_whole
            || (begins_page && bytes >= CUT_BYTES)
            || bytes + event.json.len() >= MAX_BYTES
            || self.whole_bytes + event.json.len() >= MAX_WHOLE_BYTES
    }

    fn close(&mut self) -> Option<Segment> {
        let mut closed = self.open.take()?;
        self.whole_bytes = 0;
        self.begun |= closed.snapshot;
        closed.json.push(']');
        Some(closed)
    }
}

impl Segment {
    fn starting(first: Origin, at: TimestampMs) -> Self {
        Self {
            first,
            last_seq: first.seq,
            first_at: at,
            last_at: at,
            events: 0,
            interactions: 0,
            active: Vec::new(),
            snapshot: false,
            json: "[".to_owned(),
            styles: HashMap::new(),
        }
    }

    fn add(&mut self, origin: Origin, event: &Event<'_>, at: TimestampMs) {
        if self.events > 0 {
            self.json.push(',');
        }
        if at == event.timestamp {
            self.write(event.json);
        } else {
            self.write(&event.json[..event.timestamp_span.start]);
            self.json.push_str(&at.to_string());
            self.write(&event.json[event.timestamp_span.end..]);
        }
        self.last_seq = origin.seq;
        self.last_at = at;
        self.events += 1;
        self.snapshot |= event.is_full_snapshot();
        if event.is_interaction() {
            self.interactions += 1;
            self.note_activity(at);
        }
    }

    fn note_activity(&mut self, at: TimestampMs) {
        match self.active.last_mut() {
            Some(last) if at - last.to <= PAUSE_MS && at - last.from <= LONGEST_STRETCH_MS => {
                last.to = at;
                last.events += 1;
            }
            _ => self.active.push(Stretch { from: at, to: at, events: 1 }),
        }
    }

    fn write(&mut self, json: &str) {
        let Self { json: out, styles, .. } = self;
        styles::take_out(json, out, |hash, style| {
            styles.entry(hash).or_insert_with(|| style.to_owned());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rrweb::{self, Limits};

    const LIMITS: Limits = Limits { depth: 100, events: 100_000, event_bytes: usize::MAX };
    const ANY_TIME: (i64, i64) = (i64::MIN, i64::MAX);

    fn cut(batches: &[(i64, String)]) -> Vec<Segment> {
        let mut cutter = Cutter::default();
        let mut segments = Vec::new();
        for (seq, batch) in batches {
            for (index, event) in (0..).zip(rrweb::events(batch, &LIMITS).expect("events")) {
                segments.extend(cutter.push(Origin { seq: *seq, index }, &event, ANY_TIME));
            }
        }
        segments.extend(cutter.finish());
        segments
    }

    fn snapshot(at: i64, bytes: usize) -> String {
        format!(
            r#"{{"type":4,"data":{{"href":"https://x.example/","width":1,"height":1}},"timestamp":{at}}},
            {{"type":2,"data":{{"node":{{"id":1,"type":0,"x":"{}"}}}},"timestamp":{at}}}"#,
            "x".repeat(bytes)
        )
    }

    fn moves(at: i64, bytes: usize) -> String {
        format!(r#"{{"type":3,"data":{{"source":2,"id":1,"x":"{}"}},"timestamp":{at}}}"#, "x".repeat(bytes))
    }

    #[test]
    fn the_first_segment_ends_after_the_first_snapshot() {
        let batch = format!("[{},{},{}]", snapshot(10, 100_000), moves(20, 10), moves(30, 10));
        let segments = cut(&[(0, batch)]);
        let events: Vec<_> = segments.iter().map(|segment| (segment.events, segment.snapshot)).collect();
        assert_eq!(events, [(2, true), (2, false)]);
        assert_eq!(segments[1].first, Origin { seq: 0, index: 2 });
        assert_eq!((segments[1].first_at, segments[1].last_at, segments[1].interactions), (20, 30, 2));
        let small = format!("[{},{}]", snapshot(10, 100), moves(20, 10));
        assert_eq!(cut(&[(0, small)]).len(), 1, "a small page needs no second request");
    }

    #[test]
    fn later_segments_begin_with_a_snapshot_or_when_they_are_full() {
        let page = |at| format!("[{},{}]", snapshot(at, 100_000), moves(at, 1_500_000));
        let segments =
            cut(&[(0, page(1)), (1, page(2)), (2, page(3)), (3, format!("[{}]", moves(4, 3_000_000)))]);
        let firsts: Vec<_> = segments.iter().map(|segment| (segment.first.seq, segment.snapshot)).collect();
        assert_eq!(firsts, [(0, true), (0, true), (2, true), (3, false)]);
        assert!(segments.iter().all(|segment| segment.json.len() <= MAX_BYTES));
    }

    #[test]
    fn a_segment_is_not_large_when_its_stylesheets_are_put_back() {
        let sheet = "a".repeat(MAX_WHOLE_BYTES / 20);
        let event = format!(r#"{{"type":3,"data":{{"source":0,"_cssText":"{sheet}"}},"timestamp":1}}"#);
        let segments = cut(&[(0, format!("[{}]", [event.as_str(); 21].join(",")))]);
        assert_eq!(segments.iter().map(|segment| segment.events).collect::<Vec<_>>(), [19, 2]);
        assert!(segments.iter().all(|segment| segment.json.len() < 10_000 && segment.styles.len() == 1));
    }

    #[test]
    fn a_gap_ends_a_segment() {
        let segments = cut(&[(0, format!("[{}]", moves(1, 1))), (2, format!("[{}]", moves(2, 1)))]);
        assert_eq!(segments.iter().map(|segment| segment.last_seq).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn time_does_not_run_backwards_and_what_is_right_is_left_as_it_was() {
        let batch = r#"[{"type":0,"timestamp":5.0},{ "timestamp": 3, "type":1 },{"type":0,"timestamp":99}]"#;
        let mut cutter = Cutter::default();
        for (index, event) in (0..).zip(rrweb::events(batch, &LIMITS).expect("events")) {
            assert!(cutter.push(Origin { seq: 0, index }, &event, (0, 10)).is_none());
        }
        assert_eq!(
            cutter.finish().expect("a segment").json,
            r#"[{"type":0,"timestamp":5.0},{ "timestamp": 5, "type":1 },{"type":0,"timestamp":10}]"#
        );
    }
}
