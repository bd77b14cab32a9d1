//! What a visitor asks, read from a request's body field by field.

use serde_json::{Map, Value};

/// The longest question.
pub const MAX_TEXT_CHARS: usize = 2000;

/// What was said before: so much of it is taken.
pub const MAX_TURNS: usize = 20;
/// See [`MAX_TURNS`].
pub const MAX_TURN_CHARS: usize = 4000;

/// The longest id, and the longest address of a page.
const MAX_ID_BYTES: usize = 64;
const MAX_PAGE_BYTES: usize = 2048;

/// One question, with what was said before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The ids that the recording knows them by; empty while nothing is recorded.
    pub session: String,
    /// See `session`.
    pub conversation: String,
    /// See `session`.
    pub prompt: String,
    /// The question.
    pub text: String,
    /// Where the visitor is, without query and fragment.
    pub page: String,
    /// What was said before, oldest first.
    pub history: Vec<Said>,
}

/// Something that was said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// By whom.
    pub from: Speaker,
    /// What.
    pub text: String,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The visitor.
    Visitor,
    /// Whoever answers.
    Assistant,
}

impl Speaker {
    /// As the contract has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Assistant => "assistant",
        }
    }
}

/// What is wrong with a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct Wrong {
    /// The field, such as `history[2].text`.
    pub field: String,
    /// What is wrong with it and what to write.
    pub problem: String,
}

/// A field with what is wrong with it.
fn wrong(field: impl Into<String>, problem: impl Into<String>) -> Wrong {
    Wrong { field: field.into(), problem: problem.into() }
}

impl Ask {
    /// A question of somebody who is not on any page.
    pub fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Reads the body of a request.
    pub fn read(body: &[u8]) -> Result<Self, Wrong> {
        let is_object = |value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        };
        let fields: Map<String, Value> = serde_json::from_slice(body)
            .ok()
            .and_then(is_object)
            .ok_or_else(|| wrong("body", "is not a JSON object in UTF-8; see docs/answers.md"))?;
        let text = text(&fields, "text", MAX_TEXT_CHARS)?.trim().to_owned();
        if text.is_empty() {
            return Err(wrong("text", "is empty; write the question there"));
        }
        Ok(Self {
            session: id(&fields, "session")?,
            conversation: id(&fields, "conversation")?,
            prompt: id(&fields, "prompt")?,
            text,
            page: page(&fields)?,
            history: history(&fields)?,
        })
    }

    /// What the visitor asked before this.
    pub fn asked_before(&self) -> Option<&str> {
        let visitors = self.history.iter().rev().find(|said| said.from == Speaker::Visitor);
        visitors.map(|said| &*said.text)
    }
}

/// A field that holds text; empty when it is not there.
fn text(fields: &Map<String, Value>, name: &str, max_chars: usize) -> Result<String, Wrong> {
    let text = match fields.get(name) {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err(wrong(name, "is not text; write it in quotes")),
    };
    if text.chars().count() > max_chars {
        return Err(wrong(name, format!("has more than {max_chars} characters; shorten it")));
    }
    Ok(text.to_owned())
}

fn id(fields: &Map<String, Value>, name: &str) -> Result<String, Wrong> {
    let id = text(fields, name, MAX_ID_BYTES)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    if id.bytes().all(is_plain) {
        Ok(id)
    } else {
        Err(wrong(
            name,
            "is not an id; write at most 64 letters, digits, '-', '_', '.' or ':', or leave it empty",
        ))
    }
}

/// The address of the page. What may stand in its query is nobody's business.
fn page(fields: &Map<String, Value>) -> Result<String, Wrong> {
    let page = text(fields, "page", MAX_PAGE_BYTES)?;
    if page.is_empty() {
        return Ok(page);
    }
    let url = url::Url::parse(&page).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "file"));
    let mut url = url.ok_or_else(|| {
        wrong("page", "is not the address of a page; write one such as \"https://shop.example/cart\", or leave it empty")
    })?;
    url.set_query(None);
    url.set_fragment(None);
    // Both fail where there is nobody to name.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(url.into())
}

fn history(fields: &Map<String, Value>) -> Result<Vec<Said>, Wrong> {
    let said = match fields.get("history") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(said)) => said,
        Some(_) => return Err(wrong("history", "is not a list; write one, or leave it out")),
    };
    if said.len() > MAX_TURNS {
        return Err(wrong("history", format!("has more than {MAX_TURNS} entries; send the latest")));
    }
    said.iter().enumerate().map(|(row, said)| turn(said).map_err(|error| inside(row, &error))).collect()
}

fn turn(said: &Value) -> Result<Said, Wrong> {
    let Value::Object(fields) = said else {
        return Err(wrong("", "is not an object with `from` and `text`"));
    };
    let from = match fields.get("from").and_then(Value::as_str) {
        Some("visitor") => Speaker::Visitor,
        Some("assistant") => Speaker::Assistant,
        _ => return Err(wrong("from", "is neither \"visitor\" nor \"assistant\"")),
    };
    Ok(Said { from, text: text(fields, "text", MAX_TURN_CHARS)? })
}

fn inside(row: usize, error: &Wrong) -> Wrong {
    let dot = if error.field.is_empty() { "" } else { "." };
    wrong(format!("history[{row}]{dot}{}", error.field), &*error.problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_with_what_was_said_before() {
        let body = br#"{"session":"","conversation":"c-1","prompt":"p.1","text":"  And to Spain? ",
            "page":"https://me:secret@shop.example/cart?token=1#x","more":1,
            "history":[{"from":"visitor","text":"Do you deliver?"},{"from":"assistant","text":"Yes."}]}"#;
        let ask = Ask::read(body).expect("a question");
        assert_eq!((&*ask.text, &*ask.page), ("And to Spain?", "https://shop.example/cart"));
        assert_eq!(ask.asked_before(), Some("Do you deliver?"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = |chars: usize| "x".repeat(chars);
        let turns = |count: usize| vec![r#"{"from":"visitor","text":"a"}"#; count].join(",");
        let rows = [
            ("[]".to_owned(), "body"),
            ("{".to_owned(), "body"),
            ("{}".to_owned(), "text"),
            (r#"{"text":" "}"#.to_owned(), "text"),
            (r#"{"text":5}"#.to_owned(), "text"),
            (format!(r#"{{"text":"{}"}}"#, long(MAX_TEXT_CHARS + 1)), "text"),
            (r#"{"text":"a","session":"<b>"}"#.to_owned(), "session"),
            (format!(r#"{{"text":"a","prompt":"{}"}}"#, long(65)), "prompt"),
            (r#"{"text":"a","page":"javascript:x"}"#.to_owned(), "page"),
            (r#"{"text":"a","history":{}}"#.to_owned(), "history"),
            (r#"{"text":"a","history":[1]}"#.to_owned(), "history[0]"),
            (r#"{"text":"a","history":[{"from":"system","text":""}]}"#.to_owned(), "history[0].from"),
            (
                format!(
                    r#"{{"text":"a","history":[{},{{"from":"visitor","text":"{}"}}]}}"#,
                    turns(1),
                    long(MAX_TURN_CHARS + 1)
                ),
                "history[1].text",
            ),
            (format!(r#"{{"text":"a","history":[{}]}}"#, turns(MAX_TURNS + 1)), "history"),
        ];
        for (body, field) in rows {
            assert_eq!(Ask::read(body.as_bytes()).expect_err(&body).field, field);
        }
        let most = format!(r#"{{"text":"{}","history":[{}]}}"#, "ü".repeat(MAX_TEXT_CHARS), turns(MAX_TURNS));
        assert!(Ask::read(most.as_bytes()).is_ok());
    }
}
