//! `idle`: what connections cost that do nothing.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::client::Client;
use crate::corpus::{Batch, Corpus, Source};
use crate::meter;
use crate::process::Server;
use crate::table::{Table, mib};
use crate::visit::upload_once;

/// So many connections come from one address: the system has some 28,000 ports for each.
const PER_ADDRESS: usize = 10_000;

/// How long memory may take to settle.
const SETTLE: Duration = Duration::from_secs(1);

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// Connections at once.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
}

/// Runs the command.
pub fn run(recordings: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    let smallest = corpus.batches().min_by_key(|batch| batch.body.len()).context("there are no batches")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::new(&["idle connections", "before", "with them", "growth", "for each"]);
    for (name, batch) in [("that only connected", None), ("that uploaded once", Some(smallest))] {
        let [before, with] = runtime.block_on(measure(arguments.connections, batch))?;
        let growth = with.saturating_sub(before);
        table.row([
            format!("{} {name}", arguments.connections),
            mib(before),
            mib(with),
            mib(growth),
            format!("{:.1} KiB", growth as f64 / arguments.connections as f64 / 1024.0),
        ]);
    }
    table.print("Server memory with idle connections");
    Ok(())
}

/// The server's memory without connections and with all of them.
async fn measure(connections: usize, batch: Option<&Batch>) -> anyhow::Result<[u64; 2]> {
    let most = (connections + 16).to_string();
    let server = Server::start(&[
        ("HINDSIGHT_SERVER__MAX_CONNECTIONS", &most),
        // They are to stay, however long they say nothing.
        ("HINDSIGHT_SERVER__HEADER_TIMEOUT_SECONDS", "3600"),
    ])?;
    let resident = || meter::memory(server.process.pid()).map(|memory| memory.resident);
    let mut first = Client::connect(server.process.address).await?;
    upload_if(&mut first, &server.key, batch).await?;
    tokio::time::sleep(SETTLE).await;
    let before = resident()?;
    let mut clients = Vec::with_capacity(connections);
    for number in 0..connections {
        let mut client = connect(number, server.process.address).await.context(
            "cannot connect so often; does `ulimit -Hn` allow as many files as there are connections?",
        )?;
        upload_if(&mut client, &server.key, batch).await?;
        clients.push(client);
    }
    tokio::time::sleep(SETTLE).await;
    let with = resident()?;
    // All are still there: each is answered, the last one included.
    for client in clients.iter_mut().rev().take(100) {
        let answer = client.get("/connections/1/sessions", "Accept: text/html\r\n").await?;
        if answer.status != 200 {
            bail!("an idle connection was answered with {}", answer.status);
        }
    }
    Ok([before, with])
}

/// The first come from wherever the system chooses, which is quick; later ones need addresses of their own.
async fn connect(number: usize, address: SocketAddr) -> anyhow::Result<Client> {
    let client = match u8::try_from(number / PER_ADDRESS)? {
        0 => Client::connect(address).await,
        host => Client::connect_from(([127, 0, 0, host + 1], 0).into(), address).await,
    };
    Ok(client?)
}

async fn upload_if(client: &mut Client, key: &str, batch: Option<&Batch>) -> anyhow::Result<()> {
    let Some(batch) = batch else { return Ok(()) };
    match upload_once(client, key, batch).await?.status {
        200 => Ok(()),
        status => bail!("an upload was answered with {status}"),
    }
}
