//! `hindsight plugin`: what authors and operators do with plugins, one file for each.

mod check;
mod compile;
mod list;

use clap::Subcommand;

use crate::config::Settings;
use crate::embedded;
use crate::plugins::BuiltIns;

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Looks whether a plugin is right, and shows what it is; exits with 1 if it is not.
    Check(check::Arguments),
    /// Lists the plugins that a server would run here, and what is wrong with others.
    List,
    /// Compiles one file within limits: the server starts itself for this.
    #[command(hide = true)]
    Compile(compile::Arguments),
}

impl Action {
    /// Does what needs neither settings nor log nor runtime, and must be alone in its
    /// process; `None` when it is something else.
    pub fn run_alone(&self) -> Option<anyhow::Result<()>> {
        match self {
            Self::Compile(arguments) => Some(compile::run(arguments)),
            Self::Check(_) | Self::List => None,
        }
    }
}

/// Runs the command.
pub fn run(settings: &Settings, action: Action) -> anyhow::Result<()> {
    match action {
        Action::Check(arguments) => check::run(settings, &arguments),
        Action::List => list::run(settings),
        Action::Compile(arguments) => compile::run(&arguments),
    }
}

/// What of plugins is a part of this program.
pub fn built_ins() -> BuiltIns {
    BuiltIns { plugins: embedded::PLUGINS, script_engine: embedded::SCRIPT_ENGINE }
}
