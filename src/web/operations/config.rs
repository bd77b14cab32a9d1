//! The settings that hold, where each comes from, and what came of the latest change.

use serde::Serialize;

use crate::config::{Change, Origin};
use crate::model::TimestampMs;
use crate::web::{App, format};

/// A setting.
#[derive(Serialize)]
pub struct Row {
    key: String,
    value: String,
    from: String,
    /// Whether somebody has set it.
    is_set: bool,
}

/// The latest change.
#[derive(Serialize)]
pub struct Reload {
    at: String,
    at_exact: String,
    /// Why nothing of it could be used.
    problem: Option<String>,
    /// What holds now.
    taken: Vec<Changed>,
    /// What will hold from the next start.
    waiting: Vec<Changed>,
}

#[derive(Serialize)]
pub struct Changed {
    key: String,
    from: String,
    to: String,
}

/// All settings, those that somebody has set first.
pub fn rows(app: &App) -> Vec<Row> {
    let mut rows: Vec<Row> = app
        .settings
        .known
        .shown()
        .map(|(key, value, origin)| Row {
            key: key.to_owned(),
            value,
            from: from(app, origin),
            is_set: *origin != Origin::Default,
        })
        .collect();
    rows.sort_by_key(|row| !row.is_set);
    rows
}

fn from(app: &App, origin: &Origin) -> String {
    match (origin, &app.settings.file) {
        (Origin::File, Some(file)) => file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        (Origin::File, None) => crate::config::DEFAULT_FILE.to_owned(),
        (other, _) => other.to_string(),
    }
}

/// What came of the latest change of the settings, if there was one.
pub fn reload(app: &App, now: TimestampMs) -> Option<Reload> {
    let reload = app.reloads.last()?;
    let (changes, problem) = match reload.outcome {
        Ok(changes) => (changes, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    let (taken, waiting) = changes.into_iter().partition::<Vec<Change>, _>(|change| change.at_once);
    let changed = |changes: Vec<Change>| {
        changes.into_iter().map(|Change { key, from, to, .. }| Changed { key, from, to }).collect()
    };
    Some(Reload {
        at: format::relative(reload.at, now),
        at_exact: format::exact(reload.at),
        problem,
        taken: changed(taken),
        waiting: changed(waiting),
    })
}
