//! `hindsight completions`: what a shell needs to complete our arguments.

use std::io::Write;

use clap::{Args, Command};
use clap_complete::{Generator, Shell};

/// Which shell is asked for.
#[derive(Clone, Copy, Debug, Args)]
pub struct Arguments {
    /// The shell.
    shell: Shell,
}

/// Prints the script. Made in memory first: a closed pipe is no failure, and the generator would panic.
pub fn run(command: Command, arguments: Arguments) -> anyhow::Result<()> {
    let mut script = Vec::new();
    arguments.shell.generate(&prepared(command), &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}

fn prepared(mut command: Command) -> Command {
    let name = command.get_name().to_owned();
    command.set_bin_name(name);
    command.build();
    command
}
