//! The command line: one file for each command.

mod answers;
mod audit;
mod backup;
mod check;
mod clear_text;
mod completions;
mod connection;
mod demo;
mod doctor;
mod erase;
mod export;
mod export_all;
mod first_admin;
mod healthcheck;
mod import;
pub mod live_settings;
mod logging;
mod manual;
mod noted;
mod open_files;
mod own_certificate;
pub mod plugin;
mod progress;
mod resting;
mod restore;
mod scan;
mod serve;
mod templates;
mod token;
mod user;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::{self, Origin, Settings};
use crate::store::{self, Closing, Store};

/// Self-hosted session recording: one binary, one SQLite file, one config.toml.
///
/// Without a command it serves, and says where to look.
#[derive(Debug, Parser)]
#[command(name = "hindsight", version)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
struct Options {
    /// The settings; by default config.toml in the working directory, if there is one.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// The folder of the database, in place of the configured one.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Where to listen, in place of the configured address. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", global = true)]
    listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves, and prints `ready http://ADDR:PORT` once it does.
    Serve(serve::Arguments),
    /// Serves with a demo shop that records itself, and a few recorded visits.
    Demo(serve::Exposure),
    /// Manages connections: one for each recorded site or application.
    Connection {
        #[command(subcommand)]
        action: connection::Action,
    },
    /// Manages tokens: what programs say who they are with.
    Token {
        #[command(subcommand)]
        action: token::Action,
    },
    /// Manages users: who may log in, and as what.
    User {
        #[command(subcommand)]
        action: user::Action,
    },
    /// Stores recordings from files and folders: rrweb's events, PostHog's exports, or our own.
    Import(import::Arguments),
    /// Writes a session as rrweb-player takes it, or all of them for another server.
    Export(export::Arguments),
    /// Erases sessions for good; ends when they are overwritten.
    Erase(erase::Arguments),
    /// Verifies or prints the log of who did what.
    Audit {
        #[command(subcommand)]
        action: audit::Action,
    },
    /// Writes a whole copy of the database into a file, beside a running server.
    Backup(backup::Arguments),
    /// Puts a backup in the place of the database, which is kept.
    Restore(restore::Arguments),
    /// Looks whether all that is stored is whole; names each problem and exits with 1 if there is any.
    Check(check::Arguments),
    /// Looks through the recordings of a connection for e-mail addresses, card numbers, keys and the like.
    Scan(scan::Arguments),
    /// Opens a page in Chromium and says why it is not recorded; exits with 1 if something is in the way.
    Doctor(doctor::Arguments),
    /// Asks whether the server of these settings answers; exits with 1 if not.
    Healthcheck(healthcheck::Arguments),
    /// Helps to write plugins, checks, tries and runs them.
    Plugin {
        #[command(subcommand)]
        action: plugin::Action,
    },
    /// Writes the templates of the pages into a folder, to change how they look.
    Templates(templates::Arguments),
    /// Prints what a shell needs to complete the arguments of this command.
    Completions(completions::Arguments),
    /// Writes the manual pages of all commands into a folder.
    Manual(manual::Arguments),
}

/// A failure that was printed where it happened: the program only ends with it.
#[derive(Debug, thiserror::Error)]
#[error("see above")]
pub struct Reported;

impl Command {
    /// Runs a command that needs no settings, so a mistake in them is no obstacle.
    fn run_alone(&self) -> Option<anyhow::Result<()>> {
        match self {
            Self::Plugin { action } => action.run_alone(),
            Self::Completions(arguments) => Some(completions::run(Cli::command(), *arguments)),
            Self::Manual(arguments) => Some(manual::run(Cli::command(), arguments)),
            _ => None,
        }
    }
}

impl Options {
    fn settings(&self) -> Result<Settings, config::Error> {
        let mut settings = Settings::load(self.config.as_deref(), environment())?;
        if let Some(data) = &self.data {
            settings.server.data_dir.clone_from(data);
            let data = data.to_string_lossy().into_owned();
            settings.known.set("server.data_dir", data, Origin::Argument("--data"));
        }
        if let Some(listen) = self.listen {
            settings.server.listen = listen;
            settings.known.set("server.listen", listen.to_string(), Origin::Argument("--listen"));
        }
        Ok(settings)
    }
}

/// The environment as far as it is text.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| !first_admin::VARIABLES.contains(&&**name))
        .collect()
}

impl Cli {
    /// Reads the settings, sets up the log and runs the command.
    pub fn run(self) -> anyhow::Result<()> {
        if let Some(done) = self.command.as_ref().and_then(Command::run_alone) {
            return done;
        }
        let settings = self.options.settings()?;
        logging::start(&settings.log)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            match self.command {
                None => serve::run(settings, serve::Arguments::default(), serve::Greeting::Welcome).await,
                Some(Command::Serve(arguments)) => {
                    serve::run(settings, arguments, serve::Greeting::ReadyLine).await
                }
                Some(Command::Demo(exposure)) => demo::run(settings, exposure).await,
                Some(Command::Connection { action }) => connection::run(settings, action).await,
                Some(Command::User { action }) => user::run(settings, action).await,
                Some(Command::Token { action }) => token::run(settings, action).await,
                Some(Command::Import(arguments)) => import::run(settings, arguments).await,
                Some(Command::Export(arguments)) => export::run(settings, arguments).await,
                Some(Command::Erase(arguments)) => erase::run(settings, arguments).await,
                Some(Command::Audit { action }) => audit::run(settings, action).await,
                Some(Command::Backup(arguments)) => backup::run(&settings, &arguments),
                Some(Command::Restore(arguments)) => restore::run(settings, arguments).await,
                Some(Command::Plugin { action }) => plugin::run(settings, action).await,
                Some(Command::Templates(arguments)) => templates::run(&arguments),
                Some(Command::Scan(arguments)) => scan::run(settings, arguments).await,
                Some(Command::Healthcheck(arguments)) => healthcheck::run(settings, arguments).await,
                Some(Command::Doctor(arguments)) => doctor::run(settings, arguments).await,
                Some(Command::Check(arguments)) => check::run(settings, arguments).await,
                Some(Command::Completions(_) | Command::Manual(_)) => Ok(()),
            }
        })
    }
}

/// Opens the database for a command that only reads, even on a disk that cannot be written.
fn open_to_read(settings: &Settings) -> store::Result<(Store, Closing)> {
    match Store::open_existing(&settings.server.data_dir, &settings.store) {
        Err(store::Error::ReadOnlyFolder { .. }) => {
            Store::open_read_only(&settings.server.data_dir, &settings.store)
        }
        opened => opened,
    }
}
