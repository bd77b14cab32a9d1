//! `hindsight plugin`: what authors and operators do with plugins, one file for each.

mod check;
mod compile;
mod list;
mod new;
mod recorded;
mod run;
mod shown;
mod test;

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
    /// Writes a complete small project: a plugin that works, with its test and what to run.
    New(new::Arguments),
    /// Runs a plugin over past sessions: what looks at them looks again, what masks them masks for good.
    Run(run::Arguments),
    /// Runs a plugin over its test, or over a session, and shows what comes of it; exits with 1
    /// if it fails, gives something else than its test expects, or gives two different results.
    Test(test::Arguments),
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
            Self::Check(_) | Self::List | Self::New(_) | Self::Run(_) | Self::Test(_) => None,
        }
    }
}

/// Runs the command.
pub async fn run(settings: Settings, action: Action) -> anyhow::Result<()> {
    match action {
        Action::Check(arguments) => check::run(&settings, &arguments),
        Action::List => list::run(&settings),
        Action::New(arguments) => new::run(&arguments),
        Action::Run(arguments) => run::run(settings, arguments).await,
        Action::Test(arguments) => test::run(&settings, &arguments).await,
        Action::Compile(arguments) => compile::run(&arguments),
    }
}

/// What of plugins is a part of this program.
pub fn built_ins() -> BuiltIns {
    BuiltIns { plugins: embedded::PLUGINS, script_engine: embedded::SCRIPT_ENGINE }
}
