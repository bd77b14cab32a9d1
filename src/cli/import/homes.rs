//! The connection that each file goes to: the one that was named, the one that stands beside it
//! in an export, or the oldest.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use tokio::runtime::Handle;

use crate::cli::connection::{add_with_new_key, first_or_new};
use crate::clock::Clock;
use crate::model::ConnectionId;
use crate::moving::archive::AboutConnection;
use crate::moving::reading::check_version;
use crate::moving::{CONNECTION_FILE, Homes};
use crate::store::{Store, connections};

/// Finds connections, and adds those that are not there.
pub struct ByDescription {
    store: Store,
    runtime: Handle,
    named: Option<ConnectionId>,
    first: Option<ConnectionId>,
    /// By the folder that they describe; or why one cannot be had.
    described: HashMap<PathBuf, Result<ConnectionId, String>>,
}

impl ByDescription {
    /// All go to `named`, if one was.
    pub fn new(store: Store, runtime: Handle, named: Option<ConnectionId>) -> Self {
        Self { store, runtime, named, first: None, described: HashMap::new() }
    }

    /// The connection of this name, or a new one with the same settings.
    fn described(&self, description: &[u8]) -> anyhow::Result<ConnectionId> {
        let about: AboutConnection = serde_json::from_slice(description)?;
        check_version(about.hindsight)?;
        let now = Clock::system().now();
        let added = self.store.write(move |conn| {
            if let Some(known) = connections::named(conn, &about.name)? {
                return Ok(Some(known.id));
            }
            let Some(added) = add_with_new_key(conn, &about.name, now)? else { return Ok(None) };
            about.apply(conn, added.id)?;
            Ok(Some(added.id))
        });
        let added = self.runtime.block_on(added)?;
        added.context("its connection could not be added; name one with --connection")
    }
}

impl Homes for ByDescription {
    fn describe(&mut self, folder: &Path, description: &[u8]) {
        if self.named.is_some() {
            return;
        }
        let file = folder.join(CONNECTION_FILE);
        let found = self.described(description).map_err(|error| format!("{}: {error:#}", file.display()));
        self.described.insert(folder.to_owned(), found);
    }

    fn of(&mut self, file: &Path) -> anyhow::Result<ConnectionId> {
        if let Some(named) = self.named {
            return Ok(named);
        }
        // Sessions stand in a folder beside the description.
        if let Some(folder) = file.parent().and_then(Path::parent) {
            let description = folder.join(CONNECTION_FILE);
            if !self.described.contains_key(folder) && description.is_file() {
                let bytes = std::fs::read(&description)
                    .with_context(|| format!("cannot read {}", description.display()))?;
                self.describe(folder, &bytes);
            }
            if let Some(found) = self.described.get(folder) {
                return found.clone().map_err(|why| anyhow!(why));
            }
        }
        match self.first {
            Some(first) => Ok(first),
            None => Ok(*self.first.insert(self.runtime.block_on(first_or_new(&self.store))?.id)),
        }
    }
}
