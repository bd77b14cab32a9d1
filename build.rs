//! Builds what the browser gets and embeds it, with the templates, in the binary.
//!
//! Nothing is written into the source tree: packages are installed, from the lock
//! file alone, into the build's own folder, and the bundles are made there.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use libdeflater::{CompressionLvl, Compressor};

/// The oldest Node.js that the bundler runs on.
const OLDEST_NODE: u32 = 20;

/// What is watched and bundled.
const SOURCES: [&str; 17] = [
    "browser/build",
    "browser/build.mjs",
    "browser/package-lock.json",
    "browser/tsconfig.json",
    "browser/recorder",
    "browser/player",
    "browser/dashboard",
    "browser/guest",
    "browser/demo",
    "browser/beside",
    "browser/widget",
    "browser/contracts",
    "plugins/dist",
    "templates",
    "plugins/templates",
    "plugins/sdk/src",
    "wit/hindsight.wit",
];

fn main() {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    check_node();
    let modules = install_packages(&root.join("browser"), &out.join("packages"));
    let built = out.join("assets");
    let printed = run(Command::new("node").arg(root.join("browser/build.mjs")).args([
        "--out".as_ref(),
        built.as_os_str(),
        "--modules".as_ref(),
        modules.as_os_str(),
    ]));
    // What visitors download is worth a line in every build.
    for line in printed.lines() {
        println!("cargo::warning={line}");
    }
    let mut code = assets(&built);
    code += &texts("TEMPLATES", &root.join("templates"), Some("html"));
    code += &texts("PLUGIN_TEMPLATES", &root.join("plugins/templates"), None);
    code += &texts("PLUGIN_SDK", &root.join("plugins/sdk/src"), Some("rs"));
    code += &texts("DEMO_DOCUMENTS", &root.join("browser/demo/documents"), Some("md"));
    code += &recordings(&root.join("browser/demo/visits"));
    code += &plugins(&root.join("plugins"), &out);
    fs::write(out.join("embedded.rs"), code).expect("the build folder is writable");
}

fn check_node() {
    let version = Command::new("node").arg("--version").output().ok();
    let major = version
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .and_then(|text| text.trim().trim_start_matches('v').split('.').next()?.parse::<u32>().ok());
    assert!(
        major.is_some_and(|major| major >= OLDEST_NODE),
        "Hindsight bundles its browser scripts with Node.js: install Node.js {OLDEST_NODE} or newer, with npm, and build again",
    );
}

/// Installs the packages of the lock file; returns their folder. Done once for each lock file.
fn install_packages(browser: &Path, packages: &Path) -> PathBuf {
    let modules = packages.join("node_modules");
    let lock = fs::read(browser.join("package-lock.json")).expect("browser/package-lock.json is readable");
    let stamp = packages.join("installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return modules;
    }
    fs::create_dir_all(packages).expect("the build folder is writable");
    for file in ["package.json", "package-lock.json"] {
        fs::copy(browser.join(file), packages.join(file)).expect("the build folder is writable");
    }
    run(Command::new("npm").current_dir(packages).args([
        "ci",
        "--omit=dev",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]));
    fs::write(stamp, lock).expect("the build folder is writable");
    modules
}

/// Runs a command to its end; returns what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{printed}\n{complaint}");
    printed
}

/// The bundles, from the table of contents that `build.mjs` writes.
fn assets(built: &Path) -> String {
    let contents = fs::read(built.join("assets.json")).expect("build.mjs writes it");
    let contents: Vec<serde_json::Value> = serde_json::from_slice(&contents).expect("build.mjs writes JSON");
    let mut code = String::from("/// What `browser/` was bundled into.\npub static ASSETS: &[Asset] = &[\n");
    for asset in &contents {
        let name = asset["name"].as_str().expect("each asset has a name");
        let file = built.join(name);
        let content = match asset["gzip_bytes"].is_null() {
            true => format!("Packed::Plain(include_bytes!({file:?}))"),
            false => format!("Packed::Gzip(include_bytes!({:?}))", format!("{}.gz", file.display())),
        };
        writeln!(
            code,
            "Asset {{ name: {name:?}, path: {}, content_type: {}, immutable: {}, content: {content} }},",
            asset["path"], asset["content_type"], asset["immutable"],
        )
        .expect("text grows");
    }
    code + "];\n"
}

/// All files below `folder`, or those with this extension, as pairs of name and text.
fn texts(table: &str, folder: &Path, extension: Option<&str>) -> String {
    let root = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let mut code = format!(
        "/// The files of `{}`.\npub static {table}: &[(&str, &str)] = &[\n",
        folder.strip_prefix(root).expect("below the root").display()
    );
    for file in files_below(folder, extension) {
        let name = file.strip_prefix(folder).expect("found below it");
        writeln!(code, "({:?}, include_str!({file:?})),", name.display().to_string()).expect("text grows");
    }
    code + "];\n"
}

/// The recorded visits of the demo shop.
fn recordings(folder: &Path) -> String {
    let mut code = String::from(
        "/// The recorded visits of the demo shop.\npub static DEMO_VISITS: &[(&str, &[u8])] = &[\n",
    );
    for file in files_below(folder, Some("gz")) {
        let name = file.file_name().expect("a file has a name");
        writeln!(code, "({:?}, include_bytes!({file:?})),", name.display().to_string()).expect("text grows");
    }
    code + "];\n"
}

/// The components of `plugins/dist`, each with the manifest that stands beside its sources,
/// and the engine that scripts run in.
fn plugins(folder: &Path, out: &Path) -> String {
    const SCRIPT_ENGINE: &str = "script-engine.wasm";
    let mut code = String::from(
        "/// The manifests and components of the plugins that are a part of this program.\npub static PLUGINS: &[(&str, Packed)] = &[\n",
    );
    let mut script_engine = "None".to_owned();
    for file in files_below(&folder.join("dist"), Some("wasm")) {
        if file.ends_with(SCRIPT_ENGINE) {
            script_engine = format!("Some({})", packed(&file, out));
            continue;
        }
        let manifest = folder.join(file.file_stem().expect("a file has a name")).join("plugin.toml");
        println!("cargo::rerun-if-changed={}", manifest.display());
        writeln!(code, "(include_str!({manifest:?}), {}),", packed(&file, out)).expect("text grows");
    }
    code + "];\n/// What scripts run in.\npub static SCRIPT_ENGINE: Option<Packed> = "
        + &script_engine
        + ";\n"
}

/// A file as one gzip member, which is written into `out`.
fn packed(file: &Path, out: &Path) -> String {
    let bytes = fs::read(file).expect("it was found");
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut member = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(&bytes, &mut member).expect("the bound is large enough");
    let name = file.file_name().expect("a file has a name").display();
    let path = out.join(format!("{name}.gz"));
    fs::write(&path, &member[..length]).expect("the build folder is writable");
    format!("Packed::Gzip(include_bytes!({path:?}))")
}

fn files_below(folder: &Path, extension: Option<&str>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if extension.is_none_or(|wanted| path.extension().is_some_and(|found| found == wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
