//! The folder of plugins: what appears is live, what changes is replaced, what goes is
//! gone, and nothing bad that is put there changes what runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hindsight::cli::live_settings;
use hindsight::clock::Clock;
use hindsight::finish::reports;
use hindsight::plugins::source::Files;
use hindsight::plugins::{BuiltIns, Host, Loader, Metering, Origin, State};
use hindsight::stop::{self, Stopping};
use hindsight::store::Store;
use hindsight::web::{App, Start};
use serde_json::json;

use super::guests::{self, ANALYZER};
use super::{PROGRAM, cache, settings};

/// A host that looks into this folder.
fn host(folder: &Path) -> Host {
    let mut settings = settings();
    settings.plugins.folder = folder.to_owned();
    let loader = Loader::new(&settings.plugins, &cache(), None, Metering::Time)
        .expect("an engine")
        .with_compiler(PathBuf::from(PROGRAM));
    Host::with_loader(loader, &settings.plugins, BuiltIns::default())
}

/// What a server with these plugins has, which reads its settings in this file.
fn app(data: &Path, file: &Path, host: &Host, stopping: Stopping) -> App {
    let mut settings = settings();
    settings.server.data_dir = data.to_owned();
    settings.file = Some(file.to_owned());
    let (store, _closing) = Store::open(data, &settings.store).expect("a new database");
    let (reports, _orders) = reports::channel();
    let start = Start {
        public_url: "http://test".to_owned(),
        clock: Clock::system(),
        plugins: host.clone(),
        demo: None,
        settings,
        store,
        reports,
        stopping,
    };
    App::new(start).expect("the app starts")
}

fn version(host: &Host, id: &str) -> Option<String> {
    host.plugins().get(id)?.plugin.as_ref().map(|plugin| plugin.version().to_owned())
}

fn manifest(id: &str, version: &str) -> String {
    ANALYZER.replace("\"guest\"", &format!("{id:?}")).replace("1.0.0", version)
}

fn put(folder: &Path, id: &str, version: &str, code: &[u8]) {
    fs::create_dir_all(folder.join(id)).expect("writable");
    fs::write(folder.join(id).join("plugin.toml"), manifest(id, version)).expect("writable");
    fs::write(folder.join(id).join("plugin.wasm"), code).expect("writable");
}

#[test]
fn plugins_appear_are_replaced_and_go() {
    let dir = tempfile::tempdir().expect("a folder");
    let host = host(dir.path());
    let code = guests::analyzer("", "");
    host.refresh();
    assert_eq!((host.plugins().entries().count(), *host.versions().borrow()), (0, 1));
    put(dir.path(), "one", "1.0.0", &code);
    fs::write(dir.path().join("two.wasm"), &code).expect("writable");
    fs::write(dir.path().join("two.toml"), manifest("two", "2.0.0")).expect("writable");
    let section = packed(&manifest("three", "3.0.0"));
    fs::write(dir.path().join("three.wasm"), [&code[..], &section].concat()).expect("writable");
    host.refresh();
    let versions = ["one", "two", "three"].map(|id| version(&host, id));
    assert_eq!(versions, ["1.0.0", "2.0.0", "3.0.0"].map(|version| Some(version.to_owned())));

    let before = host.plugins();
    put(dir.path(), "one", "1.1.0", &code);
    fs::remove_file(dir.path().join("two.wasm")).expect("there");
    host.refresh();
    assert_eq!((version(&host, "one").as_deref(), version(&host, "two")), (Some("1.1.0"), None));
    let running = before.get("one").and_then(|entry| entry.plugin.clone()).expect("still held");
    assert!(super::analyze(&running).outcome.is_ok(), "runs that go on keep what they began with");

    let changes = *host.versions().borrow();
    host.refresh();
    assert_eq!(*host.versions().borrow(), changes, "nothing changed");
}

/// A custom section with a manifest.
fn packed(manifest: &str) -> Vec<u8> {
    let name = b"hindsight:manifest";
    let mut section = vec![u8::try_from(name.len()).expect("short")];
    section.extend_from_slice(name);
    section.extend_from_slice(manifest.as_bytes());
    let length = section.len();
    let mut bytes = vec![0, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8];
    bytes.extend(section);
    bytes
}

#[test]
fn a_bad_file_leaves_the_old_one_running() {
    let dir = tempfile::tempdir().expect("a folder");
    let host = host(dir.path());
    let code = guests::analyzer("", "");
    put(dir.path(), "one", "1.0.0", &code);
    host.refresh();
    put(dir.path(), "one", "2.0.0", &code[..code.len() / 2]);
    host.refresh();
    let registry = host.plugins();
    let entry = registry.get("one").expect("there");
    assert_eq!((entry.state(), version(&host, "one").as_deref()), (State::Outdated, Some("1.0.0")));
    let problem = entry.problem.clone().expect("told");
    assert!(problem.starts_with("plugin.wasm: "), "{problem}");
    put(dir.path(), "one", "1.0.0", &code);
    host.refresh();
    assert_eq!(host.plugins().get("one").map(|entry| entry.state()), Some(State::Live));
    put(dir.path(), "bad", "1.0.0", b"nothing of the kind");
    host.refresh();
    assert_eq!(host.plugins().get("bad").map(|entry| entry.state()), Some(State::Failed));
}

#[test]
fn only_regular_files_with_good_names_are_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let code = guests::analyzer("", "");
    let inside = dir.path().join("plugins");
    put(dir.path(), "elsewhere", "1.0.0", &code);
    fs::create_dir(&inside).expect("writable");
    std::os::unix::fs::symlink("/etc/passwd", inside.join("p.wasm")).expect("writable");
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), inside.join("elsewhere")).expect("writable");
    std::os::unix::fs::symlink(dir.path().join("elsewhere/plugin.wasm"), inside.join("link.wasm"))
        .expect("writable");
    put(&inside, ".hidden", "1.0.0", &code);
    put(&inside, "Upper", "1.0.0", &code);
    fs::create_dir_all(inside.join("dir.wasm")).expect("writable");
    fs::create_dir_all(inside.join("sources")).expect("writable");
    fs::write(inside.join("sources/plugin.toml"), manifest("sources", "1.0.0")).expect("writable");
    fs::write(inside.join("notes.txt"), "x").expect("writable");
    fs::write(inside.join("half.wasm.part"), &code).expect("writable");
    let made = std::process::Command::new("mkfifo").arg(inside.join("pipe.wasm")).status().expect("mkfifo");
    assert!(made.success());
    let host = host(&inside);
    host.refresh();
    let ids: Vec<String> = host.plugins().entries().map(|entry| entry.id.clone()).collect();
    assert_eq!(ids, [""; 0]);
}

#[test]
fn settings_of_the_server_are_held_against_the_schema() {
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), "one", "1.0.0", &guests::analyzer("", ""));
    let host = host(dir.path());
    host.set_settings(&[("one".to_owned(), json!({ "evil": "yes" }))].into());
    host.refresh();
    let registry = host.plugins();
    let entry = registry.get("one").expect("there");
    assert_eq!(entry.state(), State::WrongSettings);
    assert_eq!(entry.settings_problems[0].to_string(), "`evil`: \"yes\" is not of type \"boolean\"");
    host.set_settings(&[("one".to_owned(), json!({ "evil": false }))].into());
    let registry = host.plugins();
    let entry = registry.get("one").expect("there");
    assert_eq!(entry.state(), State::Live);
    let settings = |of_connection| entry.settings(&of_connection).map(|settings| settings.json);
    assert_eq!(settings(json!({})), Ok("{\"evil\":false}".to_owned()));
    assert_eq!(settings(json!({ "evil": true })), Ok("{\"evil\":true}".to_owned()));
    assert_eq!(settings(json!({ "evils": true })).expect_err("unknown").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_in_the_file_are_taken_while_the_server_runs() {
    let dir = tempfile::tempdir().expect("a folder");
    let (folder, file) = (dir.path().join("plugins"), dir.path().join("config.toml"));
    put(&folder, "one", "1.0.0", &guests::analyzer("", ""));
    let host = host(&folder);
    host.refresh();
    let (stopper, stopping) = stop::channel();
    let app = app(dir.path(), &file, &host, stopping.clone());
    let following = tokio::spawn(live_settings::follow(app, stopping));
    let evil = || {
        let entry = host.plugins().get("one").expect("there").clone();
        (entry.state(), entry.settings(&json!({})).expect("valid").json)
    };
    let write = async |text: &str| {
        let mut versions = host.versions();
        fs::write(&file, text).expect("writable");
        let told = tokio::time::timeout(Duration::from_secs(30), versions.changed()).await;
        told.expect("not for ever").expect("it follows");
    };
    let evil_is = |evil: bool| format!("{{\"evil\":{evil}}}");

    write("[plugins.one]\nevil = true\n").await;
    assert_eq!(evil(), (State::Live, evil_is(true)));
    write("[plugins.one]\nevil = \"yes\"\n").await;
    assert_eq!(evil(), (State::OlderSettings, evil_is(true)), "what does not fit changes nothing");
    write("[plugins.one]\nevil = \n").await;
    assert_eq!(evil().1, evil_is(true));
    let problem = host.plugins().settings_problem.clone().expect("told");
    assert!(problem.contains("config.toml: is not TOML"), "{problem}");
    write("[plugins.one]\nevil = false\n").await;
    assert_eq!((evil(), &host.plugins().settings_problem), ((State::Live, evil_is(false)), &None));
    stopper.stop();
    following.await.expect("no panic").expect("it ends");
}

/// Servers and threads that start at once on a machine that has compiled nothing yet.
#[test]
fn a_cold_start_of_many_compiles_for_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let code = guests::analyzer("", "(func (export \"cold\"))");
    let files = || Files {
        name: "plugin.wasm".to_owned(),
        code: code.clone(),
        manifest: Some(manifest("one", "1.0.0")),
    };
    let start = || {
        let loader = Loader::new(&settings().plugins, &dir.path().join("code"), None, Metering::Time)
            .expect("an engine")
            .with_compiler(PathBuf::from(PROGRAM));
        loader.load(Origin::Folder, &files(), "one").map(drop).map_err(|error| error.to_string())
    };
    let all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(all, vec![Ok(()); 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plugin_is_live_within_two_seconds() {
    let dir = tempfile::tempdir().expect("a folder");
    let host = host(dir.path());
    let (stopper, stopping) = stop::channel();
    let mut versions = host.versions();
    let following = tokio::spawn(host.clone().follow(stopping));
    versions.wait_for(|version| *version > 0).await.expect("it follows");
    let start = Instant::now();
    put(dir.path(), "one", "1.0.0", &guests::analyzer("", "(func (export \"new\"))"));
    while version(&host, "one").is_none() {
        let waited = tokio::time::timeout(Duration::from_secs(20), versions.changed()).await;
        waited.expect("not for ever").expect("it follows");
    }
    // Two seconds on a machine with nothing else to do; this one may be busy.
    eprintln!("live after {:?}", start.elapsed());
    stopper.stop();
    following.await.expect("it ends");
}
