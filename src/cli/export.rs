//! `hindsight export`: a session as any rrweb player takes it.
//!
//! The streams of a session follow each other on one timeline, as the replay page
//! plays them. Timestamps never run backwards, since players sort by them; beyond
//! that each event is written as it came.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::config::Settings;
use crate::finish::chosen;
use crate::model::{ConnectionId, SessionId, StreamId, TimestampMs};
use crate::pieces;
use crate::playback::{Part, Playback, Stream};
use crate::plugins::Host;
use crate::rrweb::{self, Event, Limits};
use crate::store::recordings::{self, Form};
use crate::store::{Db, Scope, Store, choices, connections, sessions};

/// What was stored was within the limits when it came.
const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The session's id, as the replay page shows it.
    #[arg(allow_hyphen_values = true)]
    session: SessionId,
    /// The connection it belongs to, if several have a session of this id.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// The file to write; by default standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command. Works beside a running server.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let (store, closing) = super::open_to_read(&settings)?;
    let outcome = export(&settings, &store, arguments).await;
    closing.close();
    outcome
}

async fn export(settings: &Settings, store: &Store, arguments: Arguments) -> anyhow::Result<()> {
    let connection = connection(store, &arguments.session, arguments.connection.as_deref()).await?;
    refuse_held_back(settings, store, connection, &arguments.session).await?;
    let session = arguments.session.clone();
    let id = session.clone();
    let stored =
        store.read(move |conn| recordings::streams(conn, &Scope::everything(), connection, &id)).await?;
    let playback = Playback::of(&stored);
    let mut events = Events::new(match &arguments.output {
        Some(path) => Box::new(new_file(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => Box::new(std::io::stdout()),
    });
    let starts_at = playback.streams.first().map_or(0, |stream| stream.started_at);
    for stream in &playback.streams {
        let stream_id: StreamId = stream.id.parse()?;
        for part in &stream.parts {
            let json = json(store, connection, &session, &stream_id, part).await?;
            events.write_part(&json, stream, starts_at)?;
        }
    }
    events.finish()?;
    if let Some(path) = &arguments.output {
        std::fs::rename(unfinished(path), path)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// What waits to be masked leaves the database as little as it is shown.
async fn refuse_held_back(
    settings: &Settings,
    store: &Store,
    connection: ConnectionId,
    id: &SessionId,
) -> anyhow::Result<()> {
    let session = id.clone();
    let (found, choices) = store
        .read(move |conn| {
            let found = sessions::find(conn, &Scope::everything(), connection, &session)?;
            Ok((found, choices::of_connection(conn, connection)?))
        })
        .await?;
    if found.is_none_or(|session| session.finished) {
        return Ok(());
    }
    let plugins = Host::open(&settings.plugins, &settings.server.data_dir, super::plugin::built_ins())?;
    plugins.refresh();
    if chosen::holds_back(&plugins, &choices) {
        bail!(
            "session {id} is not masked yet: a plugin masks this connection's recordings, and the server does so once the visit is over; the Plugins page says if it fails"
        );
    }
    Ok(())
}

/// A piece as it came in.
async fn json(
    store: &Store,
    connection: ConnectionId,
    session: &SessionId,
    stream: &StreamId,
    part: &Part,
) -> anyhow::Result<String> {
    let (session, stream, seq, scope) = (session.clone(), stream.clone(), part.seq, Scope::everything());
    let gone = "the session was deleted, or stored anew, while it was exported; try again";
    Ok(match part.form {
        Form::Batch => {
            let read = move |conn: &Db| recordings::batch(conn, &scope, connection, &session, &stream, seq);
            pieces::batch(&store.read(read).await?.context(gone)?)?
        }
        Form::Segment(id) => {
            let read = move |conn: &Db| recordings::segment(conn, &scope, connection, &session, id);
            let body = store.read(read).await?.context(gone)?;
            pieces::segment(store, connection, &body, part.styles.clone()).await?
        }
    })
}

/// A file that stands beside `path` until it is whole, so that what is there is not lost before.
fn new_file(path: &Path) -> std::io::Result<File> {
    File::create(unfinished(path))
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

/// The connection that has this session, if several do the one of this name.
pub async fn connection(
    store: &Store,
    session: &SessionId,
    name: Option<&str>,
) -> anyhow::Result<ConnectionId> {
    let id = session.clone();
    let mut found = store.read(move |conn| sessions::connections_of(conn, &Scope::everything(), &id)).await?;
    if let Some(name) = name {
        let wanted = name.to_owned();
        let named = store.read(move |conn| connections::named(conn, &wanted)).await?;
        found.retain(|connection| named.as_ref().is_some_and(|named| named.id == *connection));
    }
    match found[..] {
        [connection] => Ok(connection),
        [] => bail!("there is no session {session}; its id stands in the replay page's panel"),
        _ => bail!("several connections have a session {session}; name one with --connection"),
    }
}

/// A JSON array that is written event by event.
struct Events {
    out: BufWriter<Box<dyn Write>>,
    last_at: Option<TimestampMs>,
}

impl Events {
    fn new(out: Box<dyn Write>) -> Self {
        Self { out: BufWriter::new(out), last_at: None }
    }

    fn write_part(&mut self, json: &str, stream: &Stream, starts_at: TimestampMs) -> anyhow::Result<()> {
        for event in rrweb::events(json, &LIMITS)? {
            // What is outside of the stream's time has a clock that lies: it plays where it stands.
            let at = stream.contains(event.timestamp).then(|| starts_at + stream.place(event.timestamp));
            self.write(&event, at.unwrap_or(self.last_at.unwrap_or(starts_at)))?;
        }
        Ok(())
    }

    fn write(&mut self, event: &Event<'_>, at: TimestampMs) -> std::io::Result<()> {
        self.out.write_all(if self.last_at.is_none() { b"[" } else { b",\n" })?;
        let at = self.last_at.map_or(at, |last_at| at.max(last_at));
        self.last_at = Some(at);
        let (before, after) =
            (&event.json[..event.timestamp_span.start], &event.json[event.timestamp_span.end..]);
        write!(self.out, "{before}{at}{after}")
    }

    fn finish(mut self) -> anyhow::Result<()> {
        let end: &[u8] = if self.last_at.is_none() { b"[]\n" } else { b"]\n" };
        self.out.write_all(end)?;
        self.out.flush()?;
        Ok(())
    }
}
