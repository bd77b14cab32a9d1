//! `hindsight manual`: the manual pages, made of the definition of the command line.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};

/// Where to write.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder, such as /usr/local/share/man/man1; one page for each command is written into it.
    folder: PathBuf,
}

/// Writes `hindsight.1` and a page for each command below it.
pub fn run(command: Command, arguments: &Arguments) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    clap_mangen::generate_to(command, folder)
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    println!("The manual is in {}: man {}/hindsight.1", folder.display(), folder.display());
    Ok(())
}
