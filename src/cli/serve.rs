//! `hindsight serve`, and plain `hindsight`: the server.

use std::io::Write;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use anyhow::{Context as _, bail};
use clap::Args;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::connection::first_or_new;
use super::{clear_text, first_admin, live_settings, open_files, resting};
use crate::backup;
use crate::clock::Clock;
use crate::config::{Login, Settings};
use crate::finish;
use crate::finish::reports::Orders;
use crate::ingest::memory::memory_bound;
use crate::model::{Connection, ConnectionId};
use crate::plugins::Host;
use crate::stop::{self, Stopper, Stopping};
use crate::store::{BeforeMigration, FolderLock, Store};
use crate::web::metrics::Metrics;
use crate::web::{App, Server, Start};
use crate::webhooks::Messenger;

/// What is printed once the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// One line for scripts.
    ReadyLine,
    /// Where to look, for people.
    Welcome,
}

/// How the data folder is opened.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Arguments {
    /// Shows what is there and takes nothing, as from a disk that cannot be written.
    #[arg(long)]
    read_only: bool,
    /// Makes no copy of the database before its schema is changed.
    #[arg(long)]
    no_backup: bool,
    #[command(flatten)]
    exposure: Exposure,
}

/// What is refused unless it is said twice.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Exposure {
    /// Serves although others could read along: asks nobody to log in on an address that they
    /// reach, too, or speaks in clear text over the internet.
    #[arg(long)]
    insecure: bool,
}

impl From<Exposure> for Arguments {
    fn from(exposure: Exposure) -> Self {
        Self { exposure, ..Self::default() }
    }
}

/// A server that is about to start: its folder is taken and its database open.
pub struct Opened {
    /// The settings.
    pub settings: Settings,
    /// The open store.
    pub store: Store,
    closing: crate::store::Closing,
    /// None when it is only read.
    lock: Option<FolderLock>,
    insecure: bool,
}

/// Opens the data folder for a server.
pub fn open(settings: Settings, arguments: Arguments) -> anyhow::Result<Opened> {
    let listen = settings.server.listen;
    if settings.accounts.login == Login::None && !listen.ip().is_loopback() && !arguments.exposure.insecure {
        bail!(
            "nobody is asked to log in (accounts.login is \"none\"), and others reach {listen}: they would see all \
             recordings. Listen on 127.0.0.1, set accounts.login = \"required\", or start with --insecure"
        );
    }
    let data_dir = &settings.server.data_dir;
    let insecure = arguments.exposure.insecure;
    if arguments.read_only {
        let (store, closing) = Store::open_read_only(data_dir, &settings.store)?;
        return Ok(Opened { settings, store, closing, lock: None, insecure });
    }
    let lock = FolderLock::take(data_dir)?;
    let copying = if arguments.no_backup { BeforeMigration::Nothing } else { BeforeMigration::Copy };
    let (store, closing) = Store::open_with(data_dir, &settings.store, copying)?;
    Ok(Opened { settings, store, closing, lock: Some(lock), insecure })
}

/// Serves until it is told to stop.
pub async fn run(settings: Settings, arguments: Arguments, greeting: Greeting) -> anyhow::Result<()> {
    let opened = open(settings, arguments)?;
    let connection = first_or_new(&opened.store).await?;
    serve(opened, &connection, None, greeting).await
}

/// Serves an opened data folder until it is told to stop.
pub async fn serve(
    opened: Opened,
    connection: &Connection,
    demo: Option<ConnectionId>,
    greeting: Greeting,
) -> anyhow::Result<()> {
    let Opened { settings, store, closing, lock, insecure } = opened;
    // The port may be any, which is nothing to this.
    if !insecure {
        clear_text::refuse(&settings.public_url(settings.server.listen))?;
    }
    open_files::raise(&settings);
    tracing::info!(
        memory_bound_bytes = memory_bound(&settings),
        "uploads take no more memory than this, however many come"
    );
    let listen = settings.server.listen;
    let server = Server::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; is it taken? Choose another with --listen, or [server] listen")
    })?;
    let address = server.address()?;
    let (stopper, stopping) = stop::channel();
    let clock = Clock::system();
    let plugins = open_plugins(&settings, lock.is_some())?;
    let (reports, orders) = finish::reports::channel();
    let app = App::new(Start {
        public_url: settings.public_url(address),
        settings: settings.clone(),
        clock: clock.clone(),
        store: store.clone(),
        plugins: plugins.clone(),
        reports,
        demo,
        stopping: stopping.clone(),
    })?;
    let ready = server.with(app.clone())?;
    show_figures(&app).await?;
    let upkeep = match &lock {
        Some(_) => Some(start_upkeep(&app, orders, &stopping)?),
        None => None,
    };
    tokio::spawn(resting::give_memory_back(store.clone(), stopping.clone()));
    let signals = tokio::spawn(stop_on_signal(Signals::new()?, stopper, app.clone()));
    if lock.is_some() {
        first_admin::prepare(&app, address).await?;
    }
    greet(greeting, address, &app, connection)?;
    tell_service_manager(NotifyState::Ready);
    ready.serve(stopping).await;
    signals.abort();
    for thread in upkeep.into_iter().flatten() {
        thread.join().map_err(|_| anyhow::anyhow!("a thread of the upkeep panicked"))?;
    }
    closing.close();
    drop(lock);
    Ok(())
}

/// What goes on beside the pages, where the data folder may be written. The threads end with `stopping`.
fn start_upkeep(app: &App, orders: Orders, stopping: &Stopping) -> anyhow::Result<[JoinHandle<()>; 2]> {
    let (store, clock, plugins) = (&app.store, &app.clock, &app.plugins);
    tokio::spawn(store.disk().clone().watch(app.settings.disk.clone(), stopping.clone()));
    tokio::spawn(plugins.clone().follow(stopping.clone()));
    tokio::spawn(live_settings::follow(app.clone(), stopping.clone()));
    let backups = backup::Scheduled::new(app.live.clone(), clock.clone(), app.backups.clone());
    tokio::spawn(backups.run(stopping.clone()));
    let messenger = Messenger::new(
        store.clone(),
        clock.clone(),
        plugins.clone(),
        &app.settings.answers,
        app.public_url.to_string(),
    )
    .map_err(anyhow::Error::msg)?;
    tokio::spawn(messenger.run(stopping.clone()));
    let inspection = finish::Inspection::new(store.clone(), clock.clone(), plugins.clone(), orders);
    let worker = finish::Worker::new(store.clone(), clock.clone(), app.live.clone(), plugins.clone());
    Ok([
        start_thread("upkeep", stopping.clone(), |stopping| worker.run(stopping))?,
        start_thread("inspection", stopping.clone(), |stopping| inspection.run(stopping))?,
    ])
}

/// The plugins that are a part of the program; those of the folder come once it is followed.
/// A server that only reads runs none.
fn open_plugins(settings: &Settings, runs: bool) -> anyhow::Result<Host> {
    let mut plugins = settings.plugins.clone();
    plugins.enabled &= runs;
    Ok(Host::open(&plugins, &settings.server.data_dir, super::plugin::built_ins())?)
}

/// Work on sessions that are over, on a thread that may take its time.
fn start_thread<Work: Future<Output = ()>>(
    name: &str,
    stopping: Stopping,
    work: impl FnOnce(Stopping) -> Work + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || runtime.block_on(work(stopping)))
}

/// Shows figures where the settings say, for as long as the server runs.
async fn show_figures(app: &App) -> anyhow::Result<()> {
    let Some(address) = app.settings.metrics.address() else { return Ok(()) };
    let listener = Metrics::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address} for the figures; is it taken? Choose another with [metrics] listen"
        )
    })?;
    let address = listener.address()?;
    tracing::info!(%address, "figures are at /metrics");
    if !address.ip().is_loopback() {
        tracing::warn!("whoever reaches {address} sees the figures: nobody is asked to log in there");
    }
    tokio::spawn(listener.serve(app.clone(), app.stopping.clone()));
    Ok(())
}

/// SIGINT and SIGTERM stop the server, after the time for balancers to notice; a second one
/// ends the program at once.
async fn stop_on_signal(mut signals: Signals, stopper: Stopper, app: App) {
    signals.next().await;
    tracing::info!("stopping");
    tell_service_manager(NotifyState::Stopping);
    app.draining.begin();
    tokio::select! {
        () = tokio::time::sleep(app.live.now().server.drain_time()) => {}
        () = signals.next() => std::process::exit(130),
    }
    stopper.stop();
    signals.next().await;
    std::process::exit(130);
}

/// Tells systemd, when that started us as a service of `Type=notify` (sd_notify(3)).
fn tell_service_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager does not listen");
    }
}

/// The signals that ask the program to end, heard from the moment this is made.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn greet(greeting: Greeting, address: SocketAddr, app: &App, connection: &Connection) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    if !address.ip().is_loopback() && app.settings.accounts.login == Login::None {
        tracing::warn!("nobody is asked to log in: whoever reaches {address} sees all recordings");
    }
    writeln!(out, "ready {}://{address}", app.settings.server.scheme())?;
    if greeting == Greeting::ReadyLine {
        return Ok(());
    }
    let demo = match app.demo {
        Some(_) => {
            format!("{}/demo/ (a shop that records you; watch yourself in the dashboard)", app.public_url)
        }
        None => "run `hindsight demo` (or `cargo run --release -- demo`) for a shop to try it on".to_owned(),
    };
    writeln!(
        out,
        "\n  Hindsight is running.\n\n  \
         Dashboard  {}/\n  \
         Snippet    {}\n             \
         Paste it into the pages of {:?}.\n  \
         Demo       {demo}\n\n  \
         Data is kept in {}. Stop with Ctrl-C.\n",
        app.public_url,
        app.snippet(connection),
        connection.name,
        app.settings.server.data_dir.display(),
    )
}
