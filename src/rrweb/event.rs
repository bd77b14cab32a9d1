//! The events of a batch: a JSON array of `{type, data, timestamp}` (rrweb 2.2).
//!
//! Checked is only what rrweb's player cannot do without: a type, a time, `data`
//! that is an object where the type needs one, a node with an id in a full
//! snapshot, a URL in a Meta event. Types and sources that are not known yet are
//! kept, so that a newer recorder loses nothing.

use std::ops::Range;

use super::json::{self, Cursor};
use super::said::{self, Tag};
use super::text;
use crate::model::{BatchFacts, Identity, LAST_TIMESTAMP, TimestampMs};

/// rrweb's `EventType`, as far as the server looks at it.
#[expect(missing_docs, reason = "the names are rrweb's own")]
pub mod kind {
    pub const DOM_CONTENT_LOADED: u8 = 0;
    pub const FULL_SNAPSHOT: u8 = 2;
    pub const INCREMENTAL: u8 = 3;
    pub const META: u8 = 4;
    pub const CUSTOM: u8 = 5;
    pub const PLUGIN: u8 = 6;
}

/// rrweb's `IncrementalSource`, as far as the server looks at it.
#[expect(missing_docs, reason = "the names are rrweb's own")]
pub mod source {
    pub const MUTATION: u8 = 0;
    pub const MOUSE_MOVE: u8 = 1;
    pub const MOUSE_INTERACTION: u8 = 2;
    pub const SCROLL: u8 = 3;
    pub const VIEWPORT_RESIZE: u8 = 4;
    pub const INPUT: u8 = 5;
    pub const TOUCH_MOVE: u8 = 6;
    pub const MEDIA_INTERACTION: u8 = 7;
    pub const DRAG: u8 = 12;
    pub const SELECTION: u8 = 14;
}

/// Types and sources above this are not rrweb's, nor likely to become so.
const LAST_KIND: i64 = 99;

/// Longer URLs are cut in lists; the recording keeps them whole.
pub(super) const MAX_URL_CHARS: usize = 2048;

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
    pub source: Option<u8>,
    /// The JSON of its `data`; `null` when it has none.
    pub data: &'a str,
    /// The JSON string with the page's URL, of a Meta event.
    href: Option<&'a str>,
    /// What the page said through the recorder, of what lists show: a JSON value.
    pub(super) told: Option<(Tag, &'a str)>,
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

    /// Whether lists show texts of it.
    pub fn has_words(&self) -> bool {
        self.href.is_some() || self.told.is_some()
    }

    /// The URL of the page, of a Meta event; a longer one than can be shown is cut.
    pub fn page_url(&self) -> Option<String> {
        let url = self.href.and_then(text::text_of)?;
        Some(url.chars().take(MAX_URL_CHARS).collect())
    }
}

impl Event<'_> {
    /// Whom the page said the visitor is, if this event is where it said so.
    pub fn identity(&self) -> Option<Identity> {
        said::identity(self)
    }

    /// What the page called the visitor, if this event is where it said so.
    pub fn visitor(&self) -> Option<String> {
        self.identity().map(|identity| identity.id)
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

/// Reads one event, of a batch whose limits were asked before.
pub fn one(json: &str) -> Result<Event<'_>, Error> {
    let none = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };
    Ok(event(&mut Cursor::new(json, none.depth), json, 0, &none)?)
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
        last_page: said::last_page(events),
        identity: said::last_identity(events),
        said: said::all(events),
        json_bytes: events.iter().map(|event| event.json.len() as i64 + 1).sum::<i64>() + 1,
        // Only the request can say it.
        country: String::new(),
        // What is gone is not seen any more.
        hidden: Vec::new(),
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
    json: &'a str,
    source: Option<&'a str>,
    href: Option<&'a str>,
    tag: Option<&'a str>,
    plugin: Option<&'a str>,
    payload: Option<&'a str>,
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
    let fields = fields(cursor, batch, index).map_err(|failure| match failure {
        Failure::Json(json::Error::TooDeep) => Failure::Event(Error::EventTooDeep { index }),
        other => other,
    })?;
    let json = &batch[start..cursor.position()];
    if json.len() > limits.event_bytes {
        return Err(Failure::Event(Error::EventTooLarge { index }));
    }
    shaped(json, &fields, index).map_err(Failure::Event)
}

fn fields<'a>(cursor: &mut Cursor<'a>, batch: &'a str, index: usize) -> Result<Fields<'a>, Failure> {
    let mut fields = Fields::default();
    cursor.object(|key, cursor| {
        let twice = match key {
            "type" => fields.kind.replace(cursor.value()?).map(|_| "type"),
            "timestamp" => fields.timestamp.replace(cursor.value()?).map(|_| "timestamp"),
            "data" => fields.data.replace(data(cursor, batch)?).map(|_| "data"),
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

fn data<'a>(cursor: &mut Cursor<'a>, batch: &'a str) -> Result<Data<'a>, json::Error> {
    let mut data = Data::default();
    if cursor.peek()? != b'{' {
        data.json = cursor.value()?;
        return Ok(data);
    }
    data.is_object = true;
    let start = cursor.position();
    cursor.object(|key, cursor| {
        match key {
            "source" => data.source = Some(cursor.value()?),
            "href" => data.href = Some(cursor.value()?),
            "tag" => data.tag = Some(cursor.value()?),
            "plugin" => data.plugin = Some(cursor.value()?),
            "payload" => data.payload = Some(cursor.value()?),
            "node" => data.node_has_id = node_has_id(cursor)?,
            _ => {
                cursor.value()?;
            }
        }
        Ok::<_, json::Error>(())
    })?;
    data.json = &batch[start..cursor.position()];
    Ok(data)
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
        data: if data.json.is_empty() { "null" } else { data.json },
        href: data.href.filter(|_| kind == kind::META),
        told: match kind {
            kind::CUSTOM => data.tag.and_then(Tag::of).zip(data.payload),
            _ => None,
        },
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
mod tests;
