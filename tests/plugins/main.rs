//! The host of plugins against real WebAssembly: plugins that work, and plugins that
//! want to do harm. They are written here as text, one line of code for each deed.

mod folder;
mod guests;
mod hostile;
mod manifests;
mod outputs;
mod virtual_wasi;
mod working;

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use hindsight::config::Settings;
use hindsight::model::Analysis;
use hindsight::plugins::run::{Run, SessionInfo};
use hindsight::plugins::source::Files;
use hindsight::plugins::{Error, Loader, Metering, Origin, Plugin, trial};

/// The program that compiles for these tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_hindsight");

/// Compiled code of all tests, in the build's own folder: it is keyed by content.
fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("plugin-code")
}

fn settings() -> Settings {
    let mut settings = Settings::load(None, Default::default()).expect("the defaults");
    settings.plugins.max_cpu_ms = 300;
    settings.plugins.folder = PathBuf::new();
    settings
}

/// One engine for all tests: there is one in a server, too.
static LOADER: LazyLock<Loader> = LazyLock::new(|| {
    Loader::new(&settings().plugins, &cache(), None, Metering::Time)
        .expect("an engine")
        .with_compiler(PathBuf::from(PROGRAM))
});

/// Loads a plugin as from a folder.
fn load(manifest: &str, code: &[u8]) -> Result<Plugin, Error> {
    let files =
        Files { name: "plugin.wasm".to_owned(), code: code.to_vec(), manifest: Some(manifest.to_owned()) };
    LOADER.load(Origin::Folder, &files, "guest").map(|(plugin, _)| plugin)
}

fn refusal(manifest: &str, code: &[u8]) -> String {
    match load(manifest, code) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

/// Loads an analyzer, and lets it see the trial session.
fn analyze(plugin: &Plugin) -> Run<Analysis> {
    let recording = trial::recording();
    let settings = plugin.settings(&[]).expect("defaults");
    plugin.analyze(&recording.session, recording.events.clone().into_iter(), &settings)
}

/// An analyzer that does this on the trial session, but not before it is loaded: the
/// trial that comes with loading has another name.
fn analyze_wat(body: &str, more: &str) -> Run<Analysis> {
    let plugin = load(guests::ANALYZER, &guests::analyzer(body, more)).expect("loads");
    analyze(&plugin)
}

/// A session of a name that no trial has.
fn session(duration: u32) -> SessionInfo {
    SessionInfo {
        id: "visit".to_owned(),
        started_at: "2026-02-03T04:05:06Z".to_owned(),
        duration,
        ..SessionInfo::default()
    }
}

const A_MOMENT: Duration = Duration::from_millis(200);
