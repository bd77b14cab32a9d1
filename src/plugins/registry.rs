//! The plugins that are live at one moment, and what is wrong with those that are not.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::plugin::Plugin;
use super::settings::{Problem, Settings};

/// The plugins by their ids. A snapshot: it never changes.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<String, Entry>,
    /// Why `config.toml`, which has changed, is not what holds: a sentence.
    pub settings_problem: Option<String>,
}

/// A plugin, or what stands where one should be.
#[derive(Clone)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// What runs: the last version that could be loaded.
    pub plugin: Option<Arc<Plugin>>,
    /// Where it stands in the folder, if it does.
    pub path: Option<PathBuf>,
    /// Why what is in the folder is not what runs: a sentence.
    pub problem: Option<String>,
    /// `[plugins.NAME]` of `config.toml`: an empty object where there is none, null before it is
    /// known.
    pub server_settings: Arc<Value>,
    /// What is wrong with those.
    pub settings_problems: Vec<Problem>,
    /// Whether those that are wrong are newer than `server_settings`, which hold on.
    pub keeps_settings: bool,
}

/// How an entry is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Live,
    /// An older version runs: the one in the folder cannot be loaded.
    Outdated,
    /// It runs with the settings from before: newer ones are not valid.
    OlderSettings,
    /// Its settings are not valid, so it does not run.
    WrongSettings,
    /// It cannot be loaded.
    Failed,
}

impl Entry {
    /// How it is doing.
    pub fn state(&self) -> State {
        match (&self.plugin, &self.problem) {
            (None, _) => State::Failed,
            _ if !self.settings_problems.is_empty() && !self.keeps_settings => State::WrongSettings,
            (Some(_), Some(_)) => State::Outdated,
            _ if self.keeps_settings => State::OlderSettings,
            (Some(_), None) => State::Live,
        }
    }

    /// The settings for a connection that has these of its own.
    pub fn settings(&self, of_connection: &Value) -> Result<Settings, Vec<Problem>> {
        match &self.plugin {
            Some(plugin) => plugin.settings(&[&self.server_settings, of_connection]),
            None => Err(Vec::new()),
        }
    }
}

impl Registry {
    /// All entries, by their ids.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The entry with this id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// The plugins that run.
    pub fn plugins(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.entries.values().filter_map(|entry| entry.plugin.as_ref())
    }

    /// Puts a plugin in the place of what was there. It needs its settings then.
    pub(super) fn insert(&mut self, plugin: Arc<Plugin>, path: Option<PathBuf>) {
        let entry = self.entry(plugin.id());
        *entry = Entry { plugin: Some(plugin), path, problem: None, ..entry.clone() };
    }

    /// Gives each plugin its table of `config.toml`. One that ran goes on with the table from
    /// before where the new one does not fit.
    pub(super) fn set_settings(&mut self, of: impl Fn(&str) -> Arc<Value>) {
        for entry in self.entries.values_mut() {
            let Some(plugin) = &entry.plugin else { continue };
            let wanted = of(&entry.id);
            let problems = plugin.settings(&[&wanted]).err().unwrap_or_default();
            entry.keeps_settings = !problems.is_empty()
                && wanted != entry.server_settings
                && plugin.settings(&[&entry.server_settings]).is_ok();
            if !entry.keeps_settings {
                entry.server_settings = wanted;
            }
            if problems != entry.settings_problems {
                for problem in &problems {
                    tracing::error!("[plugins.{}] of config.toml: {problem}", entry.id);
                }
            }
            entry.settings_problems = problems;
        }
    }

    /// Notes that what stands in the folder cannot be loaded; what ran goes on running.
    pub(super) fn note_problem(&mut self, id: &str, path: PathBuf, problem: String) {
        let entry = self.entry(id);
        entry.path = Some(path);
        entry.problem = Some(problem);
    }

    /// Takes back a problem that is no more: the file is again what runs.
    pub(super) fn clear_problem(&mut self, id: &str) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.problem = None;
        }
    }

    /// Removes an entry.
    pub(super) fn remove(&mut self, id: &str) {
        self.entries.remove(id);
    }

    fn entry(&mut self, id: &str) -> &mut Entry {
        self.entries.entry(id.to_owned()).or_insert_with(|| Entry {
            id: id.to_owned(),
            plugin: None,
            path: None,
            problem: None,
            // Fits no plugin, so that the first ones that it is given hold, right or wrong.
            server_settings: Arc::new(Value::Null),
            settings_problems: Vec::new(),
            keeps_settings: false,
        })
    }
}
