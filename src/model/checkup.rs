//! What a doctor says: checks, each with its remedy.

use serde::Serialize;

/// How a check came out, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All is well.
    Good,
    /// Nothing is known, or nothing is to be done.
    Unknown,
    /// It works, and could be better.
    Weak,
    /// This is why nothing, or nothing useful, is recorded.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A word for programs.
    pub name: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found, in a sentence.
    pub found: String,
    /// What to do about it, in a sentence; "" for nothing.
    pub remedy: String,
    /// The exact line to add or change; "" where there is none.
    pub line: String,
}

impl Check {
    /// A check without a remedy.
    pub fn new(name: &'static str, outcome: Outcome, found: impl Into<String>) -> Self {
        Self { name, outcome, found: found.into(), remedy: String::new(), line: String::new() }
    }

    /// The same check with what to do about it.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }

    /// The same check with the line to add.
    #[must_use]
    pub fn line(self, line: impl Into<String>) -> Self {
        Self { line: line.into(), ..self }
    }
}

/// The worst that was found.
pub fn worst(checks: &[Check]) -> Option<&Check> {
    let worst = checks.iter().map(|check| check.outcome).max()?;
    checks.iter().find(|check| check.outcome == worst)
}
