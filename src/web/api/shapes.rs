//! What several answers have in common.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::clock;
use crate::model::TimestampMs;

/// A page of a list.
#[derive(Serialize, JsonSchema)]
pub struct List<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The address of the next page; null on the last one.
    pub next: Option<String>,
}

impl<T> List<T> {
    /// All there is.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// A time, written as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Time(pub TimestampMs);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&clock::rfc3339_ms(self.0))
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "A time in UTC, with milliseconds.",
            "examples": ["2026-11-01T10:00:00.000Z"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_are_in_utc() {
        let written = |at| serde_json::to_string(&Time(at)).expect("JSON");
        assert_eq!(written(1_767_225_600_000), "\"2026-01-01T00:00:00.000Z\"");
        assert_eq!(written(1_767_225_600_007), "\"2026-01-01T00:00:00.007Z\"");
    }
}
