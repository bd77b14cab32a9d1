//! The events of a batch: a JSON array of `{type, data, timestamp}` (rrweb 2.2).
//!
//! Checked is only what rrweb's player cannot do without: a type, a time, `data`
//! that is an object where the type needs one, a node with an id in a full
//! snapshot, a URL in a Meta event. Types and sources that are not known yet are
//! kept, so that a newer recorder loses nothing.

use std::ops::Range;

use super::json::{self, Cursor};
use crate::model::{BatchFacts, LAST_TIMESTAMP, TimestampMs};

/// rrweb's `EventType`, as far as the server looks at it.
mod kind {
    pub const FULL_SNAPSHOT: u8 = 2;
    pub const INCREMENTAL: u8 = 3;
    pub const META: u8 = 4;
    pub const CUSTOM: u8 = 5;
    pub const PLUGIN: u8 = 6;
}

/// Types and sources above this are not rrweb's, nor likely to become so.
const LAST_KIND: i64 = 99;

/// Longer URLs are cut in lists; the recording keeps them whole.
const MAX_URL_CHARS: usize = 2048;

/// Timestamps of one batch that are further apart than this are not all honest.
const LONGEST_BATCH_MS: i64 = 24 * 60 * 60 * 1000;

/// rrweb's `IncrementalSource`s that a visitor causes: mouse move, mouse
/// interaction, scroll, input, touch move, media interaction, drag and selection.
const SOURCES_OF_VISITORS: [u8; 8] = [1, 2, 3, 5, 6, 7, 12, 14];

/// How much a batch may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Arrays and objects inside each other, the batch's own array included.
    pub depth: usize,
    /// Events in one batch.
    pub events: usize,
    /// Bytes of one event.
    pub event_bytes: usize,
}

/// Why a text is not a batch of events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "`index` is the event's place in the batch, from 0; `at` a byte offset")]
pub enum Error {
    #[error("the JSON is broken at byte {at}")]
    Syntax { at: usize },
    #[error("the JSON is nested too deep")]
    TooDeep,
    #[error("the batch is not a JSON array of at least one event")]
    NotABatch,
    #[error("the batch holds more events than allowed")]
    TooManyEvents,
    #[error("batch {index} has a `seq` that is not a whole number")]
    BadSeq { index: usize },
    #[error("event {index} is larger than allowed")]
    EventTooLarge { index: usize },
    #[error("event {index} is nested too deep")]
    EventTooDeep { index: usize },
    #[error("event {index} has the key `{key}` twice")]
    DuplicateKey { index: usize, key: &'static str },
    #[error("event {index} has no `type` from 0 to 99")]
    BadType { index: usize },
    #[error("event {index} {problem}")]
    BadEvent { index: usize, problem: &'static str },
}

/// One event: where it stands, and the little that the server must know of it.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The whole event as it came.
    pub json: &'a str,
    /// Where the digits of its timestamp stand in `json`.
    pub timestamp_span: Range<usize>,
    /// When it happened, by the visitor's clock; within what a JavaScript date can hold.
    pub timestamp: TimestampMs,
    /// rrweb's `EventType`.
    pub kind: u8,
    /// rrweb's `IncrementalSource`, of an incremental event.
    source: Option<u8>,
    /// The JSON string with the page's URL, of a Meta event.
    href: Option<&'a str>,
}

impl Event<'_> {
    /// Whether it holds the whole page.
    pub fn is_full_snapshot(&self) -> bool {
        self.kind == kind::FULL_SNAPSHOT
    }

    /// Whether it starts a page: rrweb sends one before each full snapshot.
    pub fn is_meta(&self) -> bool {
        self.kind == kind::META
    }

    /// Whether it is something that the visitor did.
    pub fn is_interaction(&self) -> bool {
        self.source.is_some_and(|source| SOURCES_OF_VISITORS.contains(&source))
    }

    /// The URL of the page, of a Meta event; a longer one than can be shown is cut.
    pub fn page_url(&self) -> Option<String> {
        let url = self.href.and_then(json::text_of)?;
        Some(url.chars().take(MAX_URL_CHARS).collect())
    }
}

/// Finds the events of a batch.
pub fn events<'a>(batch: &'a str, limits: &Limits) -> Result<Vec<Event<'a>>, Error> {
    let mut cursor = Cursor::new(batch, limits.depth);
    if cursor.peek().map_err(outside)? != b'[' {
        cursor.value().map_err(outside)?;
        return Err(Error::NotABatch);
    }
    let mut events = Vec::new();
    cursor.array(|cursor| {
        if events.len() == limits.events {
            return Err(Failure::Event(Error::TooManyEvents));
        }
        let event = event(cursor, batch, events.len(), limits)?;
        events.push(event);
        Ok(())
    })?;
    cursor.end().map_err(outside)?;
    if events.is_empty() { Err(Error::NotABatch) } else { Ok(events) }
}

/// Reads what the store keeps beside a batch.
pub fn facts(events: &[Event<'_>]) -> BatchFacts {
    let times = honest_times(events);
    let count = |wanted: fn(&Event<'_>) -> bool| events.iter().filter(|event| wanted(event)).count() as i64;
    BatchFacts {
        events: events.len() as i64,
        interactions: count(|event| event.is_interaction()),
        first_at: times.first().copied().unwrap_or_default(),
        last_at: times.last().copied().unwrap_or_default(),
        snapshot: count(|event| event.is_full_snapshot()) > 0,
        page: events.iter().find_map(|event| Some((event.timestamp, event.page_url()?))),
    }
}

/// The timestamps in order, without those that are far from the rest: one odd clock
/// reading must not stretch a recording over years.
fn honest_times(events: &[Event<'_>]) -> Vec<TimestampMs> {
    let mut times: Vec<TimestampMs> = events.iter().map(|event| event.timestamp).collect();
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    times.retain(|time| (time - median).abs() <= LONGEST_BATCH_MS);
    times
}

/// What goes wrong while walking: JSON that breaks, or an event that is not one.
enum Failure {
    Json(json::Error),
    Event(Error),
}

impl From<json::Error> for Failure {
    fn from(error: json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Json(error) => outside(error),
            Failure::Event(error) => error,
        }
    }
}

/// What broken JSON around the events is.
pub(super) fn outside(error: json::Error) -> Error {
    match error {
        json::Error::Syntax { at } => Error::Syntax { at },
        json::Error::TooDeep => Error::TooDeep,
    }
}

/// The fields of an event as they are met, each the text of its value.
#[derive(Default)]
struct Fields<'a> {
    kind: Option<&'a str>,
    timestamp: Option<&'a str>,
    data: Option<Data<'a>>,
}

/// The fields of `data` that the checks need. All `None` when `data` is not an object.
#[derive(Default)]
struct Data<'a> {
    is_object: bool,
    source: Option<&'a str>,
    href: Option<&'a str>,
    tag: Option<&'a str>,
    plugin: Option<&'a str>,
    node_has_id: bool,
}

fn event<'a>(
    cursor: &mut Cursor<'a>,
    batch: &'a str,
    index: usize,
    limits: &Limits,
) -> Result<Event<'a>, Failure> {
    if cursor.peek()? != b'{' {
        cursor.value()?;
        return Err(Failure::Event(Error::BadEvent { index, problem: "is not an object" }));
    }
    let start = cursor.position();
    let fields = fields(cursor, index).map_err(|failure| match failure {
        Failure::Json(json::Error::TooDeep) => Failure::Event(Error::EventTooDeep { index }),
        other => other,
    })?;
    let json = &batch[start..cursor.position()];
    if json.len() > limits.event_bytes {
        return Err(Failure::Event(Error::EventTooLarge { index }));
    }
    shaped(json, &fields, index).map_err(Failure::Event)
}

fn fields<'a>(cursor: &mut Cursor<'a>, index: usize) -> Result<Fields<'a>, Failure> {
    let mut fields = Fields::default();
    cursor.object(|key, cursor| {
        let twice = match key {
            "type" => fields.kind.replace(cursor.value()?).map(|_| "type"),
            "timestamp" => fields.timestamp.replace(cursor.value()?).map(|_| "timestamp"),
            "data" => fields.data.replace(data(cursor)?).map(|_| "data"),
            _ => {
                cursor.value()?;
                None
            }
        };
        match twice {
            Some(key) => Err(Failure::Event(Error::DuplicateKey { index, key })),
            None => Ok(()),
        }
    })?;
    Ok(fields)
}

fn data<'a>(cursor: &mut Cursor<'a>) -> Result<Data<'a>, json::Error> {
    let mut data = Data::default();
    if cursor.peek()? != b'{' {
        cursor.value()?;
        return Ok(data);
    }
    data.is_object = true;
    cursor
        .object(|key, cursor| {
            match key {
                "source" => data.source = Some(cursor.value()?),
                "href" => data.href = Some(cursor.value()?),
                "tag" => data.tag = Some(cursor.value()?),
                "plugin" => data.plugin = Some(cursor.value()?),
                "node" => data.node_has_id = node_has_id(cursor)?,
                _ => {
                    cursor.value()?;
                }
            }
            Ok(())
        })
        .map(|()| data)
}

fn node_has_id(cursor: &mut Cursor<'_>) -> Result<bool, json::Error> {
    if cursor.peek()? != b'{' {
        cursor.value()?;
        return Ok(false);
    }
    let mut has_id = false;
    cursor
        .object(|key, cursor| {
            let value = cursor.value()?;
            has_id |= key == "id" && value.parse::<i64>().is_ok();
            Ok(())
        })
        .map(|()| has_id)
}

/// Checks the minimal shape: what rrweb's player throws on without.
fn shaped<'a>(json: &'a str, fields: &Fields<'a>, index: usize) -> Result<Event<'a>, Error> {
    let bad = |problem| Error::BadEvent { index, problem };
    let kind = fields.kind.and_then(small_integer).ok_or(Error::BadType { index })?;
    let digits = fields.timestamp.ok_or(bad("has no `timestamp`"))?;
    let timestamp = timestamp(digits).ok_or(bad("has a `timestamp` that is not a number"))?;

    let none = Data::default();
    let data = fields.data.as_ref().unwrap_or(&none);
    let needs_data = (kind::FULL_SNAPSHOT..=kind::PLUGIN).contains(&kind);
    if needs_data && !data.is_object {
        return Err(bad("has no `data` object, which its type needs"));
    }
    let is_text = |value: Option<&str>| value.is_some_and(|value| value.starts_with('"'));
    let source = data.source.and_then(small_integer);
    match kind {
        kind::FULL_SNAPSHOT if !data.node_has_id => {
            return Err(bad("is a full snapshot without a `node` that has an `id`"));
        }
        kind::INCREMENTAL if source.is_none() => {
            return Err(bad("is an incremental snapshot without a `source` from 0 to 99"));
        }
        kind::META if !is_text(data.href) => return Err(bad("is a Meta event without an `href`")),
        kind::CUSTOM if !is_text(data.tag) => return Err(bad("is a custom event without a `tag`")),
        kind::PLUGIN if !is_text(data.plugin) => return Err(bad("is a plugin event without a `plugin`")),
        _ => {}
    }
    let span_start = digits.as_ptr() as usize - json.as_ptr() as usize;
    Ok(Event {
        json,
        timestamp_span: span_start..span_start + digits.len(),
        timestamp,
        kind,
        source: source.filter(|_| kind == kind::INCREMENTAL),
        href: data.href.filter(|_| kind == kind::META),
    })
}

/// An integer from 0 to [`LAST_KIND`], written as one.
fn small_integer(value: &str) -> Option<u8> {
    let number = value.parse::<i64>().ok().filter(|number| (0..=LAST_KIND).contains(number))?;
    u8::try_from(number).ok()
}

/// Any finite number, rounded and brought into what a JavaScript date can hold.
fn timestamp(value: &str) -> Option<TimestampMs> {
    // Rust's own parser takes words such as "inf" too; JSON numbers start with a digit or '-'.
    value
        .strip_prefix('-')
        .unwrap_or(value)
        .starts_with(|first: char| first.is_ascii_digit())
        .then_some(())?;
    let number = value.parse::<f64>().ok().filter(|number| number.is_finite())?;
    Some((number.round() as TimestampMs).clamp(0, LAST_TIMESTAMP))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { depth: 64, events: 10, event_bytes: 1000 };

    fn read(batch: &str) -> Result<Vec<Event<'_>>, Error> {
        events(batch, &LIMITS)
    }

    #[test]
    fn a_page_load_is_read() {
        let batch = r#"[
            {"type":4,"data":{"href":"https://shop.example/a?b=\u00e9","width":1,"height":2},"timestamp":1000},
            {"type":2,"data":{"node":{"type":0,"childNodes":[],"id":1},"initialOffset":{}},"timestamp":1001},
            {"type":3,"data":{"source":2,"type":2,"id":5},"timestamp":1900.4},
            {"type":3,"data":{"source":0,"adds":[]},"timestamp":1950}
        ]"#;
        let found = read(batch).expect("a good batch");
        assert_eq!(
            facts(&found),
            BatchFacts {
                events: 4,
                interactions: 1,
                first_at: 1000,
                last_at: 1950,
                snapshot: true,
                page: Some((1000, "https://shop.example/a?b=é".to_owned())),
            }
        );
        assert_eq!(&found[2].json[found[2].timestamp_span.clone()], "1900.4");
    }

    #[test]
    fn what_is_not_a_batch_is_told_apart() {
        for not_a_batch in ["null", "[]", "\"x\"", "{}", "7"] {
            assert_eq!(read(not_a_batch).expect_err(not_a_batch), Error::NotABatch);
        }
        assert_eq!(read("[{},]").expect_err("no type"), Error::BadType { index: 0 });
        assert_eq!(read("[").expect_err("cut off"), Error::Syntax { at: 1 });
        assert_eq!(
            read("[1] x").expect_err("not an object"),
            Error::BadEvent { index: 0, problem: "is not an object" }
        );
        assert!(matches!(read(r#"[{"type":0,"timestamp":1}] x"#), Err(Error::Syntax { .. })));
    }

    #[test]
    fn a_type_is_an_integer_from_0_to_99() {
        for bad in [r#""3""#, "3.0", "-1", "300", "null", "true", "[3]"] {
            let batch = format!(r#"[{{"type":{bad},"data":{{}},"timestamp":1}}]"#);
            assert_eq!(read(&batch).expect_err(bad), Error::BadType { index: 0 }, "{bad}");
        }
        assert_eq!(read(r#"[{"data":{},"timestamp":1}]"#).expect_err("none"), Error::BadType { index: 0 });
        assert!(read(r#"[{"type":42,"timestamp":1},{"type":3,"data":{"source":99},"timestamp":1}]"#).is_ok());
    }

    #[test]
    fn what_the_player_throws_on_is_refused() {
        for bad in [
            r#"{"type":3,"timestamp":1}"#,
            r#"{"type":3,"data":null,"timestamp":1}"#,
            r#"{"type":3,"data":[],"timestamp":1}"#,
            r#"{"type":3,"data":{},"timestamp":1}"#,
            r#"{"type":2,"data":{},"timestamp":1}"#,
            r#"{"type":2,"data":{"node":{"type":0}},"timestamp":1}"#,
            r#"{"type":2,"data":{"node":[1]},"timestamp":1}"#,
            r#"{"type":4,"data":{"href":7},"timestamp":1}"#,
            r#"{"type":5,"data":{},"timestamp":1}"#,
            r#"{"type":0,"data":{}}"#,
            r#"{"type":0,"data":{},"timestamp":"1"}"#,
            r#"{"type":0,"data":{},"timestamp":1e400}"#,
        ] {
            assert!(matches!(read(&format!("[{bad}]")), Err(Error::BadEvent { index: 0, .. })), "{bad}");
        }
    }

    #[test]
    fn times_are_rounded_and_brought_into_range() {
        for (written, read_as) in
            [("-1", 0), ("0", 0), ("1.5", 2), ("1e300", LAST_TIMESTAMP), ("9e15", LAST_TIMESTAMP)]
        {
            let batch = format!(r#"[{{"type":0,"timestamp":{written}}}]"#);
            assert_eq!(read(&batch).expect(written)[0].timestamp, read_as);
        }
    }

    #[test]
    fn one_odd_clock_reading_does_not_stretch_a_batch() {
        let batch = r#"[{"type":0,"timestamp":-1},{"type":0,"timestamp":1700000000000},
            {"type":0,"timestamp":1700000005000},{"type":0,"timestamp":9e15}]"#;
        let facts = facts(&read(batch).expect("a good batch"));
        assert_eq!((facts.first_at, facts.last_at), (1_700_000_000_000, 1_700_000_005_000));
    }

    #[test]
    fn long_urls_are_cut_for_lists() {
        let href = "https://x.example/".to_owned() + &"ä".repeat(5000);
        let batch = format!(r#"[{{"type":4,"data":{{"href":"{href}"}},"timestamp":1}}]"#);
        let limits = Limits { event_bytes: 100_000, ..LIMITS };
        let found = events(&batch, &limits).expect("a good batch");
        assert_eq!(found[0].page_url().map(|url| url.chars().count()), Some(MAX_URL_CHARS));
    }

    #[test]
    fn limits_hold() {
        let event = r#"{"type":0,"timestamp":1}"#;
        let many = format!("[{}]", [event; 11].join(","));
        assert_eq!(read(&many).expect_err("11 events"), Error::TooManyEvents);

        let large = format!(r#"[{event},{{"type":0,"timestamp":1,"data":"{}"}}]"#, "x".repeat(1000));
        assert_eq!(read(&large).expect_err("1 KB"), Error::EventTooLarge { index: 1 });

        let deep = format!(r#"[{{"type":0,"timestamp":1,"data":{}"#, "[".repeat(100_000));
        assert_eq!(read(&deep).expect_err("deep event"), Error::EventTooDeep { index: 0 });
        assert_eq!(read(&"[".repeat(100_000)).expect_err("deep batch"), Error::TooDeep);
    }

    #[test]
    fn keys_of_an_event_stand_once_and_others_are_kept() {
        let twice = r#"[{"type":3,"type":2,"timestamp":1}]"#;
        assert_eq!(read(twice).expect_err("two types"), Error::DuplicateKey { index: 0, key: "type" });
        let odd = r#"[{"type":0,"timestamp":1,"__proto__":{},"\ud83d":1,"x":1,"x":2}]"#;
        assert_eq!(read(odd).expect("kept as it is").len(), 1);
    }
}
