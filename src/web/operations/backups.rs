//! Backups on the Operations page: what was made, what is under way, and having one made now.

use serde::Serialize;

use super::page::{long, took, whole};
use crate::backup::{self, Stage};
use crate::config;
use crate::model::TimestampMs;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, audited, format, see_other};

/// Where one is asked for.
pub const URL: &str = "/operations/backup";

/// Where the page tells of them.
const PLACE: &str = "/operations#backups";

/// So many are listed: the newest.
const MOST_LISTED: usize = 20;

/// What the page tells.
#[derive(Serialize)]
pub struct Backups {
    /// Where they are made; `None`: nowhere.
    folder: Option<String>,
    action: &'static str,
    /// What is being done, if anything is.
    running: Option<String>,
    /// The newest.
    last: Option<Made>,
    /// How long it is until the next.
    next: Option<String>,
    next_exact: String,
    problem: Option<String>,
    rows: Vec<Made>,
}

/// A backup.
#[derive(Serialize)]
struct Made {
    at: String,
    at_exact: String,
    file: String,
    size: String,
    took: Option<String>,
    /// Its SHA-256, which it got when it had been checked.
    digest: Option<String>,
}

/// Looks at the folder.
pub async fn look(app: &App, now: TimestampMs) -> Backups {
    let settings = app.settings.backup.clone();
    let said = app.backups.said();
    let stage = said.stage.clone();
    let folder = settings.folder.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let kept = if folder.as_os_str().is_empty() { Vec::new() } else { backup::kept(&folder) };
        (kept, stage.map(|stage| words(&stage)))
    });
    let (kept, running) = looked.await.unwrap_or_default();
    let is_on = !settings.folder.as_os_str().is_empty();
    let next = backup::next_at(&settings, said.last.as_ref().map(|made| made.at), now);
    let made = |file: String, at, bytes: u64, digest, took_ms: Option<u64>| Made {
        at: format::relative(at, now),
        at_exact: format::exact(at),
        file,
        size: format::bytes(whole(bytes)),
        took: took_ms.map(|ms| took(Some(ms * 1000))),
        digest,
    };
    let last = said.last.as_ref();
    let rows = kept.into_iter().take(MOST_LISTED).map(|kept| {
        let took_ms = last.filter(|last| last.file == kept.file).and_then(|last| last.took_ms);
        let name = kept.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        made(name, kept.at, kept.bytes, kept.digest, took_ms)
    });
    Backups {
        folder: is_on.then(|| settings.folder.display().to_string()),
        action: URL,
        running: running.or_else(|| said.asked_by.map(|_| "A backup is about to be made.".to_owned())),
        rows: rows.collect(),
        last: last.map(|last| made(last.file.display().to_string(), last.at, last.bytes, None, last.took_ms)),
        next: (is_on && next > now).then(|| long((next - now).unsigned_abs() / 1000)),
        next_exact: format::exact(next),
        problem: said.failure.map(|(at, why)| format!("{} ({})", why, format::relative(at, now))),
    }
}

/// How far the one is that is being made.
fn words(stage: &Stage) -> String {
    match stage {
        Stage::Begun => "A backup is being made.".to_owned(),
        Stage::Copying { file, bytes } => {
            let copied = std::fs::metadata(file).map_or(0, |file| file.len());
            let (copied, all) = (format::bytes(whole(copied)), format::bytes(whole(*bytes)));
            format!("A backup is being made: {copied} of about {all} are copied.")
        }
        Stage::Checking => "A backup is being made: the copy is being checked.".to_owned(),
    }
}

/// Has one made.
pub async fn make(app: App, _: Request) -> Result<Response, Problem> {
    if no_folder(&app.settings.backup) {
        return Err(Problem::bad_form(
            "There is no folder for backups. Name one in config.toml, as `folder` under [backup]; it holds at once.",
        ));
    }
    app.backups.ask(&audited::name_of(&app.asker().asker));
    Ok(see_other(PLACE))
}

fn no_folder(settings: &config::Backup) -> bool {
    settings.folder.as_os_str().is_empty()
}
