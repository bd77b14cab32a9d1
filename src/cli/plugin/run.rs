//! `hindsight plugin run`: a plugin over sessions of the past.
//!
//! Beside a running server that one does the work, and the command shows how far it is;
//! without one the command does it. Either way the work is kept in the database: what is
//! interrupted goes on where it was.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::ProgressBar;

use super::super::{erase, progress};
use crate::clock::Clock;
use crate::config::Settings;
use crate::finish::reruns::Trial;
use crate::finish::{Inspection, Worker, chosen, reports};
use crate::model::{Connection, TimestampMs};
use crate::plugins::{Host, Plugin};
use crate::stop;
use crate::store::reruns::{self, Rerun, State, Work};
use crate::store::{self, Error, FolderLock, Scope, Store, choices, connections};

/// How often it is looked how far the work is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The plugin's name, as `hindsight plugin list` shows it.
    name: String,
    /// Over sessions of this connection, if there are several.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Over sessions that started at this time or later: 2026-01-31, which begins at midnight UTC, or 2026-01-31T10:00:00Z.
    #[arg(long, value_name = "DATE", value_parser = erase::time)]
    from: Option<TimestampMs>,
    /// Over sessions that started before this time.
    #[arg(long, value_name = "DATE", value_parser = erase::time)]
    to: Option<TimestampMs>,
    /// For what masks: counts what would be hidden, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let (store, closing) = Store::open_existing(&settings.server.data_dir, &settings.store)?;
    let outcome = run_with(settings, &store, &arguments).await;
    closing.close();
    outcome
}

async fn run_with(settings: Settings, store: &Store, arguments: &Arguments) -> anyhow::Result<()> {
    let plugins = Host::open(&settings.plugins, &settings.server.data_dir, super::built_ins())?;
    plugins.refresh();
    let connection = connection(store, arguments.connection.as_deref()).await?;
    let work = work(store, &plugins, &connection, arguments).await?;
    let period = (arguments.from.unwrap_or(0), arguments.to.unwrap_or(TimestampMs::MAX));
    let (name, id, now) = (arguments.name.clone(), connection.id, Clock::system().now());
    // Whether the folder is free is asked first: a server that starts later waits for it.
    let lock = match FolderLock::take(&settings.server.data_dir) {
        Ok(lock) => Some(lock),
        Err(Error::InUse { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let rerun = store.write(move |conn| reruns::start(conn, &name, id, work, period, now)).await?;
    let ended = match lock {
        Some(_lock) => do_it(settings, store, plugins, rerun).await?,
        None => follow(store, rerun).await?,
    };
    tell(&ended, arguments)
}

async fn connection(store: &Store, name: Option<&str>) -> anyhow::Result<Connection> {
    let mut all = store.read(|conn| connections::all(conn, &Scope::everything())).await?;
    if let Some(name) = name {
        let found = all.into_iter().find(|connection| connection.name == name);
        return found.with_context(|| {
            format!("there is no connection {name:?}; `hindsight connection list` shows all")
        });
    }
    match all.len() {
        1 => Ok(all.remove(0)),
        0 => bail!("there is no connection yet, and so no session"),
        _ => bail!("there are several connections; name one with --connection"),
    }
}

/// What the plugin does with past sessions, once it is clear that it can.
async fn work(
    store: &Store,
    plugins: &Host,
    connection: &Connection,
    arguments: &Arguments,
) -> anyhow::Result<Work> {
    let (name, id) = (arguments.name.clone(), connection.id);
    let choice = store.read(move |conn| choices::find(conn, &name, id)).await?;
    let registry = plugins.plugins();
    let Some(entry) = registry.get(&arguments.name) else {
        bail!("there is no plugin {:?}; `hindsight plugin list` shows all", arguments.name);
    };
    let chosen = chosen::with_settings(entry, &choice).map_err(anyhow::Error::msg)?;
    let plugin: &Plugin = &chosen.plugin;
    let (masks, looks) = (plugin.manifest.masker.is_some(), plugin.manifest.analyzer.is_some());
    match (masks, looks, arguments.dry_run) {
        (true, _, true) => Ok(Work::Try),
        (true, _, false) if chosen::is_on(plugin, &choice) => Ok(Work::Mask),
        (true, _, false) => bail!(
            "{} is off for {:?}; see what it would do with --dry-run, switch it on on the Plugins page, and run it then",
            arguments.name,
            connection.name
        ),
        (false, true, false) => Ok(Work::Analyze),
        (false, true, true) => {
            bail!("--dry-run is for what masks; {} only looks at sessions", arguments.name)
        }
        (false, false, _) => bail!("{} makes reports; ask for one on the Reports page", arguments.name),
    }
}

/// Does the work in this process. Ctrl-C pauses it.
async fn do_it(settings: Settings, store: &Store, plugins: Host, id: i64) -> anyhow::Result<Rerun> {
    let (stopper, stopping) = stop::channel();
    let clock = Clock::system();
    let mut inspection = Inspection::new(store.clone(), clock.clone(), plugins.clone(), reports::channel().1);
    let mut worker = Worker::new(store.clone(), clock.clone(), settings, plugins);
    let bar = bar(&find(store, id).await?);
    let working = async {
        loop {
            inspection.catch_up(&stopping).await?;
            if is_over(&find(store, id).await?) || stopping.has_stopped() {
                return Ok::<_, store::Error>(());
            }
            // It waits for sessions to be written anew.
            worker.catch_up(&stopping).await?;
        }
    };
    let watching = async {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            show(&bar, &find(store, id).await?);
        }
    };
    let interrupted = async {
        let heard = tokio::signal::ctrl_c().await;
        stopper.stop();
        heard
    };
    tokio::pin!(working);
    tokio::select! {
        done = &mut working => done?,
        failed = async { let failed: Result<(), store::Error> = watching.await; failed } => failed?,
        _ = interrupted => {
            let now = clock.now();
            store.write(move |conn| reruns::set_state(conn, id, State::Paused, now)).await?;
        }
    }
    bar.finish_and_clear();
    Ok(find(store, id).await?)
}

/// Shows how far the server is. Ctrl-C leaves the work to it.
async fn follow(store: &Store, id: i64) -> anyhow::Result<Rerun> {
    let mut rerun = find(store, id).await?;
    let bar = bar(&rerun);
    while !is_over(&rerun) {
        show(&bar, &rerun);
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = tokio::signal::ctrl_c() => break,
        }
        rerun = find(store, id).await?;
    }
    bar.finish_and_clear();
    Ok(rerun)
}

async fn find(store: &Store, id: i64) -> store::Result<Rerun> {
    let found = store.read(move |conn| reruns::find(conn, id)).await?;
    // It goes with its connection only.
    found.ok_or(store::Error::Abandoned)
}

/// Whether nothing more happens by itself.
fn is_over(rerun: &Rerun) -> bool {
    rerun.state != State::Running
}

fn bar(rerun: &Rerun) -> ProgressBar {
    progress::bar(rerun.sessions.unsigned_abs(), "sessions")
}

fn show(bar: &ProgressBar, rerun: &Rerun) {
    bar.set_position(rerun.done.min(rerun.sessions).unsigned_abs());
}

fn tell(rerun: &Rerun, arguments: &Arguments) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let state = match rerun.state {
        State::Done => "done",
        State::Cancelled => "cancelled",
        State::Paused => "paused; the Plugins page resumes it",
        State::Running => "goes on in the server",
    };
    writeln!(
        out,
        "{}: {} of {} sessions, {} failed, {state}",
        arguments.name,
        rerun.done.min(rerun.sessions),
        rerun.sessions,
        rerun.failed
    )?;
    if rerun.work == Work::Try {
        tell_trial(&mut out, &serde_json::from_str(&rerun.outcome).unwrap_or_default())?;
    }
    Ok(())
}

fn tell_trial(out: &mut impl Write, trial: &Trial) -> std::io::Result<()> {
    writeln!(out, "{} sessions would be changed, {} elements blocked", trial.changed, trial.blocked)?;
    for hidden in &trial.hidden {
        let place = serde_json::to_value(hidden.place).ok();
        let place = place.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        writeln!(out, "  {:>6}  {:<12} {place}", hidden.times, hidden.kind)?;
        for sample in &hidden.samples {
            writeln!(out, "            {sample}")?;
        }
    }
    if let Some(failure) = &trial.failure {
        writeln!(out, "a session could not be tried: {failure}")?;
    }
    Ok(())
}
