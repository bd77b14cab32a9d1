//! `hindsight scan`: looks through the recordings of a connection for what should not be
//! in them, and says where it stands. Goes on where a scan before was interrupted.

use std::io::Write;
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::connection::existing;
use super::{noted, progress};
use crate::clock::Clock;
use crate::config::Settings;
use crate::finish::scanning;
use crate::privacy::leaks::Leak;
use crate::stop;
use crate::store::Store;
use crate::store::audit::{self, What};
use crate::store::leaks::{self, Listed, State};

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The connection, by its name.
    #[arg(value_name = "CONNECTION")]
    connection: String,
}

/// Runs `hindsight scan`. Works beside a running server.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let (store, closing) = Store::open_existing(&settings.server.data_dir, &settings.store)?;
    let outcome = scan(&store, &arguments.connection).await;
    closing.close();
    outcome
}

async fn scan(store: &Store, name: &str) -> anyhow::Result<()> {
    let connection = existing(store, name).await?.id;
    let clock = Clock::system();
    let (_stopper, stopping) = stop::channel();
    let before = store.read(move |conn| leaks::find(conn, connection)).await?;
    if !before.is_some_and(|scan| scan.by_command && scan.state == State::Running) {
        let now = clock.now();
        let entry = noted::entry(What::LeakScan, Some(connection), "", json!({ "done": "started" }));
        store
            .write(move |conn| {
                leaks::start(conn, connection, true, now)?;
                audit::append(conn, &entry)
            })
            .await?;
    }
    let (started, mut looked_at) = (Instant::now(), 0);
    let mut bar = None;
    while let Some(scan) = store.read(move |conn| leaks::find(conn, connection)).await? {
        let bar = bar.get_or_insert_with(|| progress::bar(scan.sessions.unsigned_abs(), "sessions"));
        bar.set_position(scan.done.unsigned_abs());
        looked_at = scan.bytes;
        if scan.state != State::Running || !scanning::step(store, &scan, &stopping).await? {
            break;
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let now = clock.now();
    store.write(move |conn| leaks::set_state(conn, connection, State::Done, now)).await?;
    let listed = store.read(move |conn| leaks::list(conn, connection)).await?;
    Ok(print(&listed, looked_at, started.elapsed().as_secs_f64())?)
}

fn print(listed: &[Listed], bytes: i64, seconds: f64) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    for found in listed {
        let place = &found.place;
        let label = Leak::named(&place.kind).map_or("", Leak::label);
        writeln!(
            out,
            "{label}  {}  {} {}  {}  sessions: {}, times: {}, newest: {}",
            found.sample, place.field, place.selector, found.page, found.sessions, found.times, found.session
        )?;
    }
    let megabytes = bytes as f64 / 1e6;
    let places = listed.len();
    let speed = megabytes / seconds.max(0.001);
    writeln!(out, "{places} places; looked through {megabytes:.1} MB in {seconds:.1} s ({speed:.0} MB/s)")
}
