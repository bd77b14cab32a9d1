//! The settings as flat values, each with the place that it comes from.
//!
//! What a page shows, and what is compared when the file changes, is this and not the typed
//! settings that are made of it.

use std::collections::BTreeMap;
use std::fmt;

use config::{Config, ConfigError, Value, ValueKind};

use super::Settings;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was not changed.
    Default,
    /// The operator's file.
    File,
    /// An environment variable.
    Variable(String),
    /// An argument or command.
    Argument(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File => out.write_str("file"),
            Self::Variable(name) => out.write_str(name),
            Self::Argument(name) => out.write_str(name),
        }
    }
}

/// All values by their keys, such as `server.listen`.
#[derive(Clone, Debug, Default)]
pub struct Known(pub(super) BTreeMap<String, (ValueKind, Origin)>);

/// Endings of keys whose values nobody is shown.
const SECRET: [&str; 3] = ["secret", "password", "token"];

/// What stands for them.
const HIDDEN: &str = "(hidden)";

impl Known {
    /// Sets a value that another place gives.
    pub fn set(&mut self, key: &str, value: impl Into<ValueKind>, origin: Origin) {
        self.0.insert(key.to_owned(), (value.into(), origin));
    }

    /// Each key, with its value as it may be shown and where that comes from.
    pub fn shown(&self) -> impl Iterator<Item = (&str, String, &Origin)> {
        self.0.iter().map(|(key, (value, origin))| (key.as_str(), shown(key, value), origin))
    }

    /// The typed settings, without the tables of plugins.
    pub(super) fn settings(&self) -> Result<Settings, ConfigError> {
        let mut builder = Config::builder();
        for (key, (value, _)) in &self.0 {
            builder = builder
                .set_override(key, Value::new(None, value.clone()))
                .expect("a key read from a layer is a valid path");
        }
        let merged = builder.build().expect("flat values always build");
        let mut settings: Settings = merged.try_deserialize()?;
        settings.known = self.clone();
        Ok(settings)
    }
}

/// A value as the file would have it, unless it is a secret.
pub(super) fn shown(key: &str, value: &ValueKind) -> String {
    match value {
        ValueKind::String(text) if !text.is_empty() && is_secret(key) => HIDDEN.to_owned(),
        ValueKind::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn is_secret(key: &str) -> bool {
    SECRET.iter().any(|ending| key.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let mut known = Known::default();
        known.set("sso.client_secret", "s3cret", Origin::File);
        known.set("sso.client_id", "hindsight", Origin::File);
        let shown: Vec<_> = known.shown().map(|(_, value, _)| value).collect();
        assert_eq!(shown, ["\"hindsight\"", HIDDEN]);
    }
}
