//! `hindsight serve`, and plain `hindsight`: the server.

use std::net::SocketAddr;

use anyhow::Context as _;

use super::connection::add_with_new_key;
use crate::clock::Clock;
use crate::config::Settings;
use crate::finish;
use crate::model::{Connection, ConnectionId};
use crate::stop::{self, Stopper};
use crate::store::{FolderLock, Scope, Store, connections};
use crate::web::{App, Server, Start};

/// The name of the connection that a new installation starts with.
const FIRST_CONNECTION: &str = "My site";

/// What is printed once the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// One line for scripts.
    ReadyLine,
    /// Where to look, for people.
    Welcome,
}

/// A server that is about to start: its folder is taken and its database open.
pub struct Opened {
    /// The settings.
    pub settings: Settings,
    /// The open store.
    pub store: Store,
    closing: crate::store::Closing,
    _lock: FolderLock,
}

/// Opens the data folder for a server.
pub fn open(settings: Settings) -> anyhow::Result<Opened> {
    let lock = FolderLock::take(&settings.server.data_dir)?;
    let (store, closing) = Store::open(&settings.server.data_dir, &settings.store)?;
    Ok(Opened { settings, store, closing, _lock: lock })
}

/// Serves until it is told to stop.
pub async fn run(settings: Settings, greeting: Greeting) -> anyhow::Result<()> {
    let opened = open(settings)?;
    let connection = first_connection(&opened.store).await?;
    serve(opened, &connection, None, greeting).await
}

/// Serves an opened data folder until it is told to stop.
pub async fn serve(
    opened: Opened,
    connection: &Connection,
    demo: Option<ConnectionId>,
    greeting: Greeting,
) -> anyhow::Result<()> {
    let Opened { settings, store, closing, _lock } = opened;
    let listen = settings.server.listen;
    let server = Server::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; is it taken? Choose another with --listen, or [server] listen")
    })?;
    let address = server.address()?;
    let (stopper, stopping) = stop::channel();
    let clock = Clock::system();
    let app = App::new(Start {
        public_url: settings.public_url(address),
        settings: settings.clone(),
        clock: clock.clone(),
        store: store.clone(),
        demo,
        stopping: stopping.clone(),
    })?;
    let finishing = tokio::spawn(finish::run(store, clock, settings.sessions, stopping.clone()));
    let signals = tokio::spawn(stop_on_signal(stopper));
    greet(greeting, address, &app, connection);
    server.serve(app, stopping).await?;
    signals.abort();
    finishing.await?;
    closing.close();
    Ok(())
}

/// The oldest connection; a new installation gets one, so that there is a snippet to paste.
async fn first_connection(store: &Store) -> anyhow::Result<Connection> {
    let now = Clock::system().now();
    let first = store
        .write(move |conn| match connections::all(conn, &Scope::everything())?.into_iter().next() {
            Some(connection) => Ok(Some(connection)),
            None => add_with_new_key(conn, FIRST_CONNECTION, now),
        })
        .await?;
    first.context("the first connection was not added")
}

/// SIGINT and SIGTERM stop the server; a second one ends the program at once.
async fn stop_on_signal(stopper: Stopper) {
    wait_for_signal().await;
    tracing::info!("stopping");
    stopper.stop();
    wait_for_signal().await;
    std::process::exit(130);
}

async fn wait_for_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without signals the server runs until its process is ended.
    let _ = tokio::signal::ctrl_c().await;
}

fn greet(greeting: Greeting, address: SocketAddr, app: &App, connection: &Connection) {
    println!("ready http://{address}");
    if greeting == Greeting::ReadyLine {
        return;
    }
    let demo = match app.demo {
        Some(_) => {
            format!("{}/demo/ (a shop that records you; watch yourself in the dashboard)", app.public_url)
        }
        None => "run `hindsight demo` (or `cargo run --release -- demo`) for a shop to try it on".to_owned(),
    };
    println!(
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
    );
}
