//! What posthog-js sends: `$snapshot` messages with what was recorded, `$identify`, and
//! others that are not kept.
//!
//! Its sessions' ids are UUIDs of version 7, which say when the session began. It does not
//! number what it sends, and sends again what was not answered while it goes on: the place
//! of a batch in its window is how long after the session's beginning it starts.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::packed::Unpacker;
use super::{Claim, Contents, Limits, Piece, checked, hash, time, timestamp};
use crate::ingest::{MAX_SEQ, Refused, gzip};
use crate::model::{SessionId, StreamId, TimestampMs};
use crate::rrweb::fields::{Fields, elements};

/// The length of a place in a timed stream.
const PLACE_MS: i64 = 100;

/// Room behind the last place, for what begins at the same time.
const LAST_PLACE: i64 = MAX_SEQ - 1000;

const MOST_ID_CHARS: usize = 256;

/// What its recorder says of itself, which is of no use in a replay.
const OF_ITSELF: [&str; 4] =
    ["$remote_config_received", "$session_options", "$posthog_config", "$recording_started"];

/// Reads a body: gzip, a form field in Base64, or plain JSON.
pub fn read(body: &[u8], limits: &Limits) -> Result<Contents, Refused> {
    let json = decoded(body, limits)?;
    let text = checked(&json, limits)?;
    let outer = Fields::of(text);
    let messages = match outer.json("batch") {
        Some(batch) => elements(batch),
        None if text.trim_start().starts_with('[') => elements(text),
        None => vec![text],
    };
    let mut contents = Contents { sent_at: time(outer.json("sent_at")), ..Contents::default() };
    note_key(&mut contents, &outer)?;
    let mut unpacker = Unpacker::new(*limits);
    for message in messages {
        add(&mut contents, &Fields::of(message), &mut unpacker)?;
    }
    Ok(contents)
}

fn decoded<'a>(body: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>, Refused> {
    if gzip::is_gzip(body) {
        return Ok(gzip::inflate(body, limits.inflated)?.into());
    }
    let Some(field) = body.strip_prefix(b"data=") else { return Ok(body.into()) };
    let value: Cow<'_, [u8]> = percent_encoding::percent_decode(field).into();
    STANDARD.decode(value).map(Cow::Owned).map_err(|_| Refused::UnsupportedEncoding)
}

/// The key may stand in several places, but has to be one.
fn note_key(contents: &mut Contents, fields: &Fields<'_>) -> Result<(), Refused> {
    for name in ["api_key", "token"] {
        let key = fields.text(name, MOST_ID_CHARS);
        if key.is_empty() || key == contents.key {
            continue;
        }
        if !contents.key.is_empty() {
            return Err(Refused::AmbiguousKey);
        }
        contents.key = key;
    }
    Ok(())
}

fn add(contents: &mut Contents, message: &Fields<'_>, unpacker: &mut Unpacker) -> Result<(), Refused> {
    let properties = Fields::of(message.json("properties").unwrap_or("null"));
    note_key(contents, message)?;
    note_key(contents, &properties)?;
    contents.sent_at = contents.sent_at.or(time(message.json("sent_at")));
    match &*message.text("event", MOST_ID_CHARS) {
        "$snapshot" => contents.pieces.extend(piece(&properties, unpacker)?),
        "$identify" => {
            // What is not said in a session says nothing of one.
            let Ok(session) = properties.text("$session_id", MOST_ID_CHARS).parse() else {
                contents.others += 1;
                return Ok(());
            };
            let id = properties.text("distinct_id", MOST_ID_CHARS);
            let traits = message.json("$set").or(properties.json("$set")).unwrap_or_default().to_owned();
            contents.claims.push((session, Claim { id, traits }));
        }
        _ => contents.others += 1,
    }
    Ok(())
}

/// `None` where nothing is left to keep.
fn piece(properties: &Fields<'_>, unpacker: &mut Unpacker) -> Result<Option<Piece>, Refused> {
    let recorded = properties.json("$snapshot_data").unwrap_or("[]");
    let mut events = Vec::new();
    for event in elements(recorded) {
        if !is_of_recorder(event) {
            events.push(unpacker.unpack(event)?.into_owned());
        }
    }
    let times = || events.iter().map(|event| timestamp(Fields::of(event).json("timestamp")) as TimestampMs);
    let (Some(first_at), Some(last_at)) = (times().next(), times().max()) else { return Ok(None) };
    let session: SessionId =
        properties.text("$session_id", MOST_ID_CHARS).parse().map_err(|_| Refused::BadSessionId)?;
    let began_at = began_at(session.as_str()).ok_or(Refused::BadSessionId)?;
    let window = properties.text("$window_id", MOST_ID_CHARS);
    let visitor = properties.text("distinct_id", MOST_ID_CHARS);
    Ok(Some(Piece {
        stream: StreamId::timed(&window).map_err(|_| Refused::BadStreamId)?,
        seq: ((first_at - began_at) / PLACE_MS).clamp(0, LAST_PLACE),
        session,
        events,
        last_at,
        hash: hash(recorded.as_bytes()),
        claim: is_named(&visitor).then(|| Claim { id: visitor, traits: String::new() }),
    }))
}

/// Whether an event is only about the recorder.
fn is_of_recorder(event: &str) -> bool {
    let fields = Fields::of(event);
    fields.json("type") == Some("5")
        && OF_ITSELF.contains(&&*Fields::of(fields.json("data").unwrap_or("null")).text("tag", MOST_ID_CHARS))
}

/// Whether the site named the visitor: until then the client makes up an id like a session's.
pub(super) fn is_named(visitor: &str) -> bool {
    !visitor.is_empty() && began_at(visitor).is_none()
}

/// The time in a UUID of version 7 (RFC 9562).
fn began_at(id: &str) -> Option<TimestampMs> {
    let groups: Vec<&str> = id.split('-').collect();
    let [high, low, version, _, _] = groups[..] else { return None };
    let is_uuid = [high.len(), low.len(), version.len()] == [8, 4, 4] && version.starts_with('7');
    is_uuid.then(|| i64::from_str_radix(&format!("{high}{low}"), 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { inflated: gzip::Limits { bytes: 1 << 20, ratio: 1000 }, depth: 64 };
    const SESSION: &str = "01a2053f-c5e8-780b-82c1-d3b2a7fd459e";
    const BEGAN_AT: i64 = 0x01a2_053f_c5e8;

    fn snapshot(at: i64) -> String {
        format!(
            r#"{{"event":"$snapshot","properties":{{"token":"hk_a","distinct_id":"ann","$session_id":"{SESSION}",
               "$window_id":"01a2053f-c5e8-780b-82c1-d3b323109518","$snapshot_data":[
               {{"type":5,"data":{{"tag":"$posthog_config","payload":{{}}}},"timestamp":{at}}},
               {{"type":3,"data":{{"source":3,"id":1,"x":0,"y":5}},"timestamp":{at}}}]}}}}"#
        )
    }

    #[test]
    fn a_recording_is_read_however_it_is_coded() {
        let json = format!("[{}]", snapshot(BEGAN_AT + 2345));
        let form = format!("data={}", STANDARD.encode(&json).replace('=', "%3D").replace('+', "%2B"));
        for body in [json.as_bytes(), &gzip::deflate(json.as_bytes()), form.as_bytes()] {
            let contents = read(body, &LIMITS).expect("read");
            let [piece] = &contents.pieces[..] else { panic!("{contents:?}") };
            assert_eq!((piece.seq, piece.events.len(), &*contents.key), (23, 1, "hk_a"));
            assert!(piece.stream.is_timed());
            assert_eq!(piece.claim.as_ref().map(|claim| &*claim.id), Some("ann"));
        }
    }

    #[test]
    fn who_the_visitor_is_and_what_is_not_kept_are_told_apart() {
        let identify = format!(
            r#"{{"event":"$identify","$set":{{"plan":"pro"}},"properties":{{"distinct_id":"ann","$session_id":"{SESSION}"}}}}"#
        );
        let body =
            format!(r#"{{"api_key":"hk_a","batch":[{identify},{{"event":"$pageview","properties":{{}}}}]}}"#);
        let contents = read(body.as_bytes(), &LIMITS).expect("read");
        assert_eq!(
            contents.claims[0].1,
            Claim { id: "ann".to_owned(), traits: r#"{"plan":"pro"}"#.to_owned() }
        );
        assert_eq!((contents.pieces.len(), contents.others), (0, 1));
    }

    #[test]
    fn anonymous_ids_name_nobody() {
        assert!(is_named("ann") && is_named("6f1c3a0e-0000-4000-8000-000000000000"));
        assert!(!is_named(SESSION) && !is_named(""));
    }

    #[test]
    fn what_cannot_be_placed_is_refused() {
        let other = snapshot(BEGAN_AT).replace("780b-82c1-d3b2a7fd459e", "480b-82c1-d3b2a7fd459e");
        assert!(matches!(read(other.as_bytes(), &LIMITS), Err(Refused::BadSessionId)));
        let two = format!("[{},{}]", snapshot(BEGAN_AT), snapshot(BEGAN_AT).replace("hk_a", "hk_b"));
        assert!(matches!(read(two.as_bytes(), &LIMITS), Err(Refused::AmbiguousKey)));
        assert!(matches!(read(b"data=%%%", &LIMITS), Err(Refused::UnsupportedEncoding)));
    }
}
