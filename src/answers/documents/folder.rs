//! The Markdown files of one folder, and nothing outside of the server's folder of documents.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, Metadata};
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A larger file is not read.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// So many files are read, so many bytes of all, and so deep below the folder.
pub const MAX_FILES: usize = 2000;
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAX_DEPTH: usize = 8;

/// A file, or why it could not be read.
#[derive(Clone, Debug)]
pub struct ReadFile {
    /// Its path within the folder.
    pub name: String,
    /// Its text, or what is wrong.
    pub text: Result<String, String>,
}

/// What is in a folder.
#[derive(Debug, Default)]
pub struct Files {
    found: Vec<(String, PathBuf)>,
    /// Why not all of it is read, if so.
    pub problem: Option<String>,
    /// Another number means that something changed.
    pub stamp: u64,
}

/// Looks what there is, without reading it.
pub fn look(root: &Path, name: &str) -> Files {
    let folder = root.join(name);
    let (Ok(root), Ok(inside)) = (fs::canonicalize(root), fs::canonicalize(&folder)) else {
        let problem =
            format!("There is no folder {}. Make it, and put Markdown files into it.", folder.display());
        return Files { problem: Some(problem), ..Files::default() };
    };
    if inside == root || !inside.starts_with(&root) || !inside.is_dir() {
        let problem = format!("{} is no folder within {}.", folder.display(), root.display());
        return Files { problem: Some(problem), ..Files::default() };
    }
    let mut look = Look { root: &root, files: Files::default(), hasher: DefaultHasher::new(), bytes: 0 };
    look.folder(&folder, "", 0);
    let Look { mut files, hasher, .. } = look;
    files.found.sort();
    files.stamp = hasher.finish();
    files
}

/// Reads the files that a look found.
pub fn read(files: &Files) -> Vec<ReadFile> {
    let read = |(name, path): &(String, PathBuf)| ReadFile { name: name.clone(), text: text(path) };
    files.found.iter().map(read).collect()
}

struct Look<'a> {
    root: &'a Path,
    files: Files,
    hasher: DefaultHasher,
    bytes: u64,
}

impl Look<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.files.problem = Some(format!("{} cannot be read: {error}.", folder.display()));
                return;
            }
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // A link may lead anywhere; what counts is where. Hidden ones are other programs' business.
            let is_inside = fs::canonicalize(&path).is_ok_and(|real| real.starts_with(self.root));
            let Some(metadata) = fs::metadata(&path).ok().filter(|_| is_inside && !name.starts_with('.'))
            else {
                continue;
            };
            let name = format!("{prefix}{name}");
            if metadata.is_dir() && depth < MAX_DEPTH {
                self.folder(&path, &format!("{name}/"), depth + 1);
            } else if metadata.is_file() && is_markdown(&path) {
                self.file(name, path, &metadata);
            }
        }
    }

    fn file(&mut self, name: String, path: PathBuf, metadata: &Metadata) {
        self.bytes += metadata.len().min(MAX_FILE_BYTES);
        if self.files.found.len() >= MAX_FILES || self.bytes > MAX_BYTES {
            let problem =
                format!("Only the first {} files are read; there are more.", self.files.found.len());
            self.files.problem.get_or_insert(problem);
            return;
        }
        let changed = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        (&name, metadata.len(), changed).hash(&mut self.hasher);
        self.files.found.push((name, path));
    }
}

fn is_markdown(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["md", "markdown"].contains(&&*extension)
}

fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Ok(length) if length as u64 > MAX_FILE_BYTES => Err("has more than 1 MiB; split it".to_owned()),
        Ok(_) => {
            let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8; save it as UTF-8".to_owned())?;
            Ok(text.trim_start_matches('\u{feff}').to_owned())
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err("may not be read by the server; change its permissions".to_owned())
        }
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_of_the_folder_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().join("documents");
        fs::create_dir_all(root.join("shop/deep/.git")).expect("made");
        fs::write(dir.path().join("secret.md"), "# Secret").expect("written");
        for file in ["a.md", "deep/B.MD", "deep/.git/c.md", "d.txt", ".e.md"] {
            fs::write(root.join("shop").join(file), "# Text").expect("written");
        }
        std::os::unix::fs::symlink(dir.path().join("secret.md"), root.join("shop/link.md")).expect("linked");
        std::os::unix::fs::symlink(root.join("shop/a.md"), root.join("shop/inner.md")).expect("linked");
        std::os::unix::fs::symlink(dir.path(), root.join("shop/up")).expect("linked");
        std::os::unix::fs::symlink(root.join("shop"), root.join("shop/deep/loop")).expect("linked");
        std::os::unix::fs::symlink(dir.path(), root.join("out")).expect("linked");
        let names: Vec<String> = look(&root, "shop").found.into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names.iter().filter(|name| !name.contains("loop")).collect::<Vec<_>>(),
            ["a.md", "deep/B.MD", "inner.md"]
        );
        assert!(!names.iter().any(|name| name.contains("link.md") || name.contains("secret")), "{names:?}");
        for outside in ["out", "..", ".", "", "none"] {
            let files = look(&root, outside);
            assert!(files.found.is_empty() && files.problem.is_some(), "{outside}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("shop")).expect("made");
        let path = |name: &str| dir.path().join("shop").join(name);
        fs::write(path("a.md"), [0xff, 0xfe]).expect("written");
        fs::write(path("b.md"), vec![b'x'; 1024 * 1024 + 1]).expect("written");
        fs::write(path("c.md"), "\u{feff}# Text").expect("written");
        let before = look(dir.path(), "shop");
        let texts: Vec<_> = read(&before).into_iter().map(|file| file.text).collect();
        assert_eq!(texts[0], Err("is not UTF-8; save it as UTF-8".to_owned()));
        assert_eq!(texts[1], Err("has more than 1 MiB; split it".to_owned()));
        assert_eq!(texts[2], Ok("# Text".to_owned()));
        fs::write(path("c.md"), "# Another").expect("written");
        assert_ne!(look(dir.path(), "shop").stamp, before.stamp);
    }
}
