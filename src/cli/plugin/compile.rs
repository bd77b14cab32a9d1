//! `hindsight plugin compile`: compiles one file in a process of its own.

use std::path::PathBuf;

use clap::Args;

use crate::plugins::{Metering, compile_file};

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The WebAssembly.
    from: PathBuf,
    /// Where to write the code.
    to: PathBuf,
    /// Makes code that counts instructions.
    #[arg(long)]
    fuel: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let metering = if arguments.fuel { Metering::Fuel } else { Metering::Time };
    compile_file(&arguments.from, &arguments.to, metering).map_err(anyhow::Error::msg)
}
