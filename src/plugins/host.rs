//! The plugins that are live, kept in step with their folder.
//!
//! What changed in the folder is loaded and tried beside what runs, and takes its place
//! only then; whatever goes wrong, what ran goes on running, and the registry says why.
//! Runs that go on keep the plugin that they began with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

use super::engine::Metering;
use super::load::{Error, Loader};
use super::plugin::{Origin, Plugin};
use super::registry::Registry;
use super::source::{self, Files, Source, Stamp};
use crate::config;
use crate::embedded::Packed;
use crate::stop::Stopping;
use crate::watch::Folder;

/// The folder in the data folder that keeps compiled code.
const CACHE: &str = "plugin-code";

/// A file that changes between two such looks is still being written.
const STEADY: Duration = Duration::from_millis(100);

/// After so many looks a file that still changes has to wait for the next change.
const MAX_LOOKS: usize = 100;

/// What of plugins is a part of this program.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltIns {
    /// The plugins: `plugin.toml` and component of each.
    pub plugins: &'static [(&'static str, Packed)],
    /// What scripts run in.
    pub script_engine: Option<Packed>,
}

/// The plugins that are live. Clones are the same host.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

struct Shared {
    loader: Loader,
    folder: Option<PathBuf>,
    /// Those that are a part of this program and could be loaded.
    built_ins: &'static [(&'static str, Packed)],
    /// Those that are a part of this program and could be loaded, after the first look.
    built_in: OnceLock<BTreeMap<String, Arc<Plugin>>>,
    registry: ArcSwap<Registry>,
    /// One look at the folder at a time.
    known: Mutex<Known>,
    version: watch::Sender<u64>,
    workers: Semaphore,
}

/// What the last look at the folder found.
#[derive(Default)]
struct Known {
    stamps: BTreeMap<String, Stamp>,
    settings: BTreeMap<String, Arc<Value>>,
}

impl Host {
    /// Has no plugins yet: they come with the first `refresh`.
    pub fn open(settings: &config::Plugins, data_dir: &Path, built_ins: BuiltIns) -> Result<Self, Error> {
        let cache = match settings.code_dir.as_os_str().is_empty() {
            true => data_dir.join(CACHE),
            false => settings.code_dir.clone(),
        };
        let loader = Loader::new(settings, &cache, built_ins.script_engine, Metering::Time)?;
        Ok(Self::with_loader(loader, settings, built_ins))
    }

    /// The same with a loader that was made before.
    pub fn with_loader(loader: Loader, settings: &config::Plugins, built_ins: BuiltIns) -> Self {
        let folder = settings.enabled && !settings.folder.as_os_str().is_empty();
        let host = Self(Arc::new(Shared {
            loader,
            folder: folder.then(|| settings.folder.clone()),
            built_ins: if settings.enabled { built_ins.plugins } else { &[] },
            built_in: OnceLock::new(),
            registry: ArcSwap::default(),
            known: Mutex::default(),
            version: watch::Sender::new(0),
            workers: Semaphore::new(settings.worker_count()),
        }));
        host.set_settings(&settings.of);
        host
    }

    /// The plugins as they are now.
    pub fn plugins(&self) -> Arc<Registry> {
        self.0.registry.load_full()
    }

    /// Changes whenever the plugins do; 0 until the folder was looked at for the first time.
    ///
    /// Nothing may be finished before: a masker may be in the folder.
    pub fn versions(&self) -> watch::Receiver<u64> {
        self.0.version.subscribe()
    }

    /// Runs something that takes CPU time on a thread of its own, few at a time.
    pub async fn on_worker<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> R {
        let _turn = self.0.workers.acquire().await.expect("nobody closes it");
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// Takes other tables `[plugins.NAME]`, by their names.
    pub fn set_settings(&self, of: &BTreeMap<String, Value>) {
        let mut known = self.lock();
        let is_known =
            |(id, value): (&String, &Value)| known.settings.get(id).is_some_and(|old| **old == *value);
        let is_news = known.settings.len() != of.len() || !of.iter().all(is_known);
        if !is_news && self.plugins().settings_problem.is_none() {
            return;
        }
        known.settings = of.iter().map(|(id, value)| (id.clone(), Arc::new(value.clone()))).collect();
        self.change(|registry| {
            registry.settings_problem = None;
            registry.set_settings(|id| known.settings_of(id));
        });
        drop(known);
        // Before the first look at the folder nobody may take it for done.
        if *self.0.version.borrow() > 0 {
            self.tell();
        }
    }

    /// Notes why tables `[plugins.NAME]` that have changed cannot be read: those from before hold.
    pub fn note_settings_problem(&self, problem: String) {
        let known = self.lock();
        self.change(|registry| registry.settings_problem = Some(problem));
        drop(known);
        self.tell();
    }

    /// Looks at the folder, and loads what changed; the first time also what is a part of
    /// this program. Blocks while it compiles.
    pub fn refresh(&self) {
        let mut known = self.lock();
        if self.0.built_in.get().is_none() {
            self.load_built_ins(&known);
        }
        let found = self.steady(&known.stamps);
        let mut changed = *self.0.version.borrow() == 0;
        let gone: Vec<String> = known.stamps.keys().filter(|id| !found.contains_key(*id)).cloned().collect();
        for id in gone {
            known.stamps.remove(&id);
            self.unload(&id, &known);
            changed = true;
        }
        for (id, source) in &found {
            if known.stamps.get(id) != Some(&source.stamp) {
                known.stamps.insert(id.clone(), source.stamp.clone());
                self.reload(id, source, &known);
                changed = true;
            }
        }
        drop(known);
        if changed {
            self.tell();
        }
    }

    /// What is in the folder, once nothing of what is new changes any more.
    fn steady(&self, known: &BTreeMap<String, Stamp>) -> BTreeMap<String, Source> {
        let Some(folder) = &self.0.folder else { return BTreeMap::new() };
        let mut found = source::find(folder);
        for _ in 0..MAX_LOOKS {
            if found.iter().all(|(id, source)| known.get(id) == Some(&source.stamp)) {
                break;
            }
            std::thread::sleep(STEADY);
            let again = source::find(folder);
            let is_steady = again == found;
            found = again;
            if is_steady {
                break;
            }
        }
        found
    }

    fn load_built_ins(&self, known: &Known) {
        let load = |&(manifest, code): &(&str, Packed)| {
            let report = |error: &Error| tracing::error!("a plugin of our own does not load: {error}");
            let plugin = load_built_in(&self.0.loader, manifest, code).inspect_err(report).ok()?;
            Some((plugin.id().to_owned(), Arc::new(plugin)))
        };
        let loaded = self.0.built_in.get_or_init(|| self.0.built_ins.iter().filter_map(load).collect());
        self.change(|registry| {
            for plugin in loaded.values() {
                registry.insert(Arc::clone(plugin), None);
            }
            registry.set_settings(|id| known.settings_of(id));
        });
    }

    fn reload(&self, id: &str, source: &Source, known: &Known) {
        let files = source.read(self.0.loader.max_file_bytes()).map_err(Error::File);
        let loaded = files.and_then(|files| {
            if self.runs_already(id, &files) {
                return Ok(None);
            }
            self.0.loader.load(Origin::Folder, &files, id).map(Some)
        });
        self.change(|registry| match loaded {
            Ok(Some((plugin, _))) => {
                tracing::info!(plugin = id, version = plugin.version(), hash = plugin.hash, "the plugin is live");
                registry.insert(Arc::new(plugin), Some(source.code.clone()));
                registry.set_settings(|id| known.settings_of(id));
            }
            // The same bytes again: whatever was wrong between is over.
            Ok(None) => registry.clear_problem(id),
            Err(error) => {
                tracing::error!(plugin = id, file = %source.code.display(), "the plugin does not load: {error}");
                registry.note_problem(id, source.code.clone(), error.to_string());
            }
        });
    }

    fn runs_already(&self, id: &str, files: &Files) -> bool {
        let registry = self.plugins();
        let running = registry.get(id).and_then(|entry| entry.plugin.as_ref());
        running.is_some_and(|plugin| {
            plugin.origin == Origin::Folder
                && self.0.loader.revision_of(files).as_ref() == Some(&plugin.revision)
        })
    }

    fn unload(&self, id: &str, known: &Known) {
        tracing::info!(plugin = id, "the plugin was removed");
        self.change(|registry| match self.0.built_in.get().and_then(|built_in| built_in.get(id)) {
            Some(plugin) => {
                registry.insert(Arc::clone(plugin), None);
                registry.set_settings(|id| known.settings_of(id));
            }
            None => registry.remove(id),
        });
    }

    /// Changes the registry; whoever has the lock on what is known is the only one.
    fn change(&self, change: impl FnOnce(&mut Registry)) {
        let mut registry = Registry::clone(&self.plugins());
        change(&mut registry);
        self.0.registry.store(Arc::new(registry));
    }

    fn tell(&self) {
        self.0.version.send_modify(|version| *version += 1);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the folder now and whenever it changes, until the server stops.
    pub async fn follow(self, stopping: Stopping) {
        let mut changes = self.0.folder.clone().map(|folder| Folder::watch(folder, stopping));
        loop {
            let host = self.clone();
            if let Err(error) = tokio::task::spawn_blocking(move || host.refresh()).await {
                tracing::error!(%error, "looking at the folder of plugins failed");
            }
            let Some(changes) = &mut changes else { return };
            if !changes.next().await {
                return;
            }
        }
    }
}

impl Known {
    fn settings_of(&self, id: &str) -> Arc<Value> {
        let none = || Arc::new(Value::Object(serde_json::Map::new()));
        self.settings.get(id).map_or_else(none, Arc::clone)
    }
}

fn load_built_in(loader: &Loader, manifest: &str, code: Packed) -> Result<Plugin, Error> {
    let id = super::manifest::Manifest::parse(manifest).map_err(Error::Manifest)?.plugin.id;
    let code = code.bytes().into_owned();
    let files = Files { name: "plugin.wasm".to_owned(), code, manifest: Some(manifest.to_owned()) };
    loader.load(Origin::BuiltIn, &files, &id).map(|(plugin, _)| plugin)
}
