//! `hindsight plugin`: what authors of plugins need.

mod new;

use clap::Subcommand;

/// What to do with plugins.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Writes a complete small project: a plugin that works, with its test and what to run.
    New(new::Arguments),
}

/// Runs `hindsight plugin`.
pub fn run(action: Action) -> anyhow::Result<()> {
    match action {
        Action::New(arguments) => new::run(&arguments),
    }
}
