//! The details of an entry in words.

use serde_json::Value;

use crate::web::format;

/// A longer value says little more.
const MOST_CHARS: usize = 160;

/// Fields that hold a time, where they hold a number.
const TIMES: [&str; 7] = ["at", "from", "to", "since", "expires_at", "started_from", "started_before"];

/// Each detail as its name and its value. Nothing of what cannot be read.
pub fn words(detail: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::from_str(detail) else { return Vec::new() };
    let written = |(name, value): (&String, &Value)| {
        let value = if TIMES.contains(&name.as_str()) { time(value) } else { text(value) };
        let cut: String = value.chars().take(MOST_CHARS).collect();
        let more = if cut.len() < value.len() { "…" } else { "" };
        (name.replace('_', " "), format!("{cut}{more}"))
    };
    fields.iter().map(written).filter(|(_, value)| !value.is_empty()).collect()
}

fn time(value: &Value) -> String {
    match value.as_i64() {
        None => text(value),
        Some(0 | i64::MAX) => String::new(),
        Some(at) => format::exact(at),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_i64().map_or(number.to_string(), format::grouped),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn details_are_told_in_words() {
        let told = words(
            r#"{"fields":["name","rules.paused"],"password":true,"sessions":1200,"since":1767225600000,"none":null}"#,
        );
        let told: Vec<String> = told.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            told,
            ["fields: name, rules.paused", "password: yes", "sessions: 1,200", "since: 2026-01-01T00:00:00Z"]
        );
        let role = words(r#"{"from":"viewer","to":null}"#);
        assert_eq!(role, [("from".to_owned(), "viewer".to_owned())]);
        assert!(words("no JSON").is_empty());
        assert!(words(&format!(r#"{{"a":"{}"}}"#, "x".repeat(500)))[0].1.ends_with('…'));
    }
}
