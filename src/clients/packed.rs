//! Events whose large fields PostHog's recorder has packed: gzip within JSON strings.
//!
//! Such an event says `"cv":"2024-10"`. Of a full snapshot all of `data` is a string, of
//! an incremental one some fields of it. Each character of the string is one byte.

use std::borrow::Cow;

use super::{Limits, checked};
use crate::ingest::Refused;
use crate::ingest::gzip::{self, Inflater};
use crate::rrweb::fields::Fields;
use crate::rrweb::text;

/// The one way of packing that is known.
const VERSION: &str = "2024-10";

/// What is packed of an incremental event.
const PACKED: [&str; 4] = ["texts", "attributes", "removes", "adds"];

/// Unpacks the events of one upload or file.
pub struct Unpacker {
    inflater: Inflater,
    limits: Limits,
}

impl Unpacker {
    /// All events together may become as large as the limits say.
    pub fn new(limits: Limits) -> Self {
        Self { inflater: Inflater::default(), limits }
    }

    /// The event as rrweb has it. One that is not packed is left as it is.
    pub fn unpack<'a>(&mut self, event: &'a str) -> Result<Cow<'a, str>, Refused> {
        let fields = Fields::of(event);
        let (Some(data), true) = (fields.json("data"), fields.text("cv", VERSION.len() + 1) == VERSION)
        else {
            return Ok(Cow::Borrowed(event));
        };
        let data = if is_packed(data) { self.inflated(data)? } else { self.fields(data)? };
        let of = |key| fields.json(key).unwrap_or("null");
        Ok(format!(r#"{{"type":{},"data":{data},"timestamp":{}}}"#, of("type"), of("timestamp")).into())
    }

    fn fields(&mut self, data: &str) -> Result<String, Refused> {
        let mut written = String::with_capacity(data.len());
        for (key, json) in Fields::of(data).iter() {
            let json = if PACKED.contains(&key) && is_packed(json) {
                Cow::Owned(self.inflated(json)?)
            } else {
                Cow::Borrowed(json)
            };
            let before = if written.is_empty() { '{' } else { ',' };
            written.push_str(&format!("{before}{}:{json}", serde_json::Value::from(key)));
        }
        written.push_str(if written.is_empty() { "{}" } else { "}" });
        Ok(written)
    }

    fn inflated(&mut self, string: &str) -> Result<String, Refused> {
        let text = text::text_of(string).unwrap_or_default();
        let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
        let bytes = bytes.map_err(|_| gzip::Error::Broken("a packed field is not made of bytes"))?;
        let json = self.inflater.inflate(&bytes, self.limits.inflated)?;
        let text = checked(json, &self.limits)?.to_owned();
        self.limits.inflated.bytes -= text.len();
        Ok(text)
    }
}

fn is_packed(json: &str) -> bool {
    json.starts_with('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rrweb;

    const LIMITS: Limits = Limits { inflated: gzip::Limits { bytes: 10_000, ratio: 1000 }, depth: 32 };

    fn packed(json: &str) -> String {
        let text: String = gzip::deflate(json.as_bytes()).into_iter().map(char::from).collect();
        serde_json::Value::from(text).to_string()
    }

    #[test]
    fn what_is_packed_is_unpacked_and_nothing_else_is_touched() {
        let mut unpacker = Unpacker::new(LIMITS);
        let mut unpack = |event: &str| unpacker.unpack(event).map(Cow::into_owned);
        let plain = r#"{"type":3,"data":{"source":0,"texts":"é"},"timestamp":1}"#;
        assert_eq!(unpack(plain), Ok(plain.to_owned()));
        let page = packed(r#"{"node":{"id":1,"textContent":"é"}}"#);
        assert_eq!(
            unpack(&format!(r#"{{"type":2,"data":{page},"timestamp":5,"cv":"2024-10"}}"#)),
            Ok(r#"{"type":2,"data":{"node":{"id":1,"textContent":"é"}},"timestamp":5}"#.to_owned())
        );
        let (texts, none) = (packed(r#"[{"id":3,"value":"x"}]"#), packed("[]"));
        let change = format!(
            r#"{{"type":3,"cv":"2024-10","timestamp":6,"data":{{"source":0,"texts":{texts},"adds":{none},"other":"kept"}}}}"#
        );
        assert_eq!(
            unpack(&change),
            Ok(r#"{"type":3,"data":{"source":0,"texts":[{"id":3,"value":"x"}],"adds":[],"other":"kept"},"timestamp":6}"#
                .to_owned())
        );
    }

    #[test]
    fn what_cannot_be_unpacked_is_refused() {
        let mut unpacker = Unpacker::new(LIMITS);
        let mut unpack = |data: &str| {
            unpacker.unpack(&format!(r#"{{"type":2,"data":{data},"timestamp":5,"cv":"2024-10"}}"#)).map(drop)
        };
        assert!(matches!(unpack(r#""no gzip""#), Err(Refused::Gzip(gzip::Error::Broken(_)))));
        assert!(matches!(unpack(r#""\u4e2d""#), Err(Refused::Gzip(gzip::Error::Broken(_)))));
        assert!(matches!(unpack(&packed("{")), Err(Refused::Events(rrweb::Error::Syntax { .. }))));
        let half = packed(&format!("[{}1]", " ".repeat(6_000)));
        assert_eq!(unpack(&half), Ok(()));
        assert!(
            matches!(unpack(&half), Err(Refused::Gzip(gzip::Error::TooLarge { .. }))),
            "all together are too much"
        );
    }
}
