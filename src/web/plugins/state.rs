//! How a plugin is doing for a connection, in plain words.

use serde::Serialize;

use crate::finish::chosen;
use crate::plugins::{self, Entry};
use crate::store;
use crate::store::choices::{self, Choice};
use crate::store::runs::Digest;
use crate::web::App;

/// How a plugin is doing.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// Which mark it gets.
    mark: Mark,
    /// In two words.
    label: &'static str,
    /// What is the matter; empty when nothing is.
    reason: String,
    /// Whether it runs again when somebody says so.
    is_paused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mark {
    Live,
    Off,
    Trouble,
}

impl State {
    /// Of a plugin, with the reason for which it is paused.
    pub fn of(entry: &Entry, choice: &Choice, paused: Option<String>) -> Self {
        let trouble = |label, reason| Self { mark: Mark::Trouble, label, reason, is_paused: false };
        let problem = entry.problem.clone().unwrap_or_default();
        let Some(plugin) = &entry.plugin else { return trouble("Cannot be loaded", problem) };
        if entry.state() == plugins::State::WrongSettings {
            return trouble("Wrong settings", wrong_table(entry));
        }
        if !chosen::is_on(plugin, choice) {
            return Self { mark: Mark::Off, label: "Off", reason: String::new(), is_paused: false };
        }
        if let Err(reason) = chosen::with_settings(entry, choice) {
            return trouble("Wrong settings", reason);
        }
        if let Some(reason) = paused {
            return Self { is_paused: true, ..trouble("Paused after three failures", reason) };
        }
        match entry.state() {
            plugins::State::Outdated => trouble("An older version runs", problem),
            plugins::State::OlderSettings => {
                trouble("Runs with the settings from before", wrong_table(entry))
            }
            _ => Self { mark: Mark::Live, label: "Live", reason: String::new(), is_paused: false },
        }
    }

    /// Of one that something was decided about and that is not there.
    pub fn gone(choice: &Choice) -> Self {
        let reason = match choice.enabled {
            Some(true) => {
                "It is switched on and its file is gone. If it masks, nothing more is shown until it is put back \
                 or switched off."
            }
            _ => "Its file is gone.",
        };
        let reason = reason.to_owned();
        Self { mark: Mark::Trouble, label: "Not there", reason, is_paused: false }
    }
}

fn wrong_table(entry: &Entry) -> String {
    let problems: Vec<String> = entry.settings_problems.iter().map(ToString::to_string).collect();
    format!("[plugins.{}] of config.toml does not fit: {}", entry.id, problems.join("; "))
}

/// The plugins that are paused now, for some connection.
pub async fn paused(app: &App) -> store::Result<Vec<String>> {
    let failed = app.store.read(choices::all_paused).await?;
    // Most times there is none, and nothing to be compared.
    let choices = if failed.is_empty() { Vec::new() } else { app.store.read(choices::of_all).await? };
    Ok(chosen::paused(&app.plugins, &failed, &choices))
}

/// Under which its failures are counted. `None`: it cannot run.
pub fn health_digest(entry: &Entry, choice: &Choice) -> Option<Digest> {
    chosen::with_settings(entry, choice).ok().map(|chosen| chosen.digest(""))
}
