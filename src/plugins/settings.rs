//! The settings of plugins: a JSON Schema in the manifest, values from several layers.
//!
//! The schema's defaults come first, then `[plugins.NAME]` of `config.toml`, then what a
//! connection has of its own. What comes out is complete, valid, and written in one way
//! only, so that its hash tells whether anything changed.

use jsonschema::{PatternOptions, Validator};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::text;

/// Schemas and values nested more deeply are refused: both are walked recursively.
const MAX_DEPTH: usize = 32;

/// At most so many problems are told.
const MAX_PROBLEMS: usize = 20;

/// What settings may be.
pub struct Schema {
    json: Value,
    validator: Validator,
}

/// Settings that fit their schema, complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// JSON with sorted keys.
    pub json: String,
    /// The SHA-256 of that, as hexadecimal.
    pub hash: String,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}{message}", if key.is_empty() { String::new() } else { format!("`{key}`: ") })]
pub struct Problem {
    /// The key, with dots between its parts; "" for the whole.
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.json.fmt(formatter)
    }
}

impl Schema {
    /// The schema of a plugin that has no settings.
    pub fn empty() -> Self {
        let none = json!({ "type": "object", "additionalProperties": false });
        Self::compile(none).expect("a plain schema is a schema")
    }

    /// Takes the `[settings]` of a manifest. A plugin must run with its defaults alone.
    pub fn compile(json: Value) -> Result<Self, String> {
        if depth(&json) > MAX_DEPTH {
            return Err(format!("settings is nested more than {MAX_DEPTH} deep"));
        }
        if json.get("type") != Some(&Value::from("object")) {
            return Err("settings.type is missing or not \"object\"; write type = \"object\"".to_owned());
        }
        let validator = jsonschema::options()
            // Linear in the text, where the other engine may take for ever.
            .with_pattern_options(PatternOptions::regex())
            .build(&json)
            .map_err(|error| {
                format!("settings is no JSON Schema: {}", text::line(&error.to_string(), 300))
            })?;
        let schema = Self { json, validator };
        schema.resolve(&[]).map_err(|problems| {
            let first = problems.first().map(Problem::to_string).unwrap_or_default();
            format!("settings do not work with their defaults alone ({first}); give each one that is required a default")
        })?;
        Ok(schema)
    }

    /// The schema itself, to draw a form from.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Lays the layers over the defaults, each over those before it.
    pub fn resolve(&self, layers: &[&Value]) -> Result<Settings, Vec<Problem>> {
        let mut settings = Value::Object(Map::new());
        for layer in layers {
            if depth(layer) > MAX_DEPTH {
                return Err(vec![Problem {
                    key: String::new(),
                    message: format!("is nested more than {MAX_DEPTH} deep"),
                }]);
            }
            lay_over(&mut settings, layer);
        }
        add_defaults(&mut settings, &self.json);
        let problems: Vec<Problem> =
            self.validator.iter_errors(&settings).take(MAX_PROBLEMS).map(|error| problem(&error)).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        settings.sort_all_objects();
        let json = settings.to_string();
        let hash = super::hex(&Sha256::digest(&json));
        Ok(Settings { json, hash })
    }
}

fn depth(value: &Value) -> usize {
    let mut deepest = 0;
    let mut open = vec![(value, 1)];
    while let Some((value, depth)) = open.pop() {
        deepest = deepest.max(depth);
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(entries) => open.extend(entries.values().map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    deepest
}

/// Objects are joined, everything else is replaced.
fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                match below.get_mut(key) {
                    Some(there) => lay_over(there, value),
                    None => drop(below.insert(key.clone(), value.clone())),
                }
            }
        }
        (below, above) => below.clone_from(above),
    }
}

/// Fills in what the schema has a default for, inside of objects too.
fn add_defaults(value: &mut Value, schema: &Value) {
    let (Some(entries), Some(properties)) = (value.as_object_mut(), schema.get("properties")) else { return };
    for (name, property) in properties.as_object().into_iter().flatten() {
        if let (false, Some(default)) = (entries.contains_key(name), property.get("default")) {
            entries.insert(name.clone(), default.clone());
        }
        match entries.get_mut(name) {
            Some(there) => add_defaults(there, property),
            // An object whose parts have defaults has one itself.
            None if property.get("properties").is_some() => {
                let mut object = Value::Object(Map::new());
                add_defaults(&mut object, property);
                if object.as_object().is_some_and(|object| !object.is_empty()) {
                    entries.insert(name.clone(), object);
                }
            }
            None => {}
        }
    }
}

fn problem(error: &jsonschema::ValidationError<'_>) -> Problem {
    let pointer = error.instance_path().to_string();
    let key = pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~");
    Problem { key: text::line(&key, 200), message: text::line(&error.to_string(), 300) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema::compile(json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "clicks": { "type": "integer", "minimum": 2, "default": 3 },
                "words": { "type": "array", "items": { "type": "string", "pattern": "^[a-z]+$" } },
                "window": {
                    "type": "object",
                    "properties": { "ms": { "type": "integer", "default": 1000 }, "px": { "type": "integer" } },
                },
            },
        }))
        .expect("a schema")
    }

    #[test]
    fn layers_lie_over_each_other_and_the_defaults_below() {
        let settings = |layers: &[&Value]| schema().resolve(layers).expect("valid").json;
        assert_eq!(settings(&[]), r#"{"clicks":3,"window":{"ms":1000}}"#);
        let server = json!({ "clicks": 4, "window": { "px": 5 }, "words": ["a", "b"] });
        let connection = json!({ "words": ["c"], "window": { "ms": 1 } });
        assert_eq!(
            settings(&[&server, &connection]),
            r#"{"clicks":4,"window":{"ms":1,"px":5},"words":["c"]}"#
        );
    }

    #[test]
    fn the_hash_depends_on_the_values_alone() {
        let hash = |layers: &[&Value]| schema().resolve(layers).expect("valid").hash;
        assert_eq!(hash(&[]), hash(&[&json!({ "clicks": 3 })]));
        assert_ne!(hash(&[]), hash(&[&json!({ "clicks": 4 })]));
    }

    #[test]
    fn problems_name_the_key() {
        let problems = |value: Value| {
            let problems = schema().resolve(&[&value]).expect_err("broken");
            problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(problems(json!({ "clicks": 1 })), "`clicks`: 1 is less than the minimum of 2");
        assert_eq!(
            problems(json!({ "words": ["a", "B"], "window": { "ms": "x" } })),
            "`words.1`: \"B\" does not match \"^[a-z]+$\"; `window.ms`: \"x\" is not of type \"integer\""
        );
        assert!(problems(json!({ "clickz": 1 })).contains("clickz"));
        assert!(problems(json!(3)).contains("3 is not of type \"object\""));
    }

    #[test]
    fn a_schema_must_work_with_its_defaults() {
        let complaint = |json: Value| Schema::compile(json).expect_err("no schema");
        let complaint_of_required = complaint(json!({ "type": "object", "required": ["a"] }));
        assert!(complaint_of_required.contains("give each one that is required a default"));
        assert!(complaint(json!({ "type": "array" })).contains("write type = \"object\""));
        let remote = json!({ "type": "object", "$ref": "https://example.org/schema.json" });
        assert!(complaint(remote).starts_with("settings is no JSON Schema"));
        let deep = (0..100).fold(json!({}), |inner, _| json!({ "properties": { "a": inner } }));
        assert!(complaint(deep).contains("nested more than"));
    }

    proptest::proptest! {
        #[test]
        fn what_is_resolved_is_resolved_again_to_the_same(clicks in 0i64..10, ms in proptest::option::of(0i64..9)) {
            let layer = json!({ "clicks": clicks, "window": ms.map_or(json!({}), |ms| json!({ "ms": ms })) });
            if let Ok(settings) = schema().resolve(&[&layer]) {
                let again = serde_json::from_str(&settings.json).expect("JSON");
                proptest::prop_assert_eq!(schema().resolve(&[&again]).expect("valid"), settings);
            }
        }
    }
}
