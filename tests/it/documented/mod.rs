//! What the documentation says is so: its links lead somewhere, its commands run, its settings are ours.

mod commands;
mod configuration;
mod links;

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page of the documentation: those at the root, and all below `docs`.
fn pages() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("read") {
            let path = entry.expect("read").path();
            if path.is_dir() && path.starts_with(root().join("docs")) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).expect("read");
                found.push((path, text));
            } else if folder == root() && path.ends_with("docs") {
                folders.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 15, "{}", found.len());
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
