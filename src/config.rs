//! The settings: `config.toml`'s defaults, then the operator's file, then `HINDSIGHT_*`.
//!
//! The embedded `config.toml` holds every setting with its default, so it also is
//! the schema: a key that it lacks, or a value of another type, stops the start
//! with a sentence that names the place, the key and the remedy. Nothing here
//! reads a setting after the start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{Config, Environment, File, FileFormat, Map, Value, ValueKind};
use serde::Deserialize;

/// The file with every setting, its default and a comment.
pub const DEFAULTS: &str = include_str!("../config.toml");

/// The file that is read from the working directory when no other is named.
pub const DEFAULT_FILE: &str = "config.toml";

/// Why the settings cannot be used. Each says where, which key, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read or is not TOML.
    #[error("{}: cannot be read as TOML: {cause}; mend the file or name another with --config", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the reader says, on one line.
        cause: String,
    },
    /// A key that does not exist.
    #[error("{place}: there is no setting `{key}`; {remedy}")]
    Unknown {
        /// The file or environment variable.
        place: String,
        /// The key with its table.
        key: String,
        /// What to write instead.
        remedy: String,
    },
    /// A value that cannot be used.
    #[error("{place}: `{key}` {problem}; {remedy}")]
    Invalid {
        /// The file or environment variable.
        place: String,
        /// The key with its table.
        key: String,
        /// What is wrong with the value.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
}

/// All settings, one struct for each table of `config.toml`, which explains them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each table")]
pub struct Settings {
    pub server: Server,
    pub recorder: Recorder,
    pub ingest: Ingest,
    pub store: Store,
    pub sessions: Sessions,
    pub pages: Pages,
    pub log: Log,
}

/// Where and how the server listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: String,
    pub data_dir: PathBuf,
    pub max_connections: u32,
    pub header_timeout_seconds: u32,
    pub shutdown_timeout_seconds: u32,
}

/// The paths that recorded pages see.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Recorder {
    pub script_path: String,
    pub ingest_path: String,
}

/// What an upload may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Ingest {
    pub max_body_bytes: usize,
    pub max_inflated_bytes: usize,
    pub max_ratio: usize,
    pub max_event_bytes: usize,
    pub max_events_per_batch: usize,
    pub max_depth: usize,
    pub body_timeout_seconds: u32,
    pub queue_batches: usize,
    pub threads: usize,
}

/// How the database is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Store {
    pub durability: Durability,
    pub readers: usize,
    pub group_writes: usize,
    pub group_bytes: usize,
}

/// What an answered batch survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// A power cut: SQLite's `synchronous=FULL`.
    PowerLoss,
    /// The end of the program: SQLite's `synchronous=NORMAL`.
    Crash,
}

/// When a session is over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Sessions {
    pub idle_after_seconds: u32,
    pub ended_grace_seconds: u32,
    pub reopen_within_seconds: u32,
}

/// How pages are shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Pages {
    pub sessions_per_page: usize,
    pub templates_dir: PathBuf,
}

/// What is logged.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Log {
    pub level: String,
}

/// Defines accessors that give a setting in seconds as a [`Duration`].
macro_rules! durations {
    ($($table:ident: $($name:ident = $field:ident),+;)+) => {$(
        impl $table {$(
            #[doc = concat!("`", stringify!($field), "` as a duration.")]
            pub fn $name(&self) -> Duration {
                Duration::from_secs(self.$field.into())
            }
        )+}
    )+};
}

durations! {
    Server: header_timeout = header_timeout_seconds, shutdown_timeout = shutdown_timeout_seconds;
    Ingest: body_timeout = body_timeout_seconds;
    Sessions: idle_after = idle_after_seconds, ended_grace = ended_grace_seconds,
        reopen_within = reopen_within_seconds;
}

impl Settings {
    /// Reads the layers: defaults, `file`, then those of `environment` that start with `HINDSIGHT_`.
    ///
    /// Without a `file`, a `config.toml` in the working directory is read if there is one.
    pub fn load(file: Option<&Path>, environment: BTreeMap<String, String>) -> Result<Self, Error> {
        let layers = Layers {
            defaults: flat(parse(Path::new("embedded config.toml"), DEFAULTS)?),
            file: match file.or(default_file()) {
                Some(path) => Some((path.to_owned(), flat(parse(path, &read(path)?)?))),
                None => None,
            },
            environment: flat(from_environment(environment)),
        };
        layers.check_against_defaults()?;
        let settings = layers.merged()?;
        settings.check(&layers)?;
        Ok(settings)
    }

    /// What the types cannot say.
    fn check(&self, layers: &Layers) -> Result<(), Error> {
        let paths = [
            ("recorder.script_path", &self.recorder.script_path),
            ("recorder.ingest_path", &self.recorder.ingest_path),
        ];
        for (key, path) in paths {
            if !is_url_path(path) {
                return Err(layers.invalid(
                    key,
                    format!("is {path:?}, which is not a path"),
                    "write one like \"/name\" with letters, digits, '-', '_', '.' and '/' only",
                ));
            }
        }
        if !self.server.public_url.is_empty() && !is_web_origin(&self.server.public_url) {
            return Err(layers.invalid(
                "server.public_url",
                format!("is {:?}, which is not a web address", self.server.public_url),
                "write one like \"https://replay.example.org\", or leave it empty",
            ));
        }
        let counts = [
            ("server.max_connections", self.server.max_connections as usize),
            ("ingest.queue_batches", self.ingest.queue_batches),
            ("store.readers", self.store.readers),
            ("store.group_writes", self.store.group_writes),
            ("pages.sessions_per_page", self.pages.sessions_per_page),
        ];
        for (key, count) in counts {
            if count == 0 {
                return Err(layers.invalid(key, "is 0".to_owned(), "write 1 or more"));
            }
        }
        if let Err(cause) = tracing_subscriber::EnvFilter::builder().parse(&self.log.level) {
            return Err(layers.invalid(
                "log.level",
                format!("is {:?}, which is not a filter ({cause})", self.log.level),
                "write error, warn, info, debug or trace",
            ));
        }
        Ok(())
    }

    /// How browsers reach the server: `public_url`, or the address it listens on.
    pub fn public_url(&self, listening: SocketAddr) -> String {
        match self.server.public_url.trim_end_matches('/') {
            "" => format!("http://{listening}"),
            url => url.to_owned(),
        }
    }
}

/// The layers as flat maps from `table.key` to value.
struct Layers {
    defaults: BTreeMap<String, ValueKind>,
    file: Option<(PathBuf, BTreeMap<String, ValueKind>)>,
    environment: BTreeMap<String, ValueKind>,
}

impl Layers {
    /// Each key of the upper layers must be one of the defaults', with a value of its type.
    fn check_against_defaults(&self) -> Result<(), Error> {
        let in_file = self.file.iter().flat_map(|(_, values)| values);
        for (key, value) in in_file.chain(&self.environment) {
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
        }
        Ok(())
    }

    fn merged(&self) -> Result<Settings, Error> {
        let mut builder = Config::builder();
        let in_file = self.file.iter().flat_map(|(_, values)| values);
        for (key, value) in self.defaults.iter().chain(in_file).chain(&self.environment) {
            builder = builder
                .set_override(key, Value::new(None, value.clone()))
                .expect("a key read from a layer is a valid path");
        }
        let merged = builder.build().expect("flat values always build");
        merged.try_deserialize().map_err(|error| {
            let (key, problem) = match error {
                config::ConfigError::At { error, key, .. } => (key, error.to_string()),
                other => (None, other.to_string()),
            };
            let key = key.unwrap_or_else(|| "settings".to_owned());
            let default = self.defaults.get(&key).map(quoted).unwrap_or_default();
            self.invalid(&key, format!("cannot be used ({problem})"), &format!("the default is {default}"))
        })
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

    fn invalid(&self, key: &str, problem: String, remedy: &str) -> Error {
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

fn default_file() -> Option<&'static Path> {
    Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists())
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map_err(|cause| Error::File { path: path.to_owned(), cause: cause.to_string() })
}

fn parse(path: &Path, text: &str) -> Result<Map<String, Value>, Error> {
    Config::builder()
        .add_source(File::from_str(text, FileFormat::Toml))
        .build()
        .and_then(Config::try_deserialize)
        .map_err(|error| Error::File {
            path: path.to_owned(),
            cause: error.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
        })
}

/// The variables named `HINDSIGHT_TABLE__KEY`, as `table.key`.
fn from_environment(variables: BTreeMap<String, String>) -> Map<String, Value> {
    let source = Environment::with_prefix("HINDSIGHT")
        .prefix_separator("_")
        .separator("__")
        .try_parsing(true)
        .source(Some(variables.into_iter().collect()));
    Config::builder()
        .add_source(source)
        .build()
        .and_then(Config::try_deserialize)
        .expect("text from the environment is always a valid source")
}

fn variable_of(key: &str) -> String {
    format!("HINDSIGHT_{}", key.to_uppercase().replace('.', "__"))
}

fn flat(table: Map<String, Value>) -> BTreeMap<String, ValueKind> {
    let mut values = BTreeMap::new();
    let mut open: Vec<(String, Value)> = table.into_iter().collect();
    while let Some((key, value)) = open.pop() {
        match value.kind {
            ValueKind::Table(inner) => {
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

fn is_url_path(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    path.len() > 1
        && path.starts_with('/')
        && !path.ends_with('/')
        && !path.contains("//")
        && path.bytes().all(allowed)
}

fn is_web_origin(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("config.toml");
        std::fs::write(&path, file).expect("a writable folder");
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::load(Some(&path), environment)
            .map_err(|error| error.to_string().replace(&*dir.path().to_string_lossy(), "."))
    }

    #[test]
    fn the_defaults_are_complete_and_valid() {
        let settings = load("", &[]).expect("defaults");
        assert_eq!(settings.server.listen.port(), 7700);
        assert_eq!(settings.store.durability, Durability::PowerLoss);
    }

    #[test]
    fn the_file_overrides_the_defaults_and_the_environment_both() {
        let file = "[server]\nlisten = \"127.0.0.1:1\"\n[ingest]\nmax_depth = 100\n";
        let settings =
            load(file, &[("HINDSIGHT_SERVER__LISTEN", "127.0.0.1:2"), ("PATH", "/bin")]).expect("valid");
        assert_eq!(settings.server.listen.port(), 2);
        assert_eq!(settings.ingest.max_depth, 100);
    }

    #[test]
    fn a_wrong_key_names_the_file_the_key_and_the_likely_one() {
        assert_eq!(
            load("[server]\nlisten_on = \"x\"\n", &[]).expect_err("unknown key"),
            "./config.toml: there is no setting `server.listen_on`; did you mean `server.listen`? Otherwise remove it"
        );
        assert_eq!(
            load("", &[("HINDSIGHT_NONSENSE", "1")]).expect_err("unknown variable"),
            "environment variable HINDSIGHT_NONSENSE: there is no setting `nonsense`; remove it"
        );
    }

    #[test]
    fn a_wrong_value_names_the_place_the_key_and_the_remedy() {
        let rows = [
            (
                "[ingest]\nmax_depth = \"deep\"",
                "`ingest.max_depth` is a text, not a whole number; the default is 2048",
            ),
            ("[ingest]\nmax_depth = -1", "`ingest.max_depth` is a number below zero, not a whole number"),
            ("[store]\nreaders = 0", "`store.readers` is 0; write 1 or more"),
            ("[store]\ndurability = \"some\"", "`store.durability` cannot be used"),
            ("[server]\nlisten = \"here\"", "`server.listen` cannot be used"),
            ("[server]\npublic_url = \"ftp://x\"", "`server.public_url` is \"ftp://x\""),
            (
                "[recorder]\ningest_path = \"ingest\"",
                "`recorder.ingest_path` is \"ingest\", which is not a path",
            ),
            ("[log]\nlevel = \"a=b=c\"", "`log.level` is"),
            ("[server", "cannot be read as TOML"),
        ];
        for (file, expected) in rows {
            let error = load(file, &[]).expect_err(file);
            assert!(error.starts_with("./config.toml: "), "{error}");
            assert!(error.contains(expected), "{error} lacks {expected}");
            assert!(!error.contains('\n'), "{error} is one sentence");
        }
        let error = load("", &[("HINDSIGHT_STORE__READERS", "many")]).expect_err("not a number");
        assert!(
            error.starts_with("environment variable HINDSIGHT_STORE__READERS: `store.readers` is a text"),
            "{error}"
        );
    }
}
