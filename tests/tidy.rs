//! What a compiler does not check: who may use whom, and how large things are.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may use, as `ARCHITECTURE.md` has them.
const MAY_USE: [(&str, &[&str]); 30] = [
    ("allocator", &[]),
    ("stop", &[]),
    ("model", &[]),
    ("measure", &[]),
    ("clock", &["model"]),
    ("config", &["model"]),
    ("accounts", &["model"]),
    ("disk", &["config", "stop"]),
    ("embedded", &["ingest"]),
    ("rrweb", &["model"]),
    ("store", &["model", "config", "disk", "measure"]),
    ("backup", &["model", "clock", "config", "disk", "stop", "store"]),
    ("segment", &["model", "rrweb"]),
    ("timeline", &["model", "rrweb"]),
    ("masking", &["model", "rrweb"]),
    ("privacy", &["model", "rrweb"]),
    ("playback", &["model", "store"]),
    ("pieces", &["model", "ingest", "segment", "store"]),
    ("export", &["model", "rrweb", "store", "playback", "pieces"]),
    ("unfinished", &["model", "stop", "rrweb", "timeline", "store", "pieces"]),
    ("ingest", &["model", "clock", "config", "measure", "rrweb", "privacy", "store"]),
    ("clients", &["model", "config", "rrweb", "ingest"]),
    (
        "moving",
        &[
            "model", "clock", "config", "rrweb", "privacy", "store", "playback", "pieces", "export",
            "ingest", "clients",
        ],
    ),
    ("watch", &["stop"]),
    ("answers", &["model", "clock", "config", "measure", "stop", "store", "watch"]),
    ("plugins", &["model", "config", "embedded", "measure", "stop", "rrweb", "timeline", "watch"]),
    (
        "finish",
        &[
            "model", "clock", "config", "measure", "stop", "rrweb", "masking", "privacy", "timeline",
            "plugins", "segment", "store", "pieces",
        ],
    ),
    ("openid", &["model", "clock", "config", "answers", "accounts"]),
    ("webhooks", &["model", "clock", "config", "measure", "stop", "store", "answers", "plugins", "finish"]),
    (
        "web",
        &[
            "model",
            "clock",
            "config",
            "disk",
            "embedded",
            "measure",
            "backup",
            "rrweb",
            "privacy",
            "segment",
            "store",
            "playback",
            "pieces",
            "export",
            "ingest",
            "clients",
            "finish",
            "stop",
            "timeline",
            "plugins",
            "watch",
            "answers",
            "accounts",
            "openid",
            "unfinished",
            "moving",
        ],
    ),
];

/// Files longer than this hold a second subject.
const MAX_LINES: usize = 500;

fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("readable").path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|found| extensions.iter().any(|wanted| *wanted == found)) {
                found.push(path);
            }
        }
    }
    found
}

/// The room that a file of `src/` belongs to.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("below src");
    let first = inside.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms named after `crate::`, alone or in braces.
fn rooms_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let list = rest
            .strip_prefix('{')
            .map_or(rest, |group| group.split_once('}').map_or("", |(inside, _)| inside));
        let is_group = rest.starts_with('{');
        let names = if is_group { list.split(',').collect() } else { vec![list] };
        for name in names {
            let word: String =
                name.trim().chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
            used.push(word);
        }
    }
    used
}

#[test]
fn rooms_use_only_those_below_them() {
    for path in files("src", &["rs"]) {
        let room = room(&path);
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == room) else {
            assert!(["lib", "main", "cli"].contains(&room.as_str()), "{room} is not in the table");
            continue;
        };
        for used in rooms_used(&fs::read_to_string(&path).expect("UTF-8")) {
            let fine = used == room || allowed.contains(&used.as_str());
            assert!(fine, "{} uses {used}, which {room} may not", path.display());
        }
    }
}

#[test]
fn only_the_store_knows_sql() {
    for path in files("src", &["rs"]) {
        let code = fs::read_to_string(&path).expect("UTF-8");
        assert!(room(&path) == "store" || !code.contains("rusqlite"), "{} knows rusqlite", path.display());
    }
}

#[test]
fn only_the_host_of_plugins_knows_wasmtime() {
    for path in files("src", &["rs"]) {
        let code = fs::read_to_string(&path).expect("UTF-8");
        assert!(room(&path) == "plugins" || !code.contains("wasmtime"), "{} knows wasmtime", path.display());
    }
}

#[test]
fn only_gzip_inflates() {
    for path in files("src", &["rs"]) {
        let code = fs::read_to_string(&path).expect("UTF-8");
        assert!(path.ends_with("ingest/gzip.rs") || !code.contains("libdeflater"), "{}", path.display());
        let is_streamed = path.ends_with("ingest/gzip/streamed.rs");
        assert!(is_streamed || !code.contains("flate2::"), "{}", path.display());
    }
}

#[test]
fn only_segments_know_zstd() {
    for path in files("src", &["rs"]) {
        let code = fs::read_to_string(&path).expect("UTF-8");
        assert!(path.ends_with("segment/frame.rs") || !code.contains("zstd::"), "{}", path.display());
    }
}

#[test]
fn a_file_has_one_subject() {
    let code = ["src", "tests", "benches", "fuzz/src", "fuzz/targets", "plugins"]
        .into_iter()
        .flat_map(|folder| files(folder, &["rs"]));
    let sources = code.chain(files("browser", &["ts", "mjs", "css"])).chain(files("benches", &["mjs"]));
    for path in sources.chain(files("templates", &["html"])) {
        let lines = fs::read_to_string(&path).expect("UTF-8").lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn the_replayer_is_never_made_unsafe() {
    for path in files("browser", &["ts"]) {
        let code = fs::read_to_string(&path).expect("UTF-8");
        for word in ["UNSAFE_replayCanvas", "enableInteract", "innerHTML"] {
            assert!(
                !code.contains(word) || path.components().any(|part| part.as_os_str() == "tests"),
                "{}: {word}",
                path.display()
            );
        }
    }
}

#[test]
fn only_markdown_becomes_html() {
    for path in files("src", &["rs"]) {
        let code = fs::read_to_string(&path).expect("UTF-8");
        assert!(path.ends_with("web/look.rs") || !code.contains("safe_string"), "{}", path.display());
    }
}

/// Where templates show something as it is, and how often: of our own styles alone.
const UNESCAPED: [(&str, usize); 1] = [("pages/stage.html", 1)];

#[test]
fn templates_hold_no_script_or_style_of_their_own() {
    for path in files("templates", &["html"]) {
        let text = fs::read_to_string(&path).expect("UTF-8");
        let is_stage = path.ends_with("pages/stage.html");
        for tag in text.split("<script").skip(1) {
            assert!(tag.split('>').next().is_some_and(|tag| tag.contains("src=")), "{}", path.display());
        }
        assert!(is_stage || !text.contains("<style"), "{} has a style", path.display());
        assert!(!text.contains(" style="), "{} has a style attribute", path.display());
        for attribute in text.split(" on").skip(1) {
            let name: String = attribute.chars().take_while(char::is_ascii_lowercase).collect();
            assert!(!attribute[name.len()..].starts_with('='), "{} has a handler on{name}", path.display());
        }
        let filters = text.split('|').skip(1).map(str::trim_start);
        let unescaped = filters.filter(|filter| filter.starts_with("safe")).count();
        let allowed = UNESCAPED.iter().find(|(name, _)| path.ends_with(name)).map_or(0, |(_, times)| *times);
        assert_eq!(unescaped, allowed, "{} shows something unescaped", path.display());
        assert!(!text.contains("autoescape"), "{}", path.display());
    }
}
