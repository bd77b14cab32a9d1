//! The settings: `config.toml`'s defaults, then the operator's file, then `HINDSIGHT_*`.
//!
//! The embedded `config.toml` holds every setting with its default, so it also is
//! the schema: a key that it lacks, or a value of another type, stops the start
//! with a sentence that names the place, the key and the remedy. Nothing here
//! watches the file; what becomes of settings that change is `live`.

mod check;
mod external;
mod known;
mod layers;
mod live;
mod networks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use external::{External, GroupRoles, Groups, Hidden, KeptOut, Oidc};
pub use known::{Known, Origin};
use layers::Layers;
pub use live::{Change, Live};
pub use networks::{Networks, is_private};

/// The file with every setting, its default and a comment.
pub const DEFAULTS: &str = include_str!("../../config.toml");

/// The file that is read from the working directory when no other is named.
pub const DEFAULT_FILE: &str = "config.toml";

/// Why the settings cannot be used. Each says where, which key, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not there or not ours to read.
    #[error("{}: cannot be read ({cause}); name another file with --config", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}: is not TOML: {cause}; mend the file or name another with --config", path.display())]
    NotToml {
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
    /// Everybody on the way could read what is sent.
    #[error(
        "`server.public_url` is {url}, by which recordings would cross the internet in clear text; put a proxy with a \
         certificate in front and write https://, name `server.tls_certificate` and `server.tls_key`, or start \
         with `hindsight serve --insecure`"
    )]
    ClearText {
        /// How the server would be reached.
        url: String,
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
    pub disk: Disk,
    pub backup: Backup,
    pub sessions: Sessions,
    pub retention: Retention,
    pub audit: Audit,
    pub privacy: Privacy,
    pub pages: Pages,
    pub accounts: Accounts,
    pub answers: Answers,
    pub plugins: Plugins,
    pub log: Log,
    pub metrics: Metrics,
    /// The same, flat, with where each comes from.
    #[serde(skip)]
    pub known: Known,
    /// The file that was named for them; `None`: the default one, if it is there.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// Where and how the server listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: String,
    pub trusted_proxies: Networks,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    pub data_dir: PathBuf,
    pub max_connections: u32,
    pub max_connections_per_address: u32,
    pub limit_private_addresses: bool,
    pub country_header: String,
    pub requests_per_second_per_address: u32,
    pub request_burst_per_address: u32,
    pub security_contact: String,
    pub header_timeout_seconds: u32,
    pub handler_timeout_seconds: u32,
    pub send_timeout_seconds: u32,
    pub shutdown_timeout_seconds: u32,
    pub drain_seconds: u32,
}

impl Server {
    /// Whether it encrypts by itself.
    pub fn has_tls(&self) -> bool {
        !self.tls_certificate.as_os_str().is_empty()
    }

    /// What it speaks where it listens.
    pub fn scheme(&self) -> &'static str {
        if self.has_tls() { "https" } else { "http" }
    }
}

/// The paths that recorded pages see.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Recorder {
    pub script_path: String,
    pub widget_path: String,
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
    pub min_bytes_per_second: u32,
    pub min_rate_after_seconds: u32,
    pub queue_batches: usize,
    pub buffer_bytes: usize,
    pub batches_per_second_per_key: u32,
    pub burst_per_key: u32,
    pub batches_per_second_per_address: u32,
    pub burst_per_address: u32,
    pub sessions_per_minute_per_address: u32,
    pub session_burst_per_address: u32,
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

/// How much room is left on the disk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Disk {
    pub low_water_bytes: u64,
    pub ballast_bytes: u64,
}

/// Copies that the server makes by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Backup {
    pub folder: PathBuf,
    pub every_hours: u32,
    pub at: String,
    pub keep: usize,
}

impl Backup {
    /// The time of the day, in minutes (UTC). `None`: it is not set, or it is none.
    pub fn at_minute(&self) -> Option<i64> {
        let (hour, minute) = self.at.split_once(':')?;
        let is_plain = |text: &str| text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit());
        let (hour, minute) = (is_plain(hour).then_some(hour)?, is_plain(minute).then_some(minute)?);
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    }
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
    pub max_hours: u32,
    pub max_bytes: usize,
    pub max_batches: u32,
    pub keep_min_seconds: u32,
    pub keep_min_events: u32,
    pub whole_user_agents: bool,
}

/// How long sessions are kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Retention {
    pub keep_days: u32,
    pub max_bytes: usize,
}

/// The log of who did what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Audit {
    pub keep_days: u32,
}

/// What the privacy page says that only the operator knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Privacy {
    pub public: bool,
    pub operator: String,
    pub contact: String,
    pub backups_keep_days: u32,
}

/// How pages are shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Pages {
    pub sessions_per_page: usize,
    pub templates_dir: PathBuf,
}

/// Who may look.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Accounts {
    pub login: Login,
    pub session_idle_days: u32,
    pub session_max_days: u32,
    pub require_totp: bool,
    pub password: bool,
    pub proxy_header: String,
    pub proxy_email_header: String,
    pub proxy_groups_header: String,
    pub proxy_logout_url: String,
    pub oidc: Oidc,
    pub external: External,
}

/// Whether people say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// They log in.
    Required,
    /// Nobody is asked: whoever reaches the server may do everything.
    None,
}

/// What visitors may ask, and where answers may come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Answers {
    pub documents_dir: PathBuf,
    pub max_ask_bytes: usize,
    pub asks_at_once: usize,
    pub asks_at_once_per_connection: usize,
    pub asks_per_minute_per_connection: u32,
    pub burst_per_connection: u32,
    pub asks_per_minute_per_address: u32,
    pub burst_per_address: u32,
    pub connect_timeout_seconds: u32,
    pub first_byte_timeout_seconds: u32,
    pub timeout_seconds: u32,
    pub max_answer_bytes: usize,
    pub allow_private: bool,
    pub private_hosts: String,
    pub ca_file: PathBuf,
}

/// Where plugins are, and what they may use.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Plugins {
    pub enabled: bool,
    pub folder: PathBuf,
    pub code_dir: PathBuf,
    pub workers: usize,
    pub max_file_bytes: u64,
    pub max_memory_mib: u32,
    pub max_cpu_ms: u32,
    pub max_cpu_ms_per_mb: u32,
    pub max_report_cpu_ms: u32,
    /// The tables `[plugins.NAME]` by their names. Only the plugin knows what is right there.
    #[serde(skip)]
    pub of: BTreeMap<String, serde_json::Value>,
}

impl Plugins {
    /// How many threads run plugins.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1),
            workers => workers,
        }
    }
}

/// What is logged.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object, for programs.
    Json,
}

/// Where figures are shown to whoever collects them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Metrics {
    pub listen: String,
}

impl Metrics {
    /// The address; `None`: they are not shown.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }
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
    Server: header_timeout = header_timeout_seconds, handler_timeout = handler_timeout_seconds,
        send_timeout = send_timeout_seconds,
        shutdown_timeout = shutdown_timeout_seconds, drain_time = drain_seconds;
    Ingest: body_timeout = body_timeout_seconds, min_rate_after = min_rate_after_seconds;
    Answers: connect_timeout = connect_timeout_seconds, first_byte_timeout = first_byte_timeout_seconds,
        timeout = timeout_seconds;
    Sessions: idle_after = idle_after_seconds, ended_grace = ended_grace_seconds,
        reopen_within = reopen_within_seconds;
}

impl Settings {
    /// Reads the layers: defaults, `file`, then those of `environment` that start with `HINDSIGHT_`.
    ///
    /// Without a `file`, a `config.toml` in the working directory is read if there is one.
    pub fn load(file: Option<&Path>, environment: BTreeMap<String, String>) -> Result<Self, Error> {
        let layers = Layers::read(file, environment)?;
        let settings = layers.merged()?;
        settings.check(&layers)?;
        Ok(Self { file: file.map(Path::to_owned), ..settings })
    }

    /// How browsers reach the server: `public_url`, or the address it listens on.
    pub fn public_url(&self, listening: SocketAddr) -> String {
        let scheme = self.server.scheme();
        match self.server.public_url.trim_end_matches('/') {
            "" if listening.ip().is_unspecified() => format!("{scheme}://127.0.0.1:{}", listening.port()),
            "" => format!("{scheme}://{listening}"),
            url => url.to_owned(),
        }
    }
}
