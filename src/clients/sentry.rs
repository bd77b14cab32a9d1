//! What Sentry's browser client sends: envelopes, of which those with a replay are kept.
//!
//! An envelope is a line of JSON about it, and items, each a line about the item and its
//! bytes. A replay is two items: who and where (`replay_event`), and what was recorded
//! (`replay_recording`): a line with the segment's number, and events as zlib or plain.

use serde_json::Value;

use super::{Claim, Contents, Limits, Piece, checked, hash, time, timestamp};
use crate::ingest::{MAX_SEQ, Refused, gzip};
use crate::model::TimestampMs;
use crate::rrweb::fields::{Fields, elements};

const MOST_CHARS: usize = 2048;

/// Some of its events are timed in seconds; as milliseconds this is in 1973.
const LATEST_IN_SECONDS: f64 = 1e11;

/// What of a page's performance is told as a request.
const REQUESTS: [&str; 2] = ["resource.fetch", "resource.xhr"];

/// What a user is named by, the best first.
const NAMES: [&str; 3] = ["id", "email", "username"];

/// Reads an envelope.
pub fn read(body: &[u8], limits: &Limits) -> Result<Contents, Refused> {
    let inflated = gzip::is_gzip(body).then(|| gzip::inflate(body, limits.inflated)).transpose()?;
    let mut rest = inflated.as_deref().unwrap_or(body);
    let about = Fields::of(checked(line(&mut rest), limits)?);
    let mut contents = Contents { sent_at: time(about.json("sent_at")), ..Contents::default() };
    let (mut replay, mut recording) = (None, None);
    while !rest.iter().all(u8::is_ascii_whitespace) {
        let about = Fields::of(checked(line(&mut rest), limits)?);
        let payload = payload(&about, &mut rest)?;
        match &*about.text("type", MOST_CHARS) {
            "replay_event" => replay = Some(checked(payload, limits)?),
            "replay_recording" => recording = Some(payload),
            _ => contents.others += 1,
        }
    }
    if let (Some(replay), Some(recording)) = (replay, recording) {
        contents.pieces.extend(piece(&Fields::of(replay), recording, limits)?);
    }
    Ok(contents)
}

/// Takes the next line.
fn line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = &rest[..end];
    *rest = rest.get(end + 1..).unwrap_or_default();
    line
}

/// Takes an item's bytes: as many as it says, or up to the end of the line.
fn payload<'a>(about: &Fields<'_>, rest: &mut &'a [u8]) -> Result<&'a [u8], Refused> {
    let Some(length) = about.integer("length") else { return Ok(line(rest)) };
    let cut = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
    let (payload, after) = cut.ok_or(Refused::BodyCutOff)?;
    *rest = after.strip_prefix(b"\n").unwrap_or(after);
    Ok(payload)
}

/// `None` where nothing is left to keep.
fn piece(replay: &Fields<'_>, mut recording: &[u8], limits: &Limits) -> Result<Option<Piece>, Refused> {
    let hash = hash(recording);
    let about = Fields::of(checked(line(&mut recording), limits)?);
    let seq = about.integer("segment_id").filter(|seq| (0..=MAX_SEQ).contains(seq));
    let inflated;
    let json = if recording.trim_ascii_start().starts_with(b"[") {
        recording
    } else {
        inflated = gzip::inflate_zlib(recording, limits.inflated)?;
        &inflated
    };
    let events = events(checked(json, limits)?);
    let Some(last_at) = events.iter().map(|event| event.at).max() else { return Ok(None) };
    let id = replay.text("replay_id", MOST_CHARS);
    Ok(Some(Piece {
        session: id.parse().map_err(|_| Refused::BadSessionId)?,
        stream: id.parse().map_err(|_| Refused::BadStreamId)?,
        seq: seq.ok_or(Refused::BadSeq { max: MAX_SEQ })?,
        events: events.into_iter().map(|event| event.json).collect(),
        last_at,
        hash,
        claim: claim(replay.json("user").unwrap_or("null")),
    }))
}

fn claim(user: &str) -> Option<Claim> {
    let fields = Fields::of(user);
    let id = NAMES.iter().map(|name| fields.text(name, MOST_CHARS)).find(|name| !name.is_empty())?;
    let traits = fields.iter().filter(|(name, _)| !["id", "ip_address"].contains(name));
    let traits: Vec<String> = traits.map(|(name, json)| format!("{}:{json}", Value::from(name))).collect();
    Some(Claim {
        id,
        traits: if traits.is_empty() { String::new() } else { format!("{{{}}}", traits.join(",")) },
    })
}

/// One event as it is kept.
struct Kept {
    at: TimestampMs,
    json: String,
}

/// The events in their order. What is told beside the page comes when the segment is
/// closed, and goes where its time is.
fn events(json: &str) -> Vec<Kept> {
    let (mut page, mut beside) = (Vec::new(), Vec::new());
    for event in elements(json) {
        let fields = Fields::of(event);
        match fields.json("type") {
            Some("5") => beside.extend(told(&fields)),
            _ => page.push(Kept {
                at: timestamp(fields.json("timestamp")) as TimestampMs,
                json: event.to_owned(),
            }),
        }
    }
    beside.sort_by_key(|event| event.at);
    let mut beside = beside.into_iter().peekable();
    let mut events = Vec::with_capacity(page.len() + beside.len());
    for event in page {
        while let Some(earlier) = beside.next_if(|told| told.at < event.at) {
            events.push(earlier);
        }
        events.push(event);
    }
    events.extend(beside);
    events
}

/// What a custom event says, in our words where we have any. Measurements are not kept.
fn told(event: &Fields<'_>) -> Option<Kept> {
    let at = timestamp(event.json("timestamp"));
    let at = (if at < LATEST_IN_SECONDS { at * 1000.0 } else { at }).round() as TimestampMs;
    let data = Fields::of(event.json("data").unwrap_or("null"));
    let payload = data.json("payload").unwrap_or("null");
    let (tag, payload) = match &*data.text("tag", MOST_CHARS) {
        "performanceSpan" => ("hindsight.request", request(&Fields::of(payload))?),
        "breadcrumb" => breadcrumb(payload)?,
        "options" => return None,
        other => return Some(custom(at, other, payload)),
    };
    Some(custom(at, tag, &payload))
}

fn custom(at: TimestampMs, tag: &str, payload: &str) -> Kept {
    let tag = Value::from(tag);
    Kept { at, json: format!(r#"{{"type":5,"data":{{"tag":{tag},"payload":{payload}}},"timestamp":{at}}}"#) }
}

fn request(span: &Fields<'_>) -> Option<String> {
    if !REQUESTS.contains(&&*span.text("op", MOST_CHARS)) {
        return None;
    }
    let data = Fields::of(span.json("data").unwrap_or("null"));
    let took =
        span.number("endTimestamp").unwrap_or_default() - span.number("startTimestamp").unwrap_or_default();
    let request = serde_json::json!({
        "method": data.text("method", MOST_CHARS),
        "url": span.text("description", MOST_CHARS),
        "status": data.count("statusCode"),
        "took": (took * 1000.0).round().max(0.0) as i64,
    });
    Some(request.to_string())
}

/// A line of the console, or what happened otherwise as it was told. A click is recorded as one.
fn breadcrumb(payload: &str) -> Option<(&'static str, String)> {
    let fields = Fields::of(payload);
    match &*fields.text("category", MOST_CHARS) {
        "ui.click" | "ui.input" => None,
        "console" => {
            let level = match &*fields.text("level", MOST_CHARS) {
                "warning" => "warn".to_owned(),
                other => other.to_owned(),
            };
            let line = serde_json::json!({ "level": level, "text": fields.text("message", MOST_CHARS) });
            Some(("hindsight.console", line.to_string()))
        }
        _ => Some(("breadcrumb", payload.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { inflated: gzip::Limits { bytes: 1 << 20, ratio: 1000 }, depth: 64 };
    const ID: &str = "ccd656e17ae74e8cbbf536625bad4396";

    fn envelope(recording: &[u8]) -> Vec<u8> {
        let replay = format!(
            r#"{{"replay_id":"{ID}","segment_id":2,"user":{{"id":7,"email":"a@b.example","ip_address":"1.1.1.1"}}}}"#
        );
        let about = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"replay_event\"}}\n{replay}\n");
        let length = recording.len();
        let item = format!("{{\"type\":\"replay_recording\",\"length\":{length}}}\n");
        [about.as_bytes(), item.as_bytes(), recording, b"\n{\"type\":\"client_report\"}\n{}\n"].concat()
    }

    #[test]
    fn a_segment_is_read_with_its_number_and_its_user() {
        let events = r#"[{"type":3,"data":{"source":3,"id":1,"x":0,"y":5},"timestamp":1700000005000},
            {"type":5,"timestamp":1700000004.5,"data":{"tag":"performanceSpan","payload":{"op":"resource.fetch",
             "description":"https://shop.example/cart","startTimestamp":1.5,"endTimestamp":1.75,"data":{"method":"POST","statusCode":500}}}},
            {"type":5,"timestamp":1700000006000,"data":{"tag":"breadcrumb","payload":{"category":"console","level":"warning","message":"late"}}},
            {"type":5,"timestamp":1700000006,"data":{"tag":"performanceSpan","payload":{"op":"memory"}}}]"#;
        let recording = format!("{{\"segment_id\":2}}\n{events}");
        let contents = read(&envelope(recording.as_bytes()), &LIMITS).expect("read");
        let [piece] = &contents.pieces[..] else { panic!("{contents:?}") };
        assert_eq!((piece.seq, piece.session.as_str(), contents.others), (2, ID, 1));
        let claim = piece.claim.as_ref().expect("a user");
        assert_eq!((&*claim.id, &*claim.traits), ("7", r#"{"email":"a@b.example"}"#));
        assert_eq!(piece.events.len(), 3);
        let request = r#"{"type":5,"data":{"tag":"hindsight.request","payload":{"method":"POST","url":"https://shop.example/cart","status":500,"took":250}},"timestamp":1700000004500}"#;
        assert_eq!(piece.events[0], request, "it happened before the scroll");
        let line = r#"{"type":5,"data":{"tag":"hindsight.console","payload":{"level":"warn","text":"late"}},"timestamp":1700000006000}"#;
        assert_eq!(piece.events[2], line);
    }

    #[test]
    fn broken_envelopes_are_refused() {
        let cut = envelope(b"{\"segment_id\":0}\n[]");
        assert!(matches!(read(&cut[..cut.len() - 40], &LIMITS), Err(Refused::BodyCutOff)));
        assert!(matches!(read(b"no json\n", &LIMITS), Err(Refused::Events(_))));
        assert!(matches!(read(&envelope(b"{\"segment_id\":0}\nxx"), &LIMITS), Err(Refused::Gzip(_))));
        let one = br#"{"segment_id":-1}
[{"type":0,"data":{},"timestamp":1}]"#;
        assert!(matches!(read(&envelope(one), &LIMITS), Err(Refused::BadSeq { .. })));
    }
}
