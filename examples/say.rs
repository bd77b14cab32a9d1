//! Writes into a data folder what plugins would say, read as JSON from standard input.
//!
//! The browser tests use it, so that what they look at does not depend on what some
//! plugin thinks of a recording.
//!
//! - `say DATA findings SESSION`: an analysis of a finished session;
//! - `say DATA timeline SESSION`: a list of events as its timeline;
//! - `say DATA report CONNECTION PLUGIN`: a report about the last seven days.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hindsight::clock::Clock;
use hindsight::config::Settings;
use hindsight::model::{Analysis, ConnectionId, Report, Session, SessionId};
use hindsight::segment::frame::Press;
use hindsight::store::reports::{self, NewReport};
use hindsight::store::runs::{self, Outcome};
use hindsight::store::timelines::{Block, Reading};
use hindsight::store::{Db, Scope, Store, connections, finishing, sessions};
use hindsight::timeline::block::Writer;
use hindsight::timeline::{Event, Facts};

/// A session is finished some seconds after its visitor left.
const FINISHED_WITHIN: Duration = Duration::from_secs(30);

const PLUGIN: &str = "friction";
const DIGEST: [u8; 16] = [0; 16];
const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, what, about, rest @ ..] = &arguments[..] else { bail!("say DATA WHAT ABOUT") };
    let settings = Settings::load(None, Default::default())?;
    let (store, closing) = Store::open_existing(Path::new(data), &settings.store)?;
    let said = std::io::read_to_string(std::io::stdin())?;
    match (what.as_str(), rest) {
        ("findings", []) => findings(&store, about, serde_json::from_str(&said)?).await?,
        ("timeline", []) => timeline(&store, about, serde_json::from_str(&said)?).await?,
        ("report", [plugin]) => report(&store, about, plugin, serde_json::from_str(&said)?).await?,
        _ => bail!("say findings, timeline or report"),
    }
    closing.close();
    Ok(())
}

/// The session, once it is finished.
async fn finished(store: &Store, id: &str) -> anyhow::Result<Session> {
    let since = Instant::now();
    let id: SessionId = id.parse()?;
    while since.elapsed() < FINISHED_WITHIN {
        let id = id.clone();
        let found = store.read(move |conn| {
            let scope = Scope::everything();
            for connection in connections::all(conn, &scope)? {
                if let Some(session) = sessions::find(conn, &scope, connection.id, &id)? {
                    return Ok(Some(session));
                }
            }
            Ok(None)
        });
        match found.await? {
            Some(session) if session.finished => return Ok(session),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    bail!("session {id} is not finished")
}

async fn findings(store: &Store, id: &str, analysis: Analysis) -> anyhow::Result<()> {
    let row = finished(store, id).await?.row;
    let now = Clock::system().now();
    let Analysis { findings, facts, score } = analysis;
    let outcome = Outcome { findings, facts, score, ..Outcome::default() };
    let write = move |conn: &Db| {
        runs::begin(conn, row, PLUGIN, &DIGEST, now)?;
        runs::finish(conn, row, PLUGIN, &DIGEST, &outcome)
    };
    store.write(write).await?;
    Ok(())
}

async fn timeline(store: &Store, id: &str, events: Vec<Event>) -> anyhow::Result<()> {
    let row = finished(store, id).await?.row;
    let now = Clock::system().now();
    let (mut writer, mut facts) = (Writer::default(), Facts::default());
    for event in &events {
        writer.push(event);
        facts.add(event);
    }
    let mut press = Press::fast()?;
    let mut blocks = Vec::new();
    for block in writer.finish() {
        blocks.push(Block {
            first_ms: block.first_at.into(),
            last_ms: block.last_at.into(),
            events: block.events.into(),
            body: press.compress(&block.bytes)?,
        });
    }
    let reading = Reading {
        blocks,
        pages: facts.pages.into(),
        clicks: facts.clicks.into(),
        prompts: facts.prompts.into(),
        errors: facts.errors.into(),
        unanswered: facts.unanswered.into(),
        urls: facts.urls(),
        text: facts.search_text,
        ..Reading::default()
    };
    let write = move |conn: &Db| {
        let revision = runs::subject(conn, row)?.map_or(0, |subject| subject.revision);
        finishing::put_reading(conn, row, revision, &reading, now)
    };
    if !store.write(write).await? {
        bail!("session {id} has gone")
    }
    Ok(())
}

async fn report(store: &Store, connection: &str, plugin: &str, report: Report) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let connection: ConnectionId = connection.parse().context("a connection is a number")?;
    let new = NewReport {
        connection,
        plugin: plugin.to_owned(),
        from: now - WEEK_MS,
        to: now,
        sessions: 1234,
        cpu_us: 1,
        title: report.title,
        summary: report.summary,
        sections: serde_json::to_string(&report.sections)?,
    };
    store.write(move |conn| reports::add(conn, &new, now)).await?;
    Ok(())
}
