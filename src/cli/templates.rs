//! `hindsight templates`: the embedded templates as files, to change what pages look like.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::embedded::{ASSETS, TEMPLATES};

/// The style sheet of the pages, whose names own ones build on.
const STYLE: &str = "dashboard.css";

/// Where to write, and what.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder, which `pages.templates_dir` of config.toml then names.
    folder: PathBuf,
    /// Only these, such as pages/sessions.html; otherwise all.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// Writes the templates that are not there yet.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { folder, names } = arguments;
    let style = ASSETS.iter().find(|asset| asset.name == STYLE);
    let style = style.map(|asset| (asset.name, asset.content.text()));
    let style = style.iter().map(|(name, text)| (*name, text.as_str()));
    let all: Vec<(&str, &str)> = TEMPLATES.iter().map(|(name, text)| (*name, *text)).chain(style).collect();
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|(known, _)| known == name)) {
        anyhow::bail!("there is no template {unknown}; leave the names out to write all");
    }
    let wanted = |name: &str| match names.is_empty() {
        // A style sheet of one's own is seldom the whole one again: it is written when it is asked for.
        true => name != STYLE,
        false => names.iter().any(|wanted| wanted == name),
    };
    let (mut written, mut kept) = (0, 0);
    for (name, text) in all.iter().filter(|(name, _)| wanted(name)) {
        match write_new(&folder.join(name), text)? {
            true => written += 1,
            false => kept += 1,
        }
    }
    println!("{written} files written to {}, {kept} were there and are left alone", folder.display());
    println!("Name the folder in config.toml: [pages] templates_dir = {:?}", folder.display().to_string());
    println!("Files that you do not change are better deleted: the next version may need others.");
    Ok(())
}

fn write_new(path: &Path, text: &str) -> anyhow::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}
