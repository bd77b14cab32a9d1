//! The folders that questions were asked of, kept in memory and read anew when they change.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::blocking;
use super::folder;
use super::library::Library;
use crate::answers::Failure;
use crate::stop::Stopping;
use crate::store::Result;
use crate::watch::Folder;

/// A folder that nobody asks for is forgotten after this long.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// All folders of documents.
pub struct Libraries {
    root: PathBuf,
    stopping: Stopping,
    open: Arc<Mutex<HashMap<String, Open>>>,
    /// Held while a folder is opened, so that it is read once; true once somebody watches.
    opening: tokio::sync::Mutex<bool>,
}

struct Open {
    library: Arc<Library>,
    stamp: u64,
    asked_at: Instant,
}

impl Libraries {
    /// None is open.
    pub fn new(root: PathBuf, stopping: Stopping) -> Self {
        Self { root, stopping, open: Arc::default(), opening: tokio::sync::Mutex::new(false) }
    }

    /// Where a folder is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The documents of a folder. One that is not there is empty, and says so.
    pub async fn open(&self, name: &str) -> std::result::Result<Arc<Library>, Failure> {
        if let Some(library) = self.known(name) {
            return Ok(library);
        }
        let mut is_watched = self.opening.lock().await;
        if let Some(library) = self.known(name) {
            return Ok(library);
        }
        if !std::mem::replace(&mut *is_watched, true) {
            tokio::spawn(follow(self.root.clone(), Arc::clone(&self.open), self.stopping.clone()));
        }
        let (root, wanted) = (self.root.clone(), name.to_owned());
        let (library, stamp) = blocking(move || load(&root, &wanted)).await?;
        let library = Arc::new(library);
        let open = Open { library: Arc::clone(&library), stamp, asked_at: Instant::now() };
        lock(&self.open).insert(name.to_owned(), open);
        Ok(library)
    }

    fn known(&self, name: &str) -> Option<Arc<Library>> {
        let mut open = lock(&self.open);
        let open = open.get_mut(name)?;
        open.asked_at = Instant::now();
        Some(Arc::clone(&open.library))
    }
}

fn lock(open: &Mutex<HashMap<String, Open>>) -> std::sync::MutexGuard<'_, HashMap<String, Open>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

fn load(root: &Path, name: &str) -> Result<(Library, u64)> {
    let files = folder::look(root, name);
    let library = Library::of(folder::read(&files), files.problem.clone())?;
    Ok((library, files.stamp))
}

/// Reads folders anew that have changed, until the server stops.
async fn follow(root: PathBuf, open: Arc<Mutex<HashMap<String, Open>>>, stopping: Stopping) {
    let mut watched = Folder::watch(root.clone(), stopping);
    while watched.next().await {
        lock(&open).retain(|_, open| open.asked_at.elapsed() < FORGOTTEN_AFTER);
        let names: Vec<(String, u64)> =
            lock(&open).iter().map(|(name, open)| (name.clone(), open.stamp)).collect();
        for (name, stamp) in names {
            let (root, folder) = (root.clone(), name.clone());
            match blocking(move || reload(&root, &folder, stamp)).await {
                Ok(None) => {}
                Ok(Some((library, stamp))) => {
                    tracing::info!(folder = name, passages = library.len(), "documents were read anew");
                    if let Some(open) = lock(&open).get_mut(&name) {
                        (open.library, open.stamp) = (Arc::new(library), stamp);
                    }
                }
                Err(error) => tracing::error!(folder = name, %error, "documents were not read"),
            }
        }
    }
}

/// `None` when nothing has changed.
fn reload(root: &Path, name: &str, stamp: u64) -> Result<Option<(Library, u64)>> {
    if folder::look(root, name).stamp == stamp { Ok(None) } else { load(root, name).map(Some) }
}
