//! `hindsight plugin new`: a complete small project to begin with.
//!
//! The templates are `plugins/templates` of the sources: real projects, in which only
//! the names are replaced. A project has all it needs, the interface and the SDK
//! included, since an author has the program and not its sources.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, ValueEnum};

use crate::embedded::{PLUGIN_INTERFACE, PLUGIN_SDK, PLUGIN_TEMPLATES};
use crate::plugins::manifest::Manifest;

/// The longest name, as in a manifest.
const MAX_NAME_BYTES: usize = 64;

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What the plugin is called: lower case letters, digits and hyphens.
    name: String,
    /// What it is written in. Only js needs no build.
    #[arg(long, value_enum, default_value_t = Language::Js)]
    lang: Language,
    /// What it does: look at a session, hide texts before they are stored, or report on many sessions.
    #[arg(long, value_enum, default_value_t = Kind::Analyzer)]
    kind: Kind,
    /// The folder in which the project's folder is made; it is made as well if it is not there.
    #[arg(long, value_name = "DIR", default_value = ".")]
    into: PathBuf,
}

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    Js,
    Rust,
    Ts,
    Python,
}

/// What a plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Analyzer,
    Masker,
    Reporter,
}

impl Language {
    /// Its folder among the templates, which is also what it is called here.
    fn name(self) -> &'static str {
        match self {
            Self::Js => "js",
            Self::Rust => "rust",
            Self::Ts => "ts",
            Self::Python => "python",
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Analyzer => "analyzer",
            Self::Masker => "masker",
            Self::Reporter => "reporter",
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    check_name(&arguments.name)?;
    let folder = arguments.into.join(&arguments.name);
    let files = project(&arguments.name, arguments.lang, arguments.kind);
    check_manifest(&files)?;
    write(&folder, &files)?;
    writeln!(
        std::io::stdout(),
        "wrote {}: {} in {}, {} files; README.md says what to run",
        folder.display(),
        arguments.kind.name(),
        arguments.lang.name(),
        files.len()
    )?;
    Ok(())
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let right = name.len() <= MAX_NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(allowed);
    if !right {
        bail!(
            "{name:?} cannot be the name of a plugin: write up to {MAX_NAME_BYTES} lower case letters, digits \
             and hyphens, a letter first, such as \"pay-errors\""
        );
    }
    Ok(())
}

/// A name may mean something else to the server, which must take what is made here.
fn check_manifest(files: &[(String, String)]) -> anyhow::Result<()> {
    let manifest = files.iter().find(|(path, _)| path == "plugin.toml").map_or("", |(_, text)| text);
    Manifest::parse(manifest).map_err(|error| anyhow!("the server would not take this plugin: {error}"))?;
    Ok(())
}

/// The files of a project, by their paths within it.
fn project(name: &str, language: Language, kind: Kind) -> Vec<(String, String)> {
    let (language_name, kind_name) = (language.name(), kind.name());
    let mut files: Vec<(String, &str)> = Vec::new();
    let of_kind = format!("kinds/{kind_name}/");
    let of_language = format!("languages/{language_name}/");
    for (path, text) in PLUGIN_TEMPLATES {
        if let Some(path) = path.strip_prefix(&of_kind) {
            files.push((path.to_owned(), text));
        } else if let Some(path) = path.strip_prefix(&of_language) {
            files.extend(for_kind(path, kind).map(|path| (path.to_owned(), *text)));
        } else if *path == "plugin.d.ts" && matches!(language, Language::Js | Language::Ts) {
            files.push(((*path).to_owned(), text));
        }
    }
    if language == Language::Rust {
        files.extend(PLUGIN_SDK.iter().map(|(path, text)| (format!("sdk/src/{path}"), *text)));
    }
    if language != Language::Js {
        files.push(("wit/hindsight.wit".to_owned(), PLUGIN_INTERFACE));
    }
    files.into_iter().map(|(path, text)| (path, named(text, name, kind))).collect()
}

/// The path of a language's file in a project of this kind; nothing for those of another.
fn for_kind(path: &str, kind: Kind) -> Option<&str> {
    let first = path.split('/').next().unwrap_or(path);
    if first == kind.name() {
        return path.strip_prefix(first)?.strip_prefix('/');
    }
    let of_another = Kind::value_variants().iter().any(|kind| kind.name() == first);
    (!of_another).then_some(path)
}

/// The templates are projects called "my-plugin"; the SDK's interface stands in the
/// project, not two folders above.
fn named(text: &str, name: &str, kind: Kind) -> String {
    text.replace("my-plugin", name)
        .replace("My plugin", &title(name))
        .replace("my-kind", kind.name())
        .replace("../../wit/hindsight.wit", "../wit/hindsight.wit")
}

/// "pay-errors" as people write it: "Pay errors".
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Writes the project, or nothing.
fn write(folder: &Path, files: &[(String, String)]) -> anyhow::Result<()> {
    let within = folder.parent().map_or(Ok(()), fs::create_dir_all);
    match within.and_then(|()| fs::create_dir(folder)) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists already and is left as it is; choose another name or folder", folder.display())
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot make the folder {}", folder.display()));
        }
    }
    let outcome = files.iter().try_for_each(|(path, text)| write_file(&folder.join(path), text));
    if outcome.is_err() {
        // The folder is this command's own; what stopped the writing matters more than
        // what stops the tidying.
        let _ = fs::remove_dir_all(folder);
    }
    outcome
}

fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_slugs_that_begin_with_a_letter() {
        for right in ["a", "pay-errors", "x9", &"a".repeat(64)] {
            assert!(check_name(right).is_ok(), "{right}");
        }
        for wrong in ["", "Pay", "9x", "-a", "a b", "a/b", "..", "ä", &"a".repeat(65)] {
            let error = check_name(wrong).expect_err(wrong).to_string();
            assert!(error.contains("cannot be the name of a plugin"), "{error}");
        }
    }

    #[test]
    fn a_project_has_its_own_files_only_and_no_name_of_the_templates() {
        for language in Language::value_variants() {
            for kind in Kind::value_variants() {
                let files = project("pay-errors", *language, *kind);
                let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
                for path in ["plugin.toml", "README.md", "tests/input.json", "tests/expected.json"] {
                    assert!(paths.contains(&path), "{language:?} {kind:?} lacks {path}: {paths:?}");
                }
                check_manifest(&files).expect("the host takes it");
                for (path, text) in &files {
                    assert!(!path.contains(".."), "{path}");
                    assert!(
                        !Kind::value_variants().iter().any(|kind| path.starts_with(kind.name())),
                        "{path}"
                    );
                    for left in ["my-plugin", "My plugin", "my-kind", "../../wit"] {
                        assert!(!text.contains(left), "{path} has {left}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_name_that_the_server_needs_is_refused() {
        for name in ["enabled", "folder", "workers"] {
            let files = project(name, Language::Js, Kind::Analyzer);
            let error = check_manifest(&files).expect_err(name).to_string();
            assert!(error.contains("choose another"), "{error}");
        }
    }

    #[test]
    fn titles_are_words() {
        assert_eq!(title("pay-errors"), "Pay errors");
    }
}
