//! What plugins say about a session.

use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "a scale")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
}

impl Severity {
    /// From the mildest.
    pub const ALL: [Self; 4] = [Self::Info, Self::Low, Self::Medium, Self::High];

    /// Its place on the scale, from 0.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The severity at this place of the scale; what is off the scale is the nearest on it.
    pub fn of_number(number: i64) -> Self {
        Self::ALL[number.clamp(0, 3) as usize]
    }
}

/// Shown to people: a mark on the replay's timeline and a row of the findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The plugin's own word for it, such as "rage-click".
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// Markdown.
    pub detail: String,
    /// When, in milliseconds since the session's first event.
    pub at: u32,
    /// Until when.
    pub until: Option<u32>,
    /// The element it is about.
    pub selector: Option<String>,
    /// What else the plugin says.
    pub fields: Fields,
}

/// Not shown: a row for reporters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// The plugin's own word for it.
    pub kind: String,
    /// When, in milliseconds since the session's first event.
    pub at: u32,
    /// What it says.
    pub fields: Fields,
}

/// Names with values, in the order of names. As JSON, an object.
pub type Fields = std::collections::BTreeMap<String, FieldValue>;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "JSON's own")]
pub enum FieldValue {
    Flag(bool),
    Number(f64),
    Text(String),
}

/// How bad a session was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// 0 to 100.
    pub points: u8,
    /// The reasons, in one line.
    pub why: String,
}
