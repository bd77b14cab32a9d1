//! The plugins that come with the server: what is committed is what the sources give.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// What each plugin is built from, beside its own folder: as `plugins/build.sh` has it.
const SHARED: [&str; 5] = [
    "plugins/Cargo.toml",
    "plugins/Cargo.lock",
    "plugins/sdk/Cargo.toml",
    "plugins/sdk/src",
    "wit/hindsight.wit",
];

/// What runs scripts: a crate of its own, and most of it is C.
const ENGINE: &str = "script-engine";

/// What the engine is built from.
const ENGINE_SOURCES: [&str; 5] = [
    "plugins/script-engine/Cargo.toml",
    "plugins/script-engine/Cargo.lock",
    "plugins/script-engine/build.sh",
    "plugins/script-engine/src",
    "wit",
];

/// Larger ones would weigh the binary down.
const MAX_BYTES: usize = 400 * 1024;

/// The engine is as large as three of the others.
const MAX_ENGINE_BYTES: usize = 1200 * 1024;

/// What `build.sh` answers where the compiler of `BUILDINFO` is not installed.
const NOTHING_TO_COMPARE: i32 = 3;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All files at or below a path, as named from the root.
fn files(path: &str) -> Vec<String> {
    if root().join(path).is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let names = entries.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"));
    names.flat_map(|name| files(&format!("{path}/{name}"))).collect()
}

/// One hash over the hashes of all files that a plugin is made of.
fn sources(plugin: &str) -> String {
    let own = [format!("plugins/{plugin}/Cargo.toml"), format!("plugins/{plugin}/src")];
    let mut paths: Vec<String> = match plugin {
        ENGINE => ENGINE_SOURCES.iter().flat_map(|path| files(path)).collect(),
        _ => SHARED.map(str::to_owned).iter().chain(&own).flat_map(|path| files(path)).collect(),
    };
    paths.sort();
    let lines =
        paths.iter().map(|path| format!("{}  {path}\n", hex(&fs::read(root().join(path)).expect("a file"))));
    hex(lines.collect::<String>().as_bytes())
}

/// Name, hash of the sources and hash of the file, of each plugin.
fn built() -> Vec<[String; 3]> {
    let info = fs::read_to_string(root().join("plugins/dist/BUILDINFO")).expect("BUILDINFO");
    let lines = info.lines().filter(|line| !line.starts_with('#') && !line.starts_with("compiler "));
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    lines.map(|line| words(line).try_into().expect("three words")).collect()
}

fn file(plugin: &str) -> PathBuf {
    root().join(format!("plugins/dist/{plugin}.wasm"))
}

#[test]
fn plugins_are_built_from_these_sources() {
    let plugins = built();
    assert!(plugins.len() >= 4, "{plugins:?}");
    for [plugin, from, to] in plugins {
        assert_eq!(sources(&plugin), from, "{plugin} has changed since it was built: run plugins/build.sh");
        assert_eq!(hex(&fs::read(file(&plugin)).expect("a file")), to, "{plugin}.wasm is not what was built");
    }
}

#[test]
fn plugins_are_small_and_name_no_machine() {
    for [plugin, ..] in built() {
        let bytes = fs::read(file(&plugin)).expect("a file");
        let most = if plugin == ENGINE { MAX_ENGINE_BYTES } else { MAX_BYTES };
        assert!(bytes.len() <= most, "{plugin}.wasm has {} bytes", bytes.len());
        for place in ["/home/", "/root/", "/tmp/", ".cargo/registry", "/usr/"] {
            let is_named = bytes.windows(place.len()).any(|window| window == place.as_bytes());
            assert!(!is_named, "{plugin}.wasm names {place}");
        }
    }
}

/// Some minutes where nothing is built yet, so `plugins/build.sh --check` is a step of its own in CI.
#[test]
#[ignore = "builds for WebAssembly"]
fn plugins_are_what_the_compiler_makes_of_the_sources() {
    let check = Command::new(root().join("plugins/build.sh")).arg("--check").output().expect("a shell");
    let told = String::from_utf8_lossy(&check.stderr);
    assert!(check.status.success() || check.status.code() == Some(NOTHING_TO_COMPARE), "{told}");
}
