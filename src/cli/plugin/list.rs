//! `hindsight plugin list`: the plugins that a server would run with these settings.

use std::io::Write;

use crate::config::Settings;
use crate::plugins::{Entry, Host, State};

/// Runs the command.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let host = Host::open(&settings.plugins, &settings.server.data_dir, super::built_ins())?;
    host.refresh();
    let mut out = std::io::stdout();
    let registry = host.plugins();
    if registry.entries().next().is_none() {
        return Ok(writeln!(out, "no plugins; put one into {}", settings.plugins.folder.display())?);
    }
    for entry in registry.entries() {
        write!(out, "{}", describe(entry))?;
    }
    Ok(())
}

fn describe(entry: &Entry) -> String {
    let state = match entry.state() {
        State::Live => "live",
        State::Outdated => "live in an older version",
        State::OlderSettings => "live with older settings",
        State::WrongSettings => "not live: wrong settings",
        State::Failed => "not live",
    };
    let mut text = match &entry.plugin {
        Some(plugin) => format!(
            "{} {}  {state}  {}  {}  {}\n",
            entry.id,
            plugin.version(),
            plugin.manifest.capabilities().join(", "),
            plugin.origin.name(),
            plugin.hash.get(..12).unwrap_or_default(),
        ),
        None => format!("{}  {state}\n", entry.id),
    };
    for problem in
        entry.problem.iter().cloned().chain(entry.settings_problems.iter().map(ToString::to_string))
    {
        text += &format!("    {problem}\n");
    }
    text
}
