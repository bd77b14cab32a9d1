//! Where plugins stand in a folder, and how their files are read.
//!
//! A plugin is `NAME/plugin.toml` with `NAME/plugin.wasm` or `NAME/plugin.js`, or
//! `NAME.wasm` or `NAME.js` with `NAME.toml` or with the manifest in the file itself.
//! Only regular files count: no links, so that nobody is made to read what the server
//! may read and they may not.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};

use super::manifest;

/// The files of one plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The plugin's file.
    pub code: PathBuf,
    /// The manifest beside it, if there is one.
    pub manifest: Option<PathBuf>,
    /// Tells whether any of them changed.
    pub stamp: Stamp,
}

/// Sizes and times of a plugin's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Vec<(u64, u64, i64, i64)>);

/// The bytes of a plugin's files.
#[derive(Debug)]
pub struct Files {
    /// The file's name, for messages.
    pub name: String,
    /// The plugin.
    pub code: Vec<u8>,
    /// The manifest beside it, if there is one.
    pub manifest: Option<String>,
}

const EXTENSIONS: [&str; 2] = ["wasm", "js"];

/// The plugins of a folder by their names. What is something else is passed over; what is
/// like a plugin but cannot be one is told in the log.
pub fn find(folder: &Path) -> BTreeMap<String, Source> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some((name, code, manifest)) = files_of(&path) else { continue };
        let Some(stamp) = stamp_of(&code) else {
            if code.symlink_metadata().is_ok() {
                tracing::warn!(file = %code.display(), "is no regular file, and is passed over");
            }
            continue;
        };
        if !manifest::is_slug(&name) {
            tracing::warn!(file = %path.display(), "is passed over: a plugin's name has lower case letters, digits and hyphens");
            continue;
        }
        let beside = stamp_of(&manifest);
        let stamp = Stamp([Some(stamp), beside].into_iter().flatten().collect());
        let source = Source { code, manifest: beside.map(|_| manifest), stamp };
        // A folder comes before a file of the same name, whatever order they are found in.
        if path.is_dir() || !found.contains_key(&name) {
            found.insert(name, source);
        }
    }
    found
}

/// The name, the file and the manifest of the plugin that an entry of the folder may be.
fn files_of(path: &Path) -> Option<(String, PathBuf, PathBuf)> {
    let is_folder = path.symlink_metadata().ok()?.is_dir();
    let name = if is_folder { path.file_name() } else { path.file_stem() }?.to_str()?.to_owned();
    if name.starts_with('.') {
        return None;
    }
    if is_folder {
        let code = EXTENSIONS.map(|extension| path.join("plugin").with_extension(extension));
        let code = code.into_iter().find(|code| code.symlink_metadata().is_ok())?;
        return Some((name, code, path.join("plugin.toml")));
    }
    let extension = path.extension()?.to_str()?;
    EXTENSIONS.contains(&extension).then(|| (name, path.to_owned(), path.with_extension("toml")))
}

/// The size and times of a regular file.
fn stamp_of(file: &Path) -> Option<(u64, u64, i64, i64)> {
    let found = file.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

impl Files {
    /// Whether it is a script.
    pub fn is_script(&self) -> bool {
        self.name.ends_with(".js")
    }
}

impl Source {
    /// Reads the files; the error is a sentence.
    pub fn read(&self, max_bytes: u64) -> Result<Files, String> {
        let name = self.code.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let code = read(&self.code, max_bytes)?;
        let manifest = self.manifest.as_ref().map(|path| {
            let bytes = read(path, manifest::MAX_BYTES as u64)?;
            String::from_utf8(bytes).map_err(|_| format!("{}: is not UTF-8", path.display()))
        });
        Ok(Files { name, code, manifest: manifest.transpose()? })
    }

    /// The name that the plugin's id must be: that of its folder or file.
    pub fn stands_in(&self) -> String {
        let stem = self.code.file_stem().unwrap_or_default();
        let named = if stem == "plugin" { self.code.parent().and_then(Path::file_name) } else { Some(stem) };
        named.unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The plugin that a path names: its folder, or its file with the manifest beside it.
    pub fn at(path: &Path) -> Result<Self, String> {
        let path = match path.file_name().is_some_and(|name| {
            EXTENSIONS.iter().any(|extension| name.to_str() == Some(&format!("plugin.{extension}")))
        }) {
            true => path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
            false => path,
        };
        let canonical = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        let found = files_of(&canonical);
        let Some((_, code, manifest)) = found else {
            return Err(format!(
                "{}: is no plugin; name a .wasm or .js file, or a folder with plugin.wasm or plugin.js",
                path.display()
            ));
        };
        let manifest = Some(manifest).filter(|manifest| manifest.is_file());
        Ok(Self { code, manifest, stamp: Stamp::default() })
    }
}

/// Reads a regular file that is no link. It is looked at after it was opened, and opening
/// waits for nobody, so that a pipe put in its place is no trap.
fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    let fail = |error: &dyn std::fmt::Display| format!("{}: cannot be read ({error})", path.display());
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened: OwnedFd = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| fail(&error))?;
    let found = rustix::fs::fstat(&opened).map_err(|error| fail(&error))?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(format!("{}: is no regular file", path.display()));
    }
    let mut bytes = Vec::new();
    File::from(opened).take(max_bytes + 1).read_to_end(&mut bytes).map_err(|error| fail(&error))?;
    if bytes.len() as u64 > max_bytes {
        return Err(format!("{}: is larger than {max_bytes} bytes", path.display()));
    }
    Ok(bytes)
}
