//! The layers that settings come from, checked against the defaults as their schema.
//!
//! Each layer is a flat map from `table.key` to value. What a value may mean beyond
//! its type and range is not known here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat, Map, Value, ValueKind};

use super::known::{Known, Origin};
use super::{DEFAULT_FILE, DEFAULTS, Error, Settings};

/// What numbers may be, where not every one can work: key, smallest, largest.
const RANGES: [(&str, i64, i64); 60] = [
    ("accounts.session_idle_days", 1, 400),
    ("accounts.session_max_days", 1, 400),
    ("server.max_connections", 1, 100_000),
    ("server.max_connections_per_address", 0, 100_000),
    ("server.header_timeout_seconds", 1, 3600),
    ("server.requests_per_second_per_address", 0, 1_000_000),
    ("server.request_burst_per_address", 1, 10_000_000),
    ("server.handler_timeout_seconds", 1, 3600),
    ("server.send_timeout_seconds", 1, 3600),
    ("server.shutdown_timeout_seconds", 0, 3600),
    ("server.drain_seconds", 0, 3600),
    ("backup.every_hours", 1, 8760),
    ("backup.keep", 1, 10_000),
    ("ingest.max_body_bytes", 1024, 1 << 30),
    ("ingest.max_inflated_bytes", 1024, 1 << 30),
    ("ingest.max_ratio", 1, 100_000),
    ("ingest.max_event_bytes", 1024, 1 << 30),
    ("ingest.max_events_per_batch", 1, 1_000_000),
    ("ingest.max_depth", 16, 100_000),
    ("ingest.body_timeout_seconds", 1, 3600),
    ("ingest.min_bytes_per_second", 0, 1 << 30),
    ("ingest.min_rate_after_seconds", 0, 3600),
    ("ingest.queue_batches", 1, 65_536),
    ("ingest.buffer_bytes", 1024, 1 << 40),
    ("ingest.batches_per_second_per_key", 0, 1_000_000),
    ("ingest.burst_per_key", 1, 10_000_000),
    ("ingest.batches_per_second_per_address", 0, 1_000_000),
    ("ingest.burst_per_address", 1, 10_000_000),
    ("ingest.sessions_per_minute_per_address", 0, 1_000_000),
    ("ingest.session_burst_per_address", 1, 10_000_000),
    ("ingest.threads", 0, 1024),
    ("store.readers", 1, 256),
    ("store.group_writes", 1, 65_536),
    ("store.group_bytes", 1, 1 << 30),
    ("disk.low_water_bytes", 0, 1 << 50),
    ("disk.ballast_bytes", 0, 1 << 40),
    ("pages.sessions_per_page", 1, 1000),
    ("answers.max_ask_bytes", 1024, 1 << 20),
    ("answers.asks_at_once", 1, 10_000),
    ("answers.asks_at_once_per_connection", 1, 10_000),
    ("answers.asks_per_minute_per_connection", 0, 1_000_000),
    ("answers.burst_per_connection", 1, 1_000_000),
    ("answers.asks_per_minute_per_address", 0, 1_000_000),
    ("answers.burst_per_address", 1, 1_000_000),
    ("answers.connect_timeout_seconds", 1, 3600),
    ("answers.first_byte_timeout_seconds", 1, 3600),
    ("answers.timeout_seconds", 1, 3600),
    ("answers.max_answer_bytes", 1024, 1 << 26),
    ("plugins.workers", 0, 1024),
    ("plugins.max_file_bytes", 1024, 1 << 30),
    ("plugins.max_memory_mib", 1, 4096),
    ("plugins.max_cpu_ms", 1, 3_600_000),
    ("plugins.max_cpu_ms_per_mb", 0, 3_600_000),
    ("plugins.max_report_cpu_ms", 1, 3_600_000),
    ("sessions.idle_after_seconds", 1, 31_536_000),
    ("sessions.max_hours", 1, 8760),
    ("sessions.max_bytes", 1024, 1 << 40),
    ("sessions.max_batches", 1, 1_000_000),
    ("retention.keep_days", 0, 36_500),
    ("retention.max_bytes", 0, 1 << 50),
];

/// The layers as flat maps from `table.key` to value.
pub struct Layers {
    defaults: BTreeMap<String, ValueKind>,
    file: Option<(PathBuf, BTreeMap<String, ValueKind>)>,
    environment: BTreeMap<String, ValueKind>,
    /// The tables `[plugins.NAME]` of the file, which no default knows.
    plugins: BTreeMap<String, serde_json::Value>,
}

impl Layers {
    /// Reads the layers and holds the upper ones against the defaults.
    pub fn read(file: Option<&Path>, environment: BTreeMap<String, String>) -> Result<Self, Error> {
        let defaults = flat(parse(Path::new("embedded config.toml"), DEFAULTS)?);
        let mut plugins = BTreeMap::new();
        let layers = Self {
            file: match file.or(default_file()) {
                Some(path) => {
                    let text = read(path)?;
                    let mut tables = parse(path, &text)?;
                    plugins = tables_of_plugins(&text, &mut tables);
                    Some((path.to_owned(), flat(tables)))
                }
                None => None,
            },
            plugins,
            environment: as_typed(flat(from_environment(environment)), &defaults),
            defaults,
        };
        layers.check_against_defaults()?;
        Ok(layers)
    }

    /// Each key of the upper layers must be one of the defaults', with a value of its type.
    fn check_against_defaults(&self) -> Result<(), Error> {
        let in_file = self.file.iter().flat_map(|(_, values)| values);
        for (key, value) in in_file.chain(&self.environment) {
            if matches!(value, ValueKind::Table(_)) && self.has_table(key) {
                continue;
            }
            let Some(default) = self.defaults.get(key) else {
                return Err(self.unknown(key));
            };
            let (wanted, given) = (kind(default), kind(value));
            let negative = matches!(value, ValueKind::I64(number) if *number < 0);
            if wanted != given || negative {
                let given = if negative { "a number below zero" } else { given };
                return Err(self.invalid(
                    key,
                    format!("is {given}, not {wanted}"),
                    &format!("the default is {}", quoted(default)),
                ));
            }
            self.check_range(key, value)?;
        }
        Ok(())
    }

    fn has_table(&self, name: &str) -> bool {
        self.defaults.keys().any(|key| key.split_once('.').is_some_and(|(table, _)| table == name))
    }

    fn check_range(&self, key: &str, value: &ValueKind) -> Result<(), Error> {
        let range = RANGES.iter().find(|(name, ..)| *name == key);
        let (Some((_, smallest, largest)), ValueKind::I64(number)) = (range, value) else { return Ok(()) };
        if (smallest..=largest).contains(&number) {
            return Ok(());
        }
        let remedy = format!("write a number from {smallest} to {largest}");
        Err(self.invalid(key, format!("is {number}"), &remedy))
    }

    /// The settings that the layers make together.
    pub fn merged(&self) -> Result<Settings, Error> {
        let settings = self.known().settings();
        let with_tables = |mut settings: Settings| {
            settings.plugins.of.clone_from(&self.plugins);
            settings
        };
        settings.map(with_tables).map_err(|error| {
            let (key, problem) = match error {
                config::ConfigError::At { error, key, .. } => (key, error.to_string()),
                other => (None, other.to_string()),
            };
            let key = key.unwrap_or_else(|| "settings".to_owned());
            let default = self.defaults.get(&key).map(quoted).unwrap_or_default();
            self.invalid(&key, format!("cannot be used ({problem})"), &format!("the default is {default}"))
        })
    }

    /// The highest value of each key.
    fn known(&self) -> Known {
        let in_file = self.file.iter().flat_map(|(_, values)| values);
        let defaults = self.defaults.iter().map(|(key, value)| (key, value, Origin::Default));
        let in_file = in_file.map(|(key, value)| (key, value, Origin::File));
        let variables =
            self.environment.iter().map(|(key, value)| (key, value, Origin::Variable(variable_of(key))));
        let mut known = Known::default();
        for (key, value, origin) in defaults.chain(in_file).chain(variables) {
            if !matches!(value, ValueKind::Table(_)) {
                known.set(key, value.clone(), origin);
            }
        }
        known
    }

    fn unknown(&self, key: &str) -> Error {
        let nearest = self
            .defaults
            .keys()
            .map(|known| (strsim::damerau_levenshtein(known, key), known))
            .min()
            .filter(|(distance, _)| *distance <= key.len() / 2);
        Error::Unknown {
            place: self.place_of(key),
            key: key.to_owned(),
            remedy: match nearest {
                Some((_, known)) => format!("did you mean `{known}`? Otherwise remove it"),
                None => "remove it".to_owned(),
            },
        }
    }

    /// The error for a value that cannot be used.
    pub fn invalid(&self, key: &str, problem: String, remedy: &str) -> Error {
        Error::Invalid { place: self.place_of(key), key: key.to_owned(), problem, remedy: remedy.to_owned() }
    }

    /// The highest layer that sets the key, as its reader knows it.
    fn place_of(&self, key: &str) -> String {
        if self.environment.contains_key(key) {
            return format!("environment variable {}", variable_of(key));
        }
        match &self.file {
            Some((path, values)) if values.contains_key(key) => path.display().to_string(),
            _ => "the defaults".to_owned(),
        }
    }
}

/// Takes the tables inside of `[plugins]` out of what was read.
fn tables_of_plugins(text: &str, tables: &mut Map<String, Value>) -> BTreeMap<String, serde_json::Value> {
    if let Some(ValueKind::Table(plugins)) = tables.get_mut("plugins").map(|value| &mut value.kind) {
        plugins.retain(|_, value| !matches!(value.kind, ValueKind::Table(_)));
    }
    // From the text, since the layers know no list in a list.
    let text: toml::Table = toml::from_str(text).unwrap_or_default();
    let plugins = text.get("plugins").and_then(toml::Value::as_table).into_iter().flatten();
    let tables = plugins.filter(|(_, value)| value.is_table());
    tables.filter_map(|(name, table)| Some((name.clone(), serde_json::to_value(table).ok()?))).collect()
}

fn default_file() -> Option<&'static Path> {
    Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists())
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map_err(|cause| Error::NotToml { path: path.to_owned(), cause: cause.to_string() })
}

fn parse(path: &Path, text: &str) -> Result<Map<String, Value>, Error> {
    Config::builder()
        .add_source(File::from_str(text, FileFormat::Toml))
        .build()
        .and_then(Config::try_deserialize)
        .map_err(|error| Error::NotToml {
            path: path.to_owned(),
            cause: error.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
        })
}

/// The variables named `HINDSIGHT_TABLE__KEY`, as `table.key`.
fn from_environment(variables: BTreeMap<String, String>) -> Map<String, Value> {
    let source = Environment::with_prefix("HINDSIGHT")
        .prefix_separator("_")
        .separator("__")
        .source(Some(variables.into_iter().collect()));
    Config::builder()
        .add_source(source)
        .build()
        .and_then(Config::try_deserialize)
        .expect("text from the environment is always a valid source")
}

/// Text from the environment as the type that the default has, where it can be read as one.
fn as_typed(
    values: BTreeMap<String, ValueKind>,
    defaults: &BTreeMap<String, ValueKind>,
) -> BTreeMap<String, ValueKind> {
    let typed = |(key, value): (String, ValueKind)| {
        let typed = match (defaults.get(&key), &value) {
            (Some(ValueKind::I64(_)), ValueKind::String(text)) => text.parse().ok().map(ValueKind::I64),
            (Some(ValueKind::Boolean(_)), ValueKind::String(text)) => {
                text.parse().ok().map(ValueKind::Boolean)
            }
            _ => None,
        };
        (key, typed.unwrap_or(value))
    };
    values.into_iter().map(typed).collect()
}

fn variable_of(key: &str) -> String {
    format!("HINDSIGHT_{}", key.to_uppercase().replace('.', "__"))
}

fn flat(table: Map<String, Value>) -> BTreeMap<String, ValueKind> {
    let mut values = BTreeMap::new();
    let mut open: Vec<(String, Value)> = table.into_iter().collect();
    while let Some((key, value)) = open.pop() {
        match value.kind {
            // An empty table stays, so that one with a wrong name is found.
            ValueKind::Table(inner) if !inner.is_empty() => {
                open.extend(inner.into_iter().map(|(name, value)| (format!("{key}.{name}"), value)));
            }
            leaf => {
                values.insert(key, leaf);
            }
        }
    }
    values
}

fn kind(value: &ValueKind) -> &'static str {
    match value {
        ValueKind::Nil => "nothing",
        ValueKind::Boolean(_) => "true or false",
        ValueKind::I64(_) | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => "a whole number",
        ValueKind::Float(_) => "a number with a fraction",
        ValueKind::String(_) => "a text",
        ValueKind::Table(_) => "a table",
        ValueKind::Array(_) => "a list",
    }
}

fn quoted(value: &ValueKind) -> String {
    match value {
        ValueKind::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}
