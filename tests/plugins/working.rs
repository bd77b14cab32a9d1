//! Plugins that do what they should, and the code that is kept of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hindsight::model::span::{Change, Edit, Place, Span};
use hindsight::model::{Fact, Fields, Item, Period, Row};
use hindsight::plugins::source::Files;
use hindsight::plugins::{Error, Loader, Metering, Origin, Plugin};
use serde_json::json;

use super::guests::{self, ANALYZER, MASKER};
use super::{PROGRAM, analyze, analyze_wat, load, session, settings};

#[test]
fn an_analyzer_sees_the_events_that_it_asked_for() {
    let plugin = load(ANALYZER, &guests::analyzer("", "")).expect("loads");
    assert_eq!(analyze(&plugin).usage.items_read, 0, "it did not ask");
    // It asks for one event at a time, for a hundred, and for more than there can be.
    for (batch, expected) in [(1, 1), (100, 8), (u32::MAX, 8)] {
        let body = format!("(call $next (local.get $session) (i32.const {batch}) (i32.const 512))");
        let plugin = load(ANALYZER, &guests::analyzer(&body, "")).expect("loads");
        let settings = plugin.settings(&[&json!({ "evil": true })]).expect("valid");
        let events = hindsight::plugins::trial::recording().events.clone();
        let clicks = events.iter().filter(|event| event.kind.name() == hindsight::timeline::KindName::Click);
        assert_eq!(clicks.count(), 8);
        let run = plugin.analyze(&session(80_000), events.into_iter(), &settings);
        assert_eq!((run.outcome.is_ok(), run.usage.items_read), (true, expected));
    }
}

#[test]
fn the_same_session_gives_the_same_result() {
    let (first, second) = (analyze_wat("", ""), analyze_wat("", ""));
    assert_eq!(first.outcome, second.outcome);
    assert_eq!(first.usage.memory_bytes, second.usage.memory_bytes);
}

#[test]
fn a_masker_hides_what_it_names() {
    // One change: of span 1, hide "4111" behind "[card]".
    let body = "(if (i32.gt_u (local.get $count) (i32.const 1)) (then
            (i32.store (i32.const 1028) (i32.const 4096)) (i32.store (i32.const 1032) (i32.const 1))
            (i32.store (i32.const 4096) (i32.const 1))
            (i32.store (i32.const 4104) (i32.const 8192)) (i32.store (i32.const 4108) (i32.const 1))
            (i32.store (i32.const 8192) (i32.const 2048)) (i32.store (i32.const 8196) (i32.const 4))
            (i32.store (i32.const 8200) (i32.const 2052)) (i32.store (i32.const 8204) (i32.const 6))
            (i32.store (i32.const 8208) (i32.const 2053)) (i32.store (i32.const 8212) (i32.const 4))))";
    let plugin =
        load(MASKER, &guests::masker(body, r#"(data (i32.const 2048) "4111[card]")"#)).expect("loads");
    let settings = plugin.settings(&[]).expect("none");
    let span = |text: &str| Span {
        text: text.to_owned(),
        place: Place::Text,
        tag: "p".to_owned(),
        name: String::new(),
        selector: "main > p".to_owned(),
    };
    let mut masking = plugin.mask(&session(0), &settings);
    let changes = masking.mask(&[span("my card"), span("is 4111")]).expect("masks");
    let [Change { index: 1, edit: Edit::Hide { secrets } }] = &changes[..] else { panic!("{changes:?}") };
    let [secret] = &secrets[..] else { panic!("{secrets:?}") };
    assert_eq!((&*secret.value, &*secret.with, &*secret.kind), ("4111", "[card]", "card"));
    let usage = masking.finish().usage;
    assert_eq!(usage.items_read, 2);
}

#[test]
fn a_reporter_reads_the_rows_that_it_asked_for() {
    let manifest = MASKER.replace("[masker]", "[reporter]\nreads = [\"other/page\"]");
    let body = "(call $next (local.get $rows) (i32.const 1000) (i32.const 512))";
    let plugin = load(&manifest, &guests::reporter(body, "")).expect("loads");
    let settings = plugin.settings(&[]).expect("none");
    let row = |plugin: &str, kind: &str| Row {
        session: "visit".to_owned(),
        started_at: "2026-02-03T04:05:06Z".to_owned(),
        plugin: plugin.to_owned(),
        item: Item::Fact(Fact { kind: kind.to_owned(), at: 0, fields: Fields::new() }),
    };
    let rows = [row("other", "page"), row("other", "pages"), row("guest", "page"), row("other", "page")];
    let period = Period {
        from: "2026-02-01T00:00:00Z".to_owned(),
        to: "2026-03-01T00:00:00Z".to_owned(),
        sessions: 2,
    };
    let run = plugin.summarize(&period, rows.into_iter(), &settings);
    assert_eq!((run.outcome.map(|report| report.sections.len()), run.usage.items_read), (Ok(0), 2));
}

fn loader(cache: &Path, program: &Path) -> Loader {
    Loader::new(&settings().plugins, cache, None, Metering::Time)
        .expect("an engine")
        .with_compiler(program.to_owned())
}

fn load_with(loader: &Loader) -> Result<Plugin, Error> {
    let code = guests::analyzer("", "");
    let files = Files { name: "plugin.wasm".to_owned(), code, manifest: Some(ANALYZER.to_owned()) };
    loader.load(Origin::Folder, &files, "guest").map(|(plugin, _)| plugin)
}

fn kept(cache: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(cache).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

#[test]
fn compiled_code_is_kept_and_damaged_code_is_compiled_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let cache = dir.path().join("code");
    load_with(&loader(&cache, Path::new(PROGRAM))).expect("compiled");
    assert_eq!(fs::metadata(&cache).expect("made").permissions().mode() & 0o777, 0o700);
    let [code, _sum] = &kept(&cache)[..] else { panic!("{:?}", kept(&cache)) };

    // It is loaded without any compiler.
    load_with(&loader(&cache, Path::new("/nowhere/to/be/found"))).expect("kept");

    for damage in [&b""[..], b"\x7fELF", &vec![0; 100_000]] {
        fs::write(code, damage).expect("writable");
        let sentence =
            load_with(&loader(&cache, Path::new("/nowhere/to/be/found"))).err().expect("damaged").to_string();
        assert!(sentence.starts_with("plugin.wasm: it was not compiled: "), "{sentence}");
        load_with(&loader(&cache, Path::new(PROGRAM))).expect("compiled again");
    }
}

#[test]
fn a_folder_that_others_can_enter_keeps_no_code() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    let error = Loader::new(&settings().plugins, dir.path(), None, Metering::Time).err().expect("refused");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("is not a folder that only we can enter"), "{cause}");
}

#[test]
fn a_compiler_that_ends_badly_is_told_in_words() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = dir.path().join("compiler");
    for (commands, expected) in [
        ("kill -XCPU $$", "it takes more than 120 s of CPU to compile; make it smaller"),
        (
            "echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$",
            "more than 4 GiB of memory to compile",
        ),
        ("kill -KILL $$", "more than 4 GiB of memory to compile"),
        ("echo 'hindsight: it is not valid: x' >&2; exit 1", "plugin.wasm: it is not valid: x"),
        ("exit 0", "it was not compiled: No such file"),
    ] {
        let text = format!("#!/bin/bash\n{}\n", commands.replace("PROGRAM", PROGRAM));
        fs::write(&script, text).expect("writable");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("ours");
        let cache = dir.path().join("code");
        let sentence = load_with(&loader(&cache, &script)).err().expect(commands).to_string();
        assert!(sentence.contains(expected), "{commands}: {sentence}");
        assert!(kept(&cache).is_empty(), "{commands} left something behind");
    }
}

#[test]
fn counting_instructions_gives_the_same_figure_each_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let loader = Loader::new(&settings().plugins, &dir.path().join("code"), None, Metering::Fuel)
        .expect("an engine")
        .with_compiler(PathBuf::from(PROGRAM));
    let plugin = load_with(&loader).expect("loads");
    let fuel = analyze(&plugin).usage.fuel.expect("counted");
    assert!(fuel > 0);
    assert_eq!(analyze(&plugin).usage.fuel, Some(fuel));
}

#[test]
fn an_instance_is_made_and_dropped_in_no_time() {
    let plugin = load(ANALYZER, &guests::analyzer("", "")).expect("loads");
    let settings = plugin.settings(&[]).expect("defaults");
    let (session, times) = (session(0), 200);
    let start = Instant::now();
    for _ in 0..times {
        plugin.analyze(&session, std::iter::empty(), &settings).outcome.expect("runs");
    }
    // The bound is 0.05 ms in a release build on a quiet machine; benches/load measures it.
    assert!(start.elapsed().as_millis() < 10 * times, "{:?} for {times} runs", start.elapsed());
}
