//! The settings, kept in step with `config.toml` while the server runs.
//!
//! They are read anew when the file changes, and on SIGHUP. What can hold at once does; the
//! log names each key that is another, and says which wait for the next start. The file is
//! taken as a whole: one that the server would not start with changes nothing, and the log and
//! the Operations page say why.

use std::path::Path;

use tokio::signal::unix::{SignalKind, signal};

use super::{environment, logging};
use crate::config::{self, Change, DEFAULT_FILE, Settings};
use crate::stop::Stopping;
use crate::watch::Folder;
use crate::web::{App, Reload};

/// Follows the file that was named with `--config`, or the default one, until the server stops.
pub async fn follow(app: App, stopping: Stopping) -> std::io::Result<()> {
    let mut asked = signal(SignalKind::hangup())?;
    let file = app.settings.file.clone();
    let path = file.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
    let mut changes = Folder::watch_file(path, stopping);
    let mut known = None;
    loop {
        let is_asked = tokio::select! {
            goes_on = changes.next() => if goes_on { false } else { return Ok(()) },
            _ = asked.recv() => true,
        };
        let text = tokio::fs::read_to_string(path).await.ok();
        // The first look is for what changed since the start.
        if known.replace(text.clone()) == Some(text) && !is_asked {
            continue;
        }
        let outcome = reload(&app, file.as_deref());
        let is_news = is_asked || outcome.as_ref().map_or(true, |changes| !changes.is_empty());
        // Of a file that was broken and is again as it was nothing is other, but that it is well.
        if is_news || app.reloads.last().is_some_and(|last| last.outcome.is_err()) {
            let outcome = outcome.map_err(|error| error.to_string());
            app.reloads.note(Reload { at: app.clock.now(), outcome });
        }
    }
}

/// Reads the settings anew and goes by them, as far as that can be.
fn reload(app: &App, file: Option<&Path>) -> Result<Vec<Change>, config::Error> {
    let taken = Settings::load(file, environment()).and_then(|fresh| app.live.now().taking(fresh));
    let (settings, changes) = taken.inspect_err(|error| {
        tracing::error!("the settings from before hold: {error}");
        app.plugins.note_settings_problem(error.to_string());
    })?;
    for Change { key, from, to, at_once } in &changes {
        if *at_once {
            tracing::info!(key, from, to, "a setting was changed");
        } else {
            tracing::warn!(key, from, to, "a setting was changed that holds from the next start");
        }
    }
    logging::set_level(&settings.log.level);
    app.set_settings(settings);
    Ok(changes)
}
