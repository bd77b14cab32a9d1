//! Query parameters: what the document says of them, and the refusal of all others.

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::web::problem::Problem;
use crate::web::request::{MAX_QUERY_BYTES, Request};

/// A query parameter that an endpoint takes.
#[derive(Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it asks for.
    pub about: &'static str,
}

/// What a query parameter may be.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A text of some characters.
    Text,
    /// A text of at least three characters.
    Part,
    /// A whole number from one to another.
    Number(u32, u32),
    /// A length of time, such as `90`, `1:30` or `5m`.
    Length,
    /// A day or a time in UTC.
    Moment,
    /// One of some words.
    OneOf(fn() -> Vec<&'static str>),
    /// A place in a list, as the `next` of the page before has it.
    Place,
}

/// How many things a page has, where nobody says so.
const USUAL_LIMIT: usize = 50;
const MOST_LIMIT: u32 = 100;

/// How many things a page has.
pub const LIMIT: Param = Param {
    name: "limit",
    kind: Kind::Number(1, MOST_LIMIT),
    about: "How many things a page has at most; 50 unless it is said.",
};

/// Where a page begins.
pub const BEFORE: Param = Param {
    name: "before",
    kind: Kind::Place,
    about: "Where the page begins: `next` of the page before has it.",
};

impl Kind {
    /// Its JSON Schema.
    pub fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string", "maxLength": 200 }),
            Self::Part => json!({ "type": "string", "minLength": 3, "maxLength": 200 }),
            Self::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Length => json!({
                "type": "string",
                "pattern": "^[0-9]{1,6}(s|m|h)?$",
                "examples": ["90", "5m"],
            }),
            Self::Moment => json!({
                "type": "string",
                "anyOf": [{ "format": "date" }, { "format": "date-time" }],
                "examples": ["2026-11-01", "2026-11-01T10:00:00Z"],
            }),
            Self::OneOf(words) => json!({ "type": "string", "enum": words() }),
            Self::Place => json!({ "type": "string", "pattern": "^[ps]?[0-9]{1,18}([.][0-9]{1,18})?$" }),
        }
    }
}

/// Refuses parameters that an endpoint does not take, and those that stand twice.
pub fn check(request: &Request, known: &[Param]) -> Result<(), Problem> {
    if request.query.len() > MAX_QUERY_BYTES {
        return Err(Problem::bad_query("The query string is too long."));
    }
    let mut seen: Vec<String> = Vec::new();
    for (name, _) in form_urlencoded::parse(request.query.as_bytes()) {
        if !known.iter().any(|param| param.name == name) {
            let names: Vec<&str> = known.iter().map(|param| param.name).collect();
            let takes = match names.as_slice() {
                [] => "none".to_owned(),
                names => names.join(", "),
            };
            return Err(Problem::bad_query(&format!(
                "{} is no parameter of this address; it takes {takes}.",
                shown(&name)
            )));
        }
        if seen.contains(&name.clone().into_owned()) {
            return Err(Problem::bad_query(&format!("{name} stands twice; write it once.")));
        }
        seen.push(name.into_owned());
    }
    Ok(())
}

/// A name as it was sent, cut, and without what is no plain sign.
fn shown(name: &str) -> String {
    let plain: String = name.chars().filter(|char| !char.is_control()).take(40).collect();
    format!("{plain:?}")
}

/// How many things the page is to have.
pub fn limit(request: &Request) -> Result<usize, Problem> {
    let Some(text) = request.query("limit")? else { return Ok(USUAL_LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=MOST_LIMIT).contains(limit));
    let bad = || Problem::bad_query(&format!("limit is a whole number from 1 to {MOST_LIMIT}."));
    limit.map(|limit: u32| limit as usize).ok_or_else(bad)
}
