//! Which plugins work for a connection, with which settings.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::plugins::settings::Settings;
use crate::plugins::{Entry, Host, Plugin};
use crate::store::choices::Choice;
use crate::store::runs::{Digest, Subject};
use crate::timeline;

/// A plugin that works for a connection.
#[derive(Clone)]
pub struct Chosen {
    /// The plugin.
    pub plugin: Arc<Plugin>,
    /// Its settings there.
    pub settings: Settings,
}

impl Chosen {
    /// Of the plugin and its settings, and of what it is run over.
    pub fn digest(&self, over: &str) -> Digest {
        let digest = Sha256::new()
            .chain_update(&self.plugin.revision)
            .chain_update(&self.settings.hash)
            .chain_update(over);
        *digest.finalize().first_chunk().expect("a hash is longer")
    }

    /// Of a run over a session as it is stored now.
    pub fn digest_over(&self, subject: &Subject) -> Digest {
        self.digest(&format!("{}/{}", subject.revision, timeline::block::VERSION))
    }
}

/// Whether a plugin works for a connection. What changes recordings for good waits until
/// somebody says so; what only looks does not.
pub fn is_on(plugin: &Plugin, choice: &Choice) -> bool {
    choice.enabled.unwrap_or(plugin.manifest.masker.is_none())
}

/// A plugin with its settings for a connection; otherwise what is wrong with them.
pub fn with_settings(entry: &Entry, choice: &Choice) -> Result<Chosen, String> {
    let Some(plugin) = &entry.plugin else {
        return Err(format!("{}: {}", entry.id, entry.problem.as_deref().unwrap_or("it cannot be loaded")));
    };
    let own = choice.settings.as_deref().map(serde_json::from_str::<Value>).transpose();
    let own = own.map_err(|error| format!("{}: its settings are no JSON: {error}", entry.id))?;
    let own = own.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let settings = entry.settings(&own).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("{}: its settings do not fit: {}", entry.id, problems.join("; "))
    })?;
    Ok(Chosen { plugin: Arc::clone(plugin), settings })
}

/// The analyzers that work for a connection. One whose settings do not fit does not.
pub fn analyzers(plugins: &Host, choices: &[(String, Choice)]) -> Vec<Chosen> {
    let registry = plugins.plugins();
    let analyzes = |plugin: &Plugin| plugin.manifest.analyzer.is_some();
    on(&registry, choices, analyzes)
        .filter_map(|(entry, choice)| with_settings(entry, &choice).ok())
        .collect()
}

/// Which of the plugins that failed too often are paused now: those that would still run somewhere in
/// the version and with the settings that did. `choices` has what was decided for each connection.
pub fn paused(plugins: &Host, failed: &[(String, Digest)], choices: &[Vec<(String, Choice)>]) -> Vec<String> {
    let working: Vec<Chosen> = choices.iter().flat_map(|choices| analyzers(plugins, choices)).collect();
    let still_fails = |(name, digest): &&(String, Digest)| {
        working.iter().any(|chosen| chosen.plugin.id() == name && chosen.digest("") == *digest)
    };
    failed.iter().filter(still_fails).map(|(name, _)| name.clone()).collect()
}

/// The maskers that work for a connection, in the order of their names. All of them must
/// be able to: nobody may see what one of them would have hidden.
pub fn maskers(plugins: &Host, choices: &[(String, Choice)]) -> Result<Vec<Chosen>, String> {
    let registry = plugins.plugins();
    let gone = |(name, choice): &&(String, Choice)| {
        choice.enabled == Some(true) && registry.get(name).is_none_or(|entry| entry.plugin.is_none())
    };
    if let Some((name, _)) = choices.iter().find(gone) {
        let remedy = "put its file back, or switch it off for this connection";
        return Err(format!("{name} is switched on and is not there; {remedy}"));
    }
    let masks = |plugin: &Plugin| plugin.manifest.masker.is_some();
    on(&registry, choices, masks).map(|(entry, choice)| with_settings(entry, &choice)).collect()
}

/// Whether recordings of a connection are shown only once they are finished, since they
/// are masked then. What cannot be said for sure counts as yes.
pub fn holds_back(plugins: &Host, choices: &[(String, Choice)]) -> bool {
    maskers(plugins, choices).map_or(true, |maskers| !maskers.is_empty())
}

fn on<'a>(
    registry: &'a crate::plugins::Registry,
    choices: &'a [(String, Choice)],
    wanted: impl Fn(&Plugin) -> bool + 'a,
) -> impl Iterator<Item = (&'a Entry, Choice)> {
    registry.entries().filter_map(move |entry| {
        let choice = choices.iter().find(|(name, _)| *name == entry.id);
        let choice = choice.map(|(_, choice)| choice.clone()).unwrap_or_default();
        let plugin = entry.plugin.as_ref()?;
        (wanted(plugin) && is_on(plugin, &choice)).then_some((entry, choice))
    })
}
