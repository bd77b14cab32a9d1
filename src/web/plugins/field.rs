//! A form drawn from the JSON Schema of a plugin's settings, and read back.
//!
//! What is left empty is as it is below: in `config.toml`, or by default. What the form
//! cannot draw is written as JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::plugins::settings::Problem;
use crate::web::form::Form;

/// Text fields have at least and at most so many lines.
const LINES: std::ops::RangeInclusive<usize> = 2..=12;

/// A setting as its template shows it.
#[derive(Debug, Serialize)]
pub struct Field {
    /// With dots between its parts.
    key: String,
    title: String,
    description: String,
    problems: Vec<String>,
    /// Where its value comes from.
    source: Source,
    /// Whether it is set in `config.toml`, whatever the connection has.
    in_server: bool,
    #[serde(flatten)]
    input: Input,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Connection,
    Server,
    Default,
}

/// How a setting is asked for.
#[derive(Debug, Serialize)]
#[serde(tag = "input", rename_all = "lowercase")]
enum Input {
    Group { fields: Vec<Field> },
    Choice { options: Vec<Choice>, below: String },
    Number { value: String, below: String, min: Option<f64>, max: Option<f64>, whole: bool },
    Text { value: String, below: String },
    Lines { value: String, below: String, own: bool, rows: usize },
    Json { value: String, below: String, rows: usize },
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// What a setting's schema asks for.
enum Kind {
    Group,
    Choice(Vec<Value>),
    Number { whole: bool },
    Text,
    Lines,
    Json,
}

impl Kind {
    fn of(schema: &Value) -> Self {
        if let Some(Value::Array(options)) = schema.get("enum") {
            return Self::Choice(options.clone());
        }
        let items_are_text = schema.pointer("/items/type").and_then(Value::as_str) == Some("string");
        match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => Self::Choice(vec![Value::Bool(true), Value::Bool(false)]),
            Some("integer") => Self::Number { whole: true },
            Some("number") => Self::Number { whole: false },
            Some("string") => Self::Text,
            Some("array") if items_are_text => Self::Lines,
            Some("object") if schema.get("properties").is_some() => Self::Group,
            _ => Self::Json,
        }
    }
}

/// The settings of one layer, and those that lie below it.
pub struct Values<'a> {
    /// What the connection has of its own.
    pub own: &'a Value,
    /// What the server has.
    pub server: &'a Value,
    /// What holds where the connection has nothing of its own.
    pub below: &'a Value,
    /// What was sent and is wrong, in the place of `own`.
    pub sent: Option<&'a Form>,
    /// What is wrong.
    pub problems: &'a [Problem],
}

/// The fields of a schema, in its order, and the problems that belong to none of them.
pub fn draw(schema: &Value, values: &Values<'_>) -> (Vec<Field>, Vec<String>) {
    let fields = fields(schema, "", &[], values);
    let mut keys = Vec::new();
    collect_keys(&fields, &mut keys);
    let belongs = |problem: &&Problem| !keys.iter().any(|key| is_about(problem, key));
    let rest = values.problems.iter().filter(belongs).map(ToString::to_string).collect();
    (fields, rest)
}

fn collect_keys(fields: &[Field], keys: &mut Vec<String>) {
    for field in fields {
        match &field.input {
            Input::Group { fields } => collect_keys(fields, keys),
            _ => keys.push(field.key.clone()),
        }
    }
}

fn is_about(problem: &Problem, key: &str) -> bool {
    problem.key.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn fields(schema: &Value, prefix: &str, path: &[&str], values: &Values<'_>) -> Vec<Field> {
    let field = |(name, schema): (&String, &Value)| {
        let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        let key = format!("{prefix}{name}");
        let own = at(values.own, &path);
        let input = input(schema, &key, &path, values);
        let is_group = matches!(input, Input::Group { .. });
        let about = values.problems.iter().filter(|problem| !is_group && is_about(problem, &key));
        Field {
            title: text(schema, "title").unwrap_or_else(|| name.replace(['_', '-'], " ")),
            description: text(schema, "description").unwrap_or_default(),
            problems: about.map(ToString::to_string).collect(),
            source: match (own, at(values.server, &path)) {
                (Some(_), _) => Source::Connection,
                (None, Some(_)) => Source::Server,
                (None, None) => Source::Default,
            },
            in_server: at(values.server, &path).is_some(),
            input,
            key,
        }
    };
    properties(schema).map(field).collect()
}

fn input(schema: &Value, key: &str, path: &[&str], values: &Values<'_>) -> Input {
    let own = at(values.own, path);
    let below = at(values.below, path);
    let sent = values.sent.map(|form| form.text(&set(key)).to_owned());
    let value =
        |written: fn(&Value) -> String| sent.clone().unwrap_or_else(|| own.map(written).unwrap_or_default());
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    match Kind::of(schema) {
        Kind::Group => Input::Group { fields: fields(schema, &format!("{key}."), path, values) },
        Kind::Choice(options) => {
            let chosen = value(json);
            let choice = |option: Value| Choice {
                chosen: json(&option) == chosen,
                value: json(&option),
                label: label(&option),
            };
            Input::Choice {
                options: options.into_iter().map(choice).collect(),
                below: below.map(label).unwrap_or_default(),
            }
        }
        Kind::Number { whole } => Input::Number {
            value: value(Value::to_string),
            below: below.map(Value::to_string).unwrap_or_default(),
            min: bound("minimum"),
            max: bound("maximum"),
            whole,
        },
        Kind::Text => Input::Text { value: value(plain), below: below.map(plain).unwrap_or_default() },
        Kind::Lines => {
            let below = below.map(lines).unwrap_or_default();
            let value = value(lines);
            Input::Lines {
                own: values.sent.map_or(own.is_some(), |form| form.text(&self::own(key)) == "1"),
                rows: rows(if value.is_empty() { &below } else { &value }),
                value,
                below,
            }
        }
        Kind::Json => {
            let below = below.map(pretty).unwrap_or_default();
            let value = value(pretty);
            Input::Json { rows: rows(if value.is_empty() { &below } else { &value }), value, below }
        }
    }
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

fn text(schema: &Value, name: &str) -> Option<String> {
    schema.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn json(value: &Value) -> String {
    value.to_string()
}

fn label(value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        other => plain(other),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn lines(value: &Value) -> String {
    let items: Vec<String> = value.as_array().into_iter().flatten().map(plain).collect();
    items.join("\n")
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn rows(text: &str) -> usize {
    text.lines().count().clamp(*LINES.start(), *LINES.end())
}

/// The name of a setting's field in the form.
fn set(key: &str) -> String {
    format!("set.{key}")
}

/// The name of the field that says that a list counts, even when it is empty.
fn own(key: &str) -> String {
    format!("own.{key}")
}

/// Reads the form: the settings that are not left empty, and what cannot be read of them.
pub fn read(schema: &Value, form: &Form) -> (Value, Vec<Problem>) {
    let mut problems = Vec::new();
    let layer = read_group(schema, "", form, &mut problems);
    (Value::Object(layer), problems)
}

fn read_group(schema: &Value, prefix: &str, form: &Form, problems: &mut Vec<Problem>) -> Map<String, Value> {
    let mut layer = Map::new();
    for (name, schema) in properties(schema) {
        let key = format!("{prefix}{name}");
        let read = match Kind::of(schema) {
            Kind::Group => {
                let group = read_group(schema, &format!("{key}."), form, problems);
                Ok(Some(Value::Object(group))
                    .filter(|group| group.as_object().is_some_and(|map| !map.is_empty())))
            }
            kind => read_value(&kind, form.text(&set(&key)), form.text(&own(&key)) == "1"),
        };
        match read {
            Ok(Some(value)) => drop(layer.insert(name.clone(), value)),
            Ok(None) => {}
            Err(message) => problems.push(Problem { key, message }),
        }
    }
    layer
}

fn read_value(kind: &Kind, text: &str, own: bool) -> Result<Option<Value>, String> {
    let trimmed = text.trim();
    if let Kind::Lines = kind {
        let lines: Vec<Value> =
            trimmed.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect();
        return Ok((own || !lines.is_empty()).then_some(Value::Array(lines)));
    }
    if trimmed.is_empty() {
        return Ok(None);
    }
    match kind {
        Kind::Choice(options) => match options.iter().find(|option| json(option) == text) {
            Some(option) => Ok(Some(option.clone())),
            None => Err("is none of the values that the list offers".to_owned()),
        },
        Kind::Number { whole: true } => match trimmed.parse::<i64>() {
            Ok(number) => Ok(Some(Value::from(number))),
            Err(_) => Err("is a whole number, such as 3".to_owned()),
        },
        Kind::Number { whole: false } => {
            match trimmed.parse::<f64>().ok().filter(|number| number.is_finite()) {
                Some(number) => Ok(Some(Value::from(number))),
                None => Err("is a number, such as 0.5".to_owned()),
            }
        }
        Kind::Json => match serde_json::from_str(trimmed) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(format!("is JSON, and this is none ({error})")),
        },
        Kind::Text | Kind::Lines | Kind::Group => Ok(Some(Value::from(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::settings::Schema;
    use proptest::prelude::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "on": { "type": "boolean", "default": true },
                "mode": { "enum": ["soft", "hard", 3], "default": "soft" },
                "clicks": { "type": "integer", "minimum": 2, "default": 3 },
                "share": { "type": "number", "maximum": 1 },
                "name": { "type": "string" },
                "words": { "type": "array", "items": { "type": "string" }, "default": ["a"] },
                "window": { "type": "object", "properties": { "ms": { "type": "integer" } } },
                "free": { "type": "array", "items": { "type": "integer" } },
            },
        })
    }

    fn form(fields: &[(&str, &str)]) -> Form {
        Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_is_left_empty_is_not_set() {
        assert_eq!(read(&schema(), &form(&[("set.clicks", " "), ("set.on", "")])), (json!({}), Vec::new()));
        let sent = form(&[("set.words", ""), ("own.words", "1")]);
        assert_eq!(read(&schema(), &sent), (json!({ "words": [] }), Vec::new()), "an empty list is one");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_key() {
        let sent = form(&[
            ("set.on", "maybe"),
            ("set.clicks", "2.5"),
            ("set.share", "NaN"),
            ("set.window.ms", "soon"),
            ("set.free", "[1,"),
        ]);
        let (layer, problems) = read(&schema(), &sent);
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!((layer, keys), (json!({}), vec!["on", "clicks", "share", "window.ms", "free"]));
    }

    #[test]
    fn problems_stand_beside_their_fields_and_others_above() {
        let problem = |key: &str| Problem { key: key.to_owned(), message: "is wrong".to_owned() };
        let problems = [problem("window.ms"), problem("words.1"), problem("word"), problem("")];
        let none = json!({});
        let values = Values { own: &none, server: &none, below: &none, sent: None, problems: &problems };
        let (fields, rest) = draw(&schema(), &values);
        let drawn = serde_json::to_string(&fields).expect("JSON");
        assert!(drawn.contains("`window.ms`: is wrong") && drawn.contains("`words.1`: is wrong"), "{drawn}");
        assert_eq!(rest, ["`word`: is wrong", "is wrong"]);
    }

    /// What a browser would send of a drawn form.
    fn sent(fields: &[Field], pairs: &mut Vec<(String, String)>) {
        for field in fields {
            let (value, is_own) = match &field.input {
                Input::Group { fields } => {
                    sent(fields, pairs);
                    continue;
                }
                Input::Choice { options, .. } => {
                    let chosen = options.iter().find(|option| option.chosen);
                    (chosen.map(|option| option.value.clone()).unwrap_or_default(), false)
                }
                Input::Lines { value, own, .. } => (value.clone(), *own),
                Input::Number { value, .. } | Input::Text { value, .. } | Input::Json { value, .. } => {
                    (value.clone(), false)
                }
            };
            pairs.push((set(&field.key), value));
            if is_own {
                pairs.push((own(&field.key), "1".to_owned()));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_read_again(
            on in proptest::option::of(any::<bool>()),
            mode in proptest::option::of(prop_oneof![Just(json!("hard")), Just(json!(3))]),
            clicks in proptest::option::of(any::<i64>()),
            name in proptest::option::of("[a-zA-Z<>&\"é]{1,8}"),
            words in proptest::option::of(proptest::collection::vec("[a-z<&]{1,5}", 0..4)),
            ms in proptest::option::of(0i64..9),
            free in proptest::option::of(proptest::collection::vec(any::<i64>(), 0..4)),
        ) {
            let mut own = Map::new();
            let mut put = |key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    own.insert(key.to_owned(), value);
                }
            };
            put("on", on.map(Value::from));
            put("mode", mode);
            put("clicks", clicks.map(Value::from));
            put("name", name.map(Value::from));
            put("words", words.map(Value::from));
            put("window", ms.map(|ms| json!({ "ms": ms })));
            put("free", free.map(Value::from));
            let own = Value::Object(own);
            let none = json!({});
            let values = Values { own: &own, server: &none, below: &none, sent: None, problems: &[] };
            let (fields, _) = draw(&schema(), &values);
            let mut pairs = Vec::new();
            sent(&fields, &mut pairs);
            prop_assert_eq!(read(&schema(), &Form::of(pairs)), (own, Vec::new()));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}", own in any::<bool>()) {
            let schema = schema();
            Schema::compile(schema.clone()).expect("a schema");
            for (name, property) in properties(&schema) {
                let read = read_value(&Kind::of(property), &text, own);
                prop_assert!(read.is_ok() || read.is_err_and(|message| !message.is_empty()), "{}", name);
            }
        }
    }
}
