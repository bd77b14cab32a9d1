//! Settings that change while the server runs.
//!
//! Whoever works with settings for longer than one request holds a [`Live`] and asks it
//! each time. What was built from settings at the start and cannot be built anew stays as it
//! was: its keys are those that are not named here.

use std::sync::Arc;

use super::known::shown;
use super::{Error, Settings};
use arc_swap::ArcSwap;

/// Keys, and tables with their dot, whose changes hold at once.
const AT_ONCE: [&str; 40] = [
    "server.trusted_proxies",
    "server.max_connections_per_address",
    "server.limit_private_addresses",
    "server.requests_per_second_per_address",
    "server.request_burst_per_address",
    "server.country_header",
    "server.security_contact",
    "server.header_timeout_seconds",
    "server.handler_timeout_seconds",
    "server.send_timeout_seconds",
    "server.shutdown_timeout_seconds",
    "server.drain_seconds",
    MAX_BODY,
    "ingest.max_inflated_bytes",
    "ingest.max_ratio",
    "ingest.max_event_bytes",
    "ingest.max_events_per_batch",
    "ingest.max_depth",
    "ingest.body_timeout_seconds",
    "ingest.min_bytes_per_second",
    "ingest.min_rate_after_seconds",
    "ingest.batches_per_second_per_key",
    "ingest.burst_per_key",
    "ingest.batches_per_second_per_address",
    "ingest.burst_per_address",
    "ingest.sessions_per_minute_per_address",
    "ingest.session_burst_per_address",
    "disk.",
    "sessions.",
    "retention.",
    "audit.",
    "privacy.",
    "backup.",
    "pages.sessions_per_page",
    "accounts.session_",
    "accounts.require_totp",
    "answers.max_ask_bytes",
    "answers.asks_per_minute_",
    "answers.burst_per_",
    "log.level",
];

const MAX_BODY: &str = "ingest.max_body_bytes";

/// The settings as they are now. Clones are the same.
#[derive(Clone)]
pub struct Live(Arc<ArcSwap<Settings>>);

impl Live {
    /// The settings of this moment.
    pub fn now(&self) -> Arc<Settings> {
        self.0.load_full()
    }

    /// Puts others in their place.
    pub fn set(&self, settings: Settings) {
        self.0.store(Arc::new(settings));
    }
}

impl From<Settings> for Live {
    fn from(settings: Settings) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(settings)))
    }
}

/// One setting that was changed. Its values are as they may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Such as `log.level`.
    pub key: String,
    /// What holds, or held.
    pub from: String,
    /// What the file or the environment says now.
    pub to: String,
    /// Whether it holds at once. Otherwise it does from the next start.
    pub at_once: bool,
}

impl Settings {
    /// These settings with all of `fresh` that can hold at once; and what was changed.
    pub fn taking(&self, fresh: Self) -> Result<(Self, Vec<Change>), Error> {
        let mut known = self.known.clone();
        let mut changes = Vec::new();
        // A larger body than all may take together would never be taken.
        let fits = fresh.ingest.max_body_bytes <= self.ingest.buffer_bytes;
        for (key, (value, origin)) in &fresh.known.0 {
            let Some((old, from)) = known.0.get_mut(key) else { continue };
            // An argument holds whatever the file says.
            if matches!(from, super::Origin::Argument(_)) {
                continue;
            }
            let at_once = holds_at_once(key) && (key != MAX_BODY || fits);
            if old != value {
                let (from, to) = (shown(key, old), shown(key, value));
                changes.push(Change { key: key.clone(), from, to, at_once });
            }
            if at_once || old == value {
                old.clone_from(value);
                from.clone_from(origin);
            }
        }
        changes.extend(tables_changed(self, &fresh));
        // Each of the two was usable as a whole, so this is seldom.
        let mut next = known.settings().map_err(|error| Error::Invalid {
            place: "the changed settings".to_owned(),
            key: "settings".to_owned(),
            problem: format!("do not fit together ({error})"),
            remedy: "start the server anew".to_owned(),
        })?;
        next.plugins.of = fresh.plugins.of;
        next.file.clone_from(&self.file);
        // It may be a path that is no text.
        next.server.data_dir.clone_from(&self.server.data_dir);
        Ok((next, changes))
    }
}

fn holds_at_once(key: &str) -> bool {
    AT_ONCE.iter().any(|named| match named.ends_with(['.', '_']) {
        true => key.starts_with(named),
        false => key == *named,
    })
}

/// The tables `[plugins.NAME]` that are others. What stands in them only the plugin knows,
/// so it is not shown.
fn tables_changed(old: &Settings, fresh: &Settings) -> Vec<Change> {
    let (old, fresh) = (&old.plugins.of, &fresh.plugins.of);
    let mut names: Vec<&String> = old.keys().chain(fresh.keys()).collect();
    names.sort();
    names.dedup();
    let word =
        |table: Option<&serde_json::Value>| if table.is_some() { "a table" } else { "nothing" }.to_owned();
    let changed = names.into_iter().filter(|name| old.get(*name) != fresh.get(*name));
    changed
        .map(|name| Change {
            key: format!("plugins.{name}"),
            from: word(old.get(name)),
            to: fresh.get(name).map_or_else(|| word(None), |_| "another table".to_owned()),
            at_once: true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    fn settings(text: &str) -> Settings {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        std::fs::write(&file, text).expect("written");
        Settings::load(Some(&file), Default::default()).expect("settings")
    }

    #[test]
    fn what_can_hold_at_once_does_and_the_rest_is_named() {
        let mut running = settings("[log]\nlevel = \"info\"\n");
        running.known.set("server.listen", "127.0.0.1:1", Origin::Argument("--listen"));
        running.server.listen = "127.0.0.1:1".parse().expect("an address");
        let fresh = settings(
            "[log]\nlevel = \"warn\"\n[server]\nmax_connections = 7\nlisten = \"127.0.0.1:2\"\n[plugins.friction]\na = 1\n",
        );
        let (next, changes) = running.taking(fresh).expect("they fit together");
        let told: Vec<_> =
            changes.iter().map(|change| (change.key.as_str(), change.to.as_str(), change.at_once)).collect();
        assert_eq!(
            told,
            [
                ("log.level", "\"warn\"", true),
                ("server.max_connections", "7", false),
                ("plugins.friction", "another table", true)
            ]
        );
        assert_eq!((next.log.level.as_str(), next.server.max_connections), ("warn", 1024));
        assert_eq!(next.server.listen, running.server.listen);
        assert_eq!(next.plugins.of.len(), 1);
    }

    #[test]
    fn each_key_named_here_is_one_of_the_settings() {
        let defaults = Settings::load(None, Default::default()).expect("defaults");
        for named in AT_ONCE {
            assert!(defaults.known.0.keys().any(|key| key.starts_with(named)), "{named}");
        }
    }

    #[test]
    fn a_body_that_would_not_fit_waits_for_the_next_start() {
        let running = settings("");
        let fresh = settings("[ingest]\nmax_body_bytes = 100_000_000\nbuffer_bytes = 200_000_000\n");
        let (next, changes) = running.taking(fresh).expect("they fit together");
        assert!(changes.iter().all(|change| !change.at_once), "{changes:?}");
        assert_eq!(next.ingest.max_body_bytes, running.ingest.max_body_bytes);
    }
}
