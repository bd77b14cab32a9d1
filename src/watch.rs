//! "This folder changed", or "this file changed": told once it is quiet again.
//!
//! The system's notices are an alarm, not the news: whoever is told looks for itself. So a
//! notice that is lost (network folders send none) only makes it later, since everybody
//! is told every few seconds as well. A folder that is not there is waited for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};
use tokio::time::timeout;

use crate::stop::Stopping;

/// A folder is quiet when nothing happened for this long.
const QUIET: Duration = Duration::from_millis(300);

/// It is told of changes even if it is never quiet.
const LONGEST: Duration = Duration::from_secs(3);

/// How often a look is due without any notice.
const EVERY: Duration = Duration::from_secs(5);

/// How often a folder is looked for that is not there: whoever makes it waits for what
/// comes of it.
const ABSENT: Duration = Duration::from_millis(500);

/// A folder that is watched.
pub struct Folder {
    path: PathBuf,
    /// The one file of it that counts; `None`: all that is in it.
    file: Option<OsString>,
    stopping: Stopping,
    notices: Receiver<()>,
    alarm: Sender<()>,
    /// While there is one, the system tells of changes.
    watcher: Option<RecommendedWatcher>,
    is_absent: bool,
}

impl Folder {
    /// Watches a folder with all that is in it, until the server stops.
    pub fn watch(path: PathBuf, stopping: Stopping) -> Self {
        Self::start(path, None, stopping)
    }

    /// Watches one file, which need not be there. It is its folder that is watched: editors
    /// put a new file in the place of the old one.
    pub fn watch_file(file: &Path, stopping: Stopping) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        Self::start(folder, file.file_name().map(OsString::from), stopping)
    }

    fn start(path: PathBuf, file: Option<OsString>, stopping: Stopping) -> Self {
        // One notice is as good as many.
        let (alarm, notices) = channel(1);
        let mut folder = Self { path, file, stopping, notices, alarm, watcher: None, is_absent: false };
        folder.attach();
        folder
    }

    /// Waits until a look is due; `false` when the server stops.
    pub async fn next(&mut self) -> bool {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            () = stopping.wait() => return false,
            () = self.change() => {}
        }
        self.attach();
        true
    }

    async fn change(&mut self) {
        let longest = if self.is_absent { ABSENT } else { EVERY };
        if timeout(longest, self.notices.recv()).await.is_ok() {
            let quiet = async { while timeout(QUIET, self.notices.recv()).await.is_ok() {} };
            let _ = timeout(LONGEST, quiet).await;
        }
    }

    /// Asks the system for notices, if it does not send them: the folder may be new.
    fn attach(&mut self) {
        self.is_absent = !self.path.is_dir();
        if self.is_absent {
            self.watcher = None;
        } else if self.watcher.is_none() {
            self.watcher = watcher(&self.path, self.file.clone(), self.alarm.clone())
                .inspect_err(
                    |error| tracing::warn!(%error, folder = %self.path.display(), "changes are seen late"),
                )
                .ok();
        }
    }
}

fn watcher(path: &Path, file: Option<OsString>, alarm: Sender<()>) -> notify::Result<RecommendedWatcher> {
    // The folder of a single file may be large, and busy with other things.
    let depth = if file.is_some() { RecursiveMode::NonRecursive } else { RecursiveMode::Recursive };
    let is_watched = move |path: &PathBuf| file.as_deref().is_none_or(|file| path.file_name() == Some(file));
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_news =
            event.map_or(true, |event| !event.kind.is_access() && event.paths.iter().any(&is_watched));
        // A notice that waits already says the same.
        if is_news && matches!(alarm.try_send(()), Err(TrySendError::Closed(()))) {
            tracing::trace!("nobody watches the folder any more");
        }
    })?;
    watcher.watch(path, depth)?;
    Ok(watcher)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_change_is_told_once_it_is_quiet() {
        let dir = tempfile::tempdir().expect("a folder");
        let (stopper, stopping) = crate::stop::channel();
        let mut folder = Folder::watch(dir.path().to_owned(), stopping);
        let file = dir.path().join("a");
        let writing = tokio::task::spawn_blocking(move || {
            for text in ["a", "b", "c"] {
                std::fs::write(&file, text).expect("writable");
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let start = Instant::now();
        assert!(folder.next().await);
        let waited = start.elapsed();
        assert!(waited >= QUIET && waited < EVERY, "{waited:?}");
        writing.await.expect("written");
        stopper.stop();
        assert!(!folder.next().await);
    }

    #[tokio::test]
    async fn of_a_file_its_neighbours_tell_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let (_stopper, stopping) = crate::stop::channel();
        let mut file = Folder::watch_file(&dir.path().join("a"), stopping);
        let early = Duration::from_secs(1);
        std::fs::write(dir.path().join("b"), "b").expect("writable");
        assert!(timeout(early, file.next()).await.is_err(), "a neighbour");
        std::fs::write(dir.path().join("new"), "a").expect("writable");
        std::fs::rename(dir.path().join("new"), dir.path().join("a")).expect("writable");
        assert!(timeout(EVERY, file.next()).await.expect("in time"));
    }

    #[tokio::test]
    async fn a_folder_may_come_later() {
        let dir = tempfile::tempdir().expect("a folder");
        let (_stopper, stopping) = crate::stop::channel();
        let path = dir.path().join("later");
        let mut folder = Folder::watch(path.clone(), stopping);
        assert!(folder.watcher.is_none());
        std::fs::create_dir(&path).expect("writable");
        let start = Instant::now();
        assert!(folder.next().await);
        assert!(start.elapsed() < EVERY, "{:?}", start.elapsed());
        assert!(folder.watcher.is_some());
    }
}
