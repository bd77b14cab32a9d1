//! Backups that the server makes by itself: when, which are kept, and that they are in
//! nobody's way.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::json;
use tokio::sync::oneshot;

use super::{Log, Made, Stage, Unfinished, copy_digesting, digest_file};
use crate::clock::{self, Clock};
use crate::config::{self, Live, Settings};
use crate::disk;
use crate::model::TimestampMs;
use crate::stop::Stopping;
use crate::store::audit::{self, Entry, What};
use crate::store::backup;

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How often it is asked whether one is due; settings may have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// After a failure it is tried again so much later.
const RETRY_MS: i64 = HOUR_MS;

/// By how much the system prefers everything else.
const NICENESS: i32 = 10;

/// The copy that is being made, in the folder of backups.
const UNFINISHED: &str = "hindsight.db.unfinished";

/// What a name begins and ends with; between stands the time: `20260131T235959Z`.
const PREFIX: &str = "hindsight-";
const SUFFIX: &str = ".db";

/// Makes backups when they are due.
pub struct Scheduled {
    live: Live,
    clock: Clock,
    log: Log,
    /// The folder that was looked into for backups from before.
    known: Option<PathBuf>,
}

impl Scheduled {
    /// Does nothing yet.
    pub fn new(live: Live, clock: Clock, log: Log) -> Self {
        Self { live, clock, log, known: None }
    }

    /// Makes backups until the server stops.
    pub async fn run(mut self, mut stopping: Stopping) {
        loop {
            tokio::select! {
                () = self.turn() => {}
                () = stopping.wait() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.log.asked() => {}
                () = stopping.wait() => return,
            }
        }
    }

    /// Makes one if it is due, or was asked for.
    async fn turn(&mut self) {
        let settings = self.live.now();
        let folder = &settings.backup.folder;
        if folder.as_os_str().is_empty() {
            return;
        }
        if self.known.as_ref() != Some(folder) {
            self.log.found(newest(folder));
            self.known = Some(folder.clone());
        }
        let said = self.log.said();
        let now = self.clock.now();
        let tried = said.failure.map_or(i64::MIN, |(at, _)| at.saturating_add(RETRY_MS));
        let waits = now < tried || now < next_at(&settings.backup, said.last.map(|made| made.at), now);
        if waits && said.asked_by.is_none() {
            return;
        }
        self.log.begin();
        let who = said.asked_by.unwrap_or_else(|| audit::SERVER.to_owned());
        let (done, outcome) = oneshot::channel();
        let log = self.log.clone();
        let work = move || done.send(make(&settings, now, who, &log));
        let thread = std::thread::Builder::new().name("backup".to_owned()).spawn(move || {
            let _ = rustix::process::nice(NICENESS);
            // Nobody waits when the server stops meanwhile.
            let _ = work();
        });
        let outcome = match thread {
            Ok(_) => outcome.await.unwrap_or_else(|_| Err(anyhow::anyhow!("making it panicked"))),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = &outcome {
            tracing::warn!("no backup was made: {error:#}");
        }
        self.log.end(outcome.map_err(|error| (now, format!("{error:#}"))));
    }
}

/// When the next backup is due: at once when it is late, or when there is none.
pub fn next_at(settings: &config::Backup, last: Option<TimestampMs>, now: TimestampMs) -> TimestampMs {
    match (settings.at_minute(), last) {
        (Some(minute), last) => {
            let today = now.div_euclid(DAY_MS) * DAY_MS + minute * MINUTE_MS;
            let latest = if today <= now { today } else { today - DAY_MS };
            match last {
                // Of a folder without any the first is not waited for.
                Some(last) if last >= latest => latest + DAY_MS,
                _ => now,
            }
        }
        (None, Some(last)) => last + i64::from(settings.every_hours) * HOUR_MS,
        (None, None) => now,
    }
}

/// Makes one, checks it, and deletes those that are too many.
fn make(settings: &Settings, at: TimestampMs, who: String, log: &Log) -> anyhow::Result<Made> {
    let start = Instant::now();
    let (data_dir, folder) = (&settings.server.data_dir, &settings.backup.folder);
    create(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    // Recording goes on beside it.
    let bytes = backup::size(data_dir)?;
    let unfinished = Unfinished::start(folder.join(UNFINISHED))?;
    backup::check_room(folder, bytes.saturating_add(settings.disk.low_water_bytes))?;
    log.reached(Stage::Copying { file: unfinished.path().to_owned(), bytes });
    backup::copy(data_dir, unfinished.path())?;
    log.reached(Stage::Checking);
    backup::inspect(unfinished.path()).context("the copy is not whole")?;
    let file = folder.join(name(at));
    let copied = std::fs::File::open(unfinished.path())?;
    let (bytes, digest) = copy_digesting(copied, &mut std::io::sink(), |_| {})?;
    unfinished.finish(&file, &digest).with_context(|| format!("cannot write {}", file.display()))?;
    note(data_dir, &file, at, who, bytes, &digest);
    prune(folder, settings.backup.keep).context("older backups were not deleted")?;
    let took_ms = u64::try_from(start.elapsed().as_millis()).ok();
    tracing::info!(file = %file.display(), bytes, took_ms, "a backup was made");
    Ok(Made { file, at, bytes, took_ms })
}

/// Notes the copy in the log of what was copied, where that can be written: it is the copy that counts.
fn note(data_dir: &Path, file: &Path, at: TimestampMs, who: String, bytes: u64, digest: &str) {
    let subject = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let detail = json!({ "bytes": bytes, "sha256": digest });
    let entry = Entry { at, who, what: What::BackupMade, connection: None, subject, detail };
    if let Err(error) = backup::note(data_dir, &entry) {
        tracing::debug!(error = &error as &dyn std::error::Error, "this is not in the audit log");
    }
}

/// For its owner only, as the data folder is.
fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn name(at: TimestampMs) -> String {
    let time: String =
        clock::rfc3339(at / 1000 * 1000).chars().filter(|char| !"-:".contains(*char)).collect();
    format!("{PREFIX}{time}{SUFFIX}")
}

/// When a backup of this name was made; `None`: it is none of ours.
fn time_of(name: &str) -> Option<TimestampMs> {
    let time = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    if time.len() != "20260131T235959Z".len() || !time.ends_with('Z') {
        return None;
    }
    time.parse::<jiff::Timestamp>().ok().map(|time| time.as_millisecond())
}

/// The backups in a folder with their times, oldest first.
fn all(folder: &Path) -> std::io::Result<Vec<(TimestampMs, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.extend(time_of(&name).map(|at| (at, path)));
    }
    found.sort();
    Ok(found)
}

fn newest(folder: &Path) -> Option<Made> {
    let Kept { file, at, bytes, .. } = kept(folder).into_iter().next()?;
    Some(Made { file, at, bytes, took_ms: None })
}

/// A backup that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it is.
    pub file: PathBuf,
    /// When it was begun.
    pub at: TimestampMs,
    /// How large it is.
    pub bytes: u64,
    /// Its SHA-256, which it gets when it has been checked; `None`: nothing says that it was.
    pub digest: Option<String>,
}

/// The backups of a folder, the newest first. What cannot be read is not there.
pub fn kept(folder: &Path) -> Vec<Kept> {
    let found = all(folder).unwrap_or_default();
    let kept = |(at, file): (TimestampMs, PathBuf)| {
        let bytes = std::fs::metadata(&file).ok()?.len();
        let sums = std::fs::read_to_string(digest_file(&file)).unwrap_or_default();
        let digest = sums.split_whitespace().next().map(str::to_owned);
        Some(Kept { file, at, bytes, digest })
    };
    found.into_iter().rev().filter_map(kept).collect()
}

/// Deletes all but the newest. What else is in the folder stays.
fn prune(folder: &Path, keep: usize) -> std::io::Result<()> {
    let all = all(folder)?;
    for (_, file) in &all[..all.len().saturating_sub(keep)] {
        std::fs::remove_file(file)?;
        let _ = std::fs::remove_file(digest_file(file));
    }
    disk::sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z.
    const NOW: TimestampMs = 1_767_225_600_000;

    fn settings(at: &str) -> config::Backup {
        config::Backup { folder: PathBuf::new(), every_hours: 24, at: at.to_owned(), keep: 2 }
    }

    #[test]
    fn the_next_one_is_due_by_the_time_since_the_last_or_by_the_time_of_the_day() {
        let every = settings("");
        assert_eq!(next_at(&every, None, NOW), NOW);
        assert_eq!(next_at(&every, Some(NOW), NOW + 5), NOW + DAY_MS);
        assert!(next_at(&every, Some(NOW - 2 * DAY_MS), NOW) <= NOW);

        let daily = settings("03:00");
        let three = NOW + 3 * HOUR_MS;
        assert_eq!(next_at(&daily, None, NOW), NOW);
        assert_eq!(next_at(&daily, Some(NOW - 20 * HOUR_MS), NOW), three);
        assert_eq!(next_at(&daily, Some(NOW - 20 * HOUR_MS), three + 1), three + 1, "it is late");
        assert_eq!(next_at(&daily, Some(three), three + 1), three + DAY_MS);
    }

    #[test]
    fn names_tell_the_time() {
        assert_eq!(name(NOW + 5), "hindsight-20260101T000000Z.db");
        assert_eq!(time_of(&name(NOW + 5)), Some(NOW));
        for other in ["hindsight.db", "hindsight-x.db", "hindsight-20260101T000000Z.db.sha256", "notes.txt"] {
            assert_eq!(time_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_newest_are_kept_and_what_is_not_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        for day in 0..4 {
            let file = folder.path().join(name(NOW + day * DAY_MS));
            std::fs::write(&file, "copy").expect("written");
            std::fs::write(digest_file(&file), "sum").expect("written");
        }
        std::fs::write(folder.path().join("hindsight-by-hand.db"), "copy").expect("written");
        prune(folder.path(), 2).expect("pruned");
        let mut left: Vec<_> = std::fs::read_dir(folder.path())
            .expect("there")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "hindsight-20260103T000000Z.db",
                "hindsight-20260103T000000Z.db.sha256",
                "hindsight-20260104T000000Z.db",
                "hindsight-20260104T000000Z.db.sha256",
                "hindsight-by-hand.db"
            ]
        );
        assert_eq!(newest(folder.path()).map(|made| made.at), Some(NOW + 3 * DAY_MS));
    }
}
