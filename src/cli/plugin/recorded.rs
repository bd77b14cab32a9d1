//! A recorded session as `plugin test --session` gives it to a plugin: one of the data
//! folder, or one in a file.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::super::export;
use crate::clock;
use crate::config::Settings;
use crate::finish::{self, Passes};
use crate::masking::Collecting;
use crate::model::span::Span;
use crate::model::{Session, SessionId, TimestampMs};
use crate::moving::reading::{self, MAX_FILE_BYTES};
use crate::plugins::Plugin;
use crate::plugins::run::SessionInfo;
use crate::plugins::trial::Recording;
use crate::rrweb::file::FileBatch;
use crate::stop;
use crate::store::{Db, Scope, Store, choices, finishing, runs, sessions, timelines};
use crate::timeline;

/// A session with what a plugin needs of it.
pub struct Recorded {
    /// What an analyzer gets.
    pub recording: Recording,
    /// What a masker gets; nothing for other plugins.
    pub spans: Vec<Span>,
    /// The plugin's settings for the connection that it belongs to.
    pub settings: Option<Value>,
    /// How long it took to make the timeline of the recording. `None`: it was stored.
    pub read_in: Option<Duration>,
}

/// The session of this id, or in this file.
pub async fn find(
    settings: &Settings,
    plugin: &Plugin,
    what: &str,
    connection: Option<&str>,
) -> anyhow::Result<Recorded> {
    let path = Path::new(what);
    if path.is_file() {
        return of_file(settings, plugin, path).with_context(|| what.to_owned());
    }
    let Ok(id) = what.parse::<SessionId>() else {
        bail!("{what:?} is neither a file nor the id of a session; the replay page's panel shows the id");
    };
    let (store, closing) = super::super::open_to_read(settings)?;
    let outcome = of_store(&store, plugin, &id, connection).await;
    closing.close();
    outcome
}

async fn of_store(
    store: &Store,
    plugin: &Plugin,
    id: &SessionId,
    connection: Option<&str>,
) -> anyhow::Result<Recorded> {
    let connection = export::connection(store, id, connection).await?;
    let (wanted, name) = (id.clone(), plugin.id().to_owned());
    let read = move |conn: &Db| {
        let session = sessions::find(conn, &Scope::everything(), connection, &wanted)?;
        let Some(session) = session else { return Ok(None) };
        let Some(subject) = runs::subject(conn, session.row)? else { return Ok(None) };
        let bodies = timelines::bodies(conn, session.row)?;
        Ok(Some((session, subject, bodies, choices::find(conn, &name, connection)?)))
    };
    let found = store.read(read).await?;
    let (session, subject, bodies, choice) = found.context("the session was deleted meanwhile")?;
    if bodies.is_empty() {
        bail!(
            "session {id} has no timeline yet, since it is not finished; wait, or export it and name the file"
        );
    }
    let events = finish::events(bodies, timeline::Kinds::ALL).collect();
    let recording = Recording { session: finish::info(&subject), events };
    let settings = choice.settings.as_deref().map(serde_json::from_str).transpose();
    Ok(Recorded {
        spans: if plugin.manifest.masker.is_some() {
            stored_spans(store, &session).await?
        } else {
            Vec::new()
        },
        recording,
        settings: settings.context("the plugin's settings for the connection are no JSON")?,
        read_in: None,
    })
}

async fn stored_spans(store: &Store, session: &Session) -> anyhow::Result<Vec<Span>> {
    // Nobody stops this but whoever stops the program.
    let (_stopper, stopping) = stop::channel();
    let row = session.row;
    let sources = store.read(move |conn| finishing::sources(conn, row)).await?;
    let mut spans = Vec::new();
    let mut collecting = collecting(&mut spans);
    let mut outcome = Ok(());
    let take = |stream, event: &crate::rrweb::Event<'_>| {
        if outcome.is_ok() {
            outcome = collecting.read(stream, event);
        }
        Ok(())
    };
    Passes::new(store, session.connection, &stopping).each(&sources, take).await?;
    outcome?;
    collecting.finish()?;
    Ok(spans)
}

/// Takes all texts that maskers would be asked about.
fn collecting(spans: &mut Vec<Span>) -> Collecting<'_> {
    Collecting::new(vec![Box::new(|asked: &[Span]| {
        spans.extend_from_slice(asked);
        Ok(Vec::new())
    })])
}

fn of_file(settings: &Settings, plugin: &Plugin, path: &Path) -> anyhow::Result<Recorded> {
    let bytes = reading::read_file(path)?;
    let text = reading::text(&bytes, MAX_FILE_BYTES)?;
    let start = Instant::now();
    let streams = streams(reading::batches(&text, &settings.ingest)?);
    let events = timeline_of(&streams)?;
    let read_in = start.elapsed();
    let mut session = info_of(&streams);
    session.id = reading::short_hash(text.as_bytes());
    session.bytes = text.len() as u64;
    let spans = if plugin.manifest.masker.is_some() { spans_of(&streams)? } else { Vec::new() };
    Ok(Recorded { recording: Recording { session, events }, spans, settings: None, read_in: Some(read_in) })
}

/// The batches of each stream in their order; the streams in the order in which they are met.
fn streams(batches: Vec<FileBatch<'_>>) -> Vec<Vec<FileBatch<'_>>> {
    let mut streams: Vec<Vec<FileBatch<'_>>> = Vec::new();
    for batch in batches {
        match streams.iter_mut().find(|stream| stream[0].stream == batch.stream) {
            Some(stream) => stream.push(batch),
            None => streams.push(vec![batch]),
        }
    }
    for stream in &mut streams {
        stream.sort_by_key(|batch| batch.seq);
    }
    streams
}

fn all<'a, 'b>(
    streams: &'a [Vec<FileBatch<'b>>],
) -> impl Iterator<Item = (i64, &'a crate::rrweb::Event<'b>)> {
    let batches =
        (0..).zip(streams).flat_map(|(number, stream)| stream.iter().map(move |batch| (number, batch)));
    batches.flat_map(|(number, batch)| batch.events.iter().map(move |event| (number, event)))
}

fn first_at(streams: &[Vec<FileBatch<'_>>]) -> TimestampMs {
    all(streams).map(|(_, event)| event.timestamp).min().unwrap_or_default()
}

fn timeline_of(streams: &[Vec<FileBatch<'_>>]) -> anyhow::Result<Vec<timeline::Event>> {
    let started_at = first_at(streams);
    let read = |batches: &Vec<FileBatch<'_>>| {
        let mut stream = timeline::Stream::of_session(started_at);
        let mut last_at = started_at;
        for event in batches.iter().flat_map(|batch| &batch.events) {
            last_at = last_at.max(event.timestamp);
            stream.push(event, last_at);
        }
        stream.finish()
    };
    let mut events = Vec::new();
    timeline::join(streams.iter().map(read).collect(), |event| events.push(event.clone()))?;
    Ok(events)
}

fn info_of(streams: &[Vec<FileBatch<'_>>]) -> SessionInfo {
    let started_at = first_at(streams);
    let last_at = all(streams).map(|(_, event)| event.timestamp).max().unwrap_or_default();
    let mut pages = all(streams).filter_map(|(_, event)| Some((event.timestamp, event.page_url()?)));
    let first = pages
        .next()
        .map(|first| pages.fold(first, |first, page| if page.0 < first.0 { page } else { first }));
    let user_agent = streams.iter().flatten().find_map(|batch| batch.user_agent.clone());
    SessionInfo {
        started_at: clock::rfc3339(started_at),
        duration: u32::try_from(last_at - started_at).unwrap_or(u32::MAX),
        user_agent: user_agent.unwrap_or_default(),
        landing_url: first.map(|(_, url)| url).unwrap_or_default(),
        visitor: all(streams).filter_map(|(_, event)| event.visitor()).last().unwrap_or_default(),
        ..SessionInfo::default()
    }
}

fn spans_of(streams: &[Vec<FileBatch<'_>>]) -> anyhow::Result<Vec<Span>> {
    let mut spans = Vec::new();
    let mut collecting = collecting(&mut spans);
    for (stream, event) in all(streams) {
        collecting.read(stream, event)?;
    }
    collecting.finish()?;
    Ok(spans)
}
