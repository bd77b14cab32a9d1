//! The settings of plugins, kept in step with `config.toml` while the server runs.
//!
//! Only the tables `[plugins.NAME]` are taken anew; everything else holds until the next
//! start. The file is read as a whole all the same: one that the server would not start with
//! changes nothing, and the log and the Plugins page say why.

use std::path::{Path, PathBuf};

use super::environment;
use crate::config::{DEFAULT_FILE, Settings};
use crate::plugins::Host;
use crate::stop::Stopping;
use crate::watch::Folder;

/// Follows the file that was named with `--config`, or the default one, until the server stops.
pub async fn follow(file: Option<PathBuf>, plugins: Host, stopping: Stopping) {
    let path = file.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
    let mut changes = Folder::watch_file(path, stopping);
    let mut known = None;
    while changes.next().await {
        let text = tokio::fs::read_to_string(path).await.ok();
        // The first look is for what changed since the start.
        if known.replace(text.clone()) == Some(text) {
            continue;
        }
        match Settings::load(file.as_deref(), environment()) {
            Ok(settings) => plugins.set_settings(&settings.plugins.of),
            Err(error) => {
                tracing::error!("plugins run with the settings from before: {error}");
                plugins.note_settings_problem(error.to_string());
            }
        }
    }
}
