//! What plugins say about sessions, as plain data; its JSON is what scripts write and read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How grave a finding is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "plain words, from the least to the gravest")]
pub enum Severity {
    #[default]
    Info,
    Low,
    Medium,
    High,
}

impl Severity {
    /// From the least to the gravest.
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

/// A value of a finding or a fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(missing_docs, reason = "plain words")]
pub enum Value {
    Flag(bool),
    Number(f64),
    Text(String),
}

/// Values by their names.
pub type Fields = BTreeMap<String, Value>;

/// Something to show to people: a mark on the replay's timeline, a row of the findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// As the plugin's manifest declares it.
    pub kind: String,
    /// How grave it is.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// Markdown; HTML in it is to be shown as text.
    pub detail: String,
    /// Milliseconds since the first event of the session.
    pub at: u32,
    /// When it was over, where it took a while.
    pub until: Option<u32>,
    /// The element that it is about.
    pub selector: Option<String>,
    /// What reporters need of it.
    pub fields: Fields,
}

/// Not shown: a row for reporters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// As the plugin's manifest declares it.
    pub kind: String,
    /// Milliseconds since the first event of the session.
    pub at: u32,
    /// What it says.
    #[serde(default)]
    pub fields: Fields,
}

/// How bad a session was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// From 0 to 100.
    pub points: u32,
    /// The reasons in one line.
    pub why: String,
}

/// What an analyzer says about one session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// What is shown.
    pub findings: Vec<Finding>,
    /// What is for reporters.
    pub facts: Vec<Fact>,
    /// How bad the session was, where the analyzer says so.
    pub score: Option<Score>,
}

/// One finding or fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said above")]
pub enum Item {
    Finding(Finding),
    Fact(Fact),
}

/// A finding or fact with where it comes from: what reporters read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The session's id.
    pub session: String,
    /// When the session started, as RFC 3339.
    pub started_at: String,
    /// The plugin that said it.
    pub plugin: String,
    /// What it said.
    #[serde(flatten)]
    pub item: Item,
}

impl Item {
    /// Its kind.
    pub fn kind(&self) -> &str {
        match self {
            Self::Finding(finding) => &finding.kind,
            Self::Fact(fact) => &fact.kind,
        }
    }
}
