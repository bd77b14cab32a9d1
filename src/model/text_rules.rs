//! What a connection's owner decided about words in texts: which the server replaces
//! before anything is written. Pages are not told.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// The most lines of own words.
pub const MOST_LINES: usize = 100;

/// The longest line of own words, in characters.
pub const LINE_CHARS: usize = 200;

/// What all own words together may take once they are compiled, in bytes.
const COMPILED_BYTES: usize = 4 * 1024 * 1024;

/// What looks like personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "named by what they are")]
pub enum Kind {
    Email,
    Card,
    Iban,
    Phone,
    Digits,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Email, Self::Card, Self::Iban, Self::Phone, Self::Digits];

    /// What it is called in settings and in counts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Phone => "phone",
            Self::Digits => "digits",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "E-mail addresses",
            Self::Card => "Card numbers",
            Self::Iban => "Bank accounts (IBAN)",
            Self::Phone => "Phone numbers",
            Self::Digits => "Runs of six digits and more",
        }
    }
}

/// What the server replaces in texts beside what the preset asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TextRules {
    /// Kinds of personal data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Kind>,
    /// Words of one's own, one a line. A line between slashes is a regular expression.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub words: String,
}

impl TextRules {
    /// All own words as one expression. `None` when there are none; an error says in a
    /// sentence which line is wrong, and how.
    pub fn expression(&self) -> Result<Option<Regex>, String> {
        let lines: Vec<&str> = self.words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.len() > MOST_LINES {
            return Err(format!("Write at most {MOST_LINES} lines."));
        }
        let mut parts = Vec::with_capacity(lines.len());
        for (number, line) in (1..).zip(&lines) {
            let part = part(line).map_err(|problem| format!("Line {number}: {problem}"))?;
            parts.push(part);
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let joined = parts.join("|");
        compiled(&joined).map(Some).map_err(|_| "Together these are too much. Write fewer.".to_owned())
    }
}

/// One line as an expression that can stand beside others.
fn part(line: &str) -> Result<String, String> {
    if line.chars().count() > LINE_CHARS {
        return Err(format!("use at most {LINE_CHARS} characters."));
    }
    let inside =
        line.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|text| !text.is_empty());
    let Some(written) = inside else {
        if line.chars().count() < 2 {
            return Err("a single character stands everywhere. Write a longer word.".to_owned());
        }
        return Ok(regex::escape(line));
    };
    let expression = compiled(written).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "this expression grows too large. Write a simpler one.".to_owned(),
        _ => {
            "this is no regular expression. Close its brackets, and escape what is meant as it is.".to_owned()
        }
    })?;
    if expression.is_match("") {
        return Err("this expression matches nothing at all. Ask for one character at least.".to_owned());
    }
    Ok(format!("(?:{written})"))
}

fn compiled(expression: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression)
        .case_insensitive(true)
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(COMPILED_BYTES)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(words: &str) -> TextRules {
        TextRules { kinds: Vec::new(), words: words.to_owned() }
    }

    #[test]
    fn words_and_expressions_stand_beside_each_other() {
        let expression =
            rules("Project Falcon\n\n /KD-\\d{4}/ \na.b").expression().expect("good").expect("some");
        for hit in ["the PROJECT falcon is", "kd-1234", "a.b"] {
            assert!(expression.is_match(hit), "{hit}");
        }
        assert!(!expression.is_match("axb KD-12"));
        assert_eq!(rules(" \n").expression().expect("good").map(|found| found.to_string()), None);
    }

    #[test]
    fn what_cannot_be_an_expression_is_told_with_its_line() {
        for (words, line) in
            [("ok\n/(/", "Line 2"), ("x", "Line 1"), ("/a*/", "Line 1"), ("/(\\w{1000}){1000}/", "Line 1")]
        {
            let problem = rules(words).expression().expect_err(words);
            assert!(problem.starts_with(line), "{problem}");
        }
        assert!(rules(&"word\n".repeat(101)).expression().is_err());
        assert!(rules(&"w".repeat(201)).expression().is_err());
    }
}
