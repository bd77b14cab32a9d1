//! What the visitor did and said, whole: for shared links, for files that play by
//! themselves, and for tests that do it again. See `browser/contracts/story.ts`.

use serde::Serialize;

use super::App;
use super::event_line::LISTED;
use super::problem::Problem;
use crate::model::Session;
use crate::playback::Playback;
use crate::segment::frame;
use crate::store::timelines;
use crate::timeline::{Event, Kind, KindName, Kinds, Level, block, sentence};

/// A block of the timeline is never larger than this.
const MAX_BLOCK_BYTES: usize = 64 * 1024 * 1024;

/// Whoever was sent a session reads no more than this.
const MOST_LINES: usize = 20_000;

/// Something that happened.
#[derive(Debug, Serialize)]
pub struct Line {
    at_ms: i64,
    kind: KindName,
    /// One line in words.
    text: String,
    /// Of what was said to and by an assistant: all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
}

/// Statuses of requests from here on are what went wrong, as is having none.
const FIRST_FAILED_STATUS: u32 = 400;

/// What the visitor did, in the order of time.
pub async fn lines(app: &App, session: &Session, playback: &Playback) -> Result<Vec<Line>, Problem> {
    let mut lines = Vec::new();
    let wanted = Kinds::from_iter(LISTED);
    each_block(app, session, wanted, |events| {
        for event in events {
            let Some(kind) = listed_as(&event).filter(|_| lines.len() < MOST_LINES) else { continue };
            let at_ms = playback.place(session.first_event_at + i64::from(event.at));
            lines.push(Line { at_ms, kind, text: sentence(&event), said: said(event) });
        }
    })
    .await?;
    Ok(lines)
}

fn said(event: Event) -> Option<String> {
    match event.kind {
        Kind::Prompt { text, .. } | Kind::Reply { text, .. } => Some(text),
        _ => None,
    }
}

/// Hands on what happened, block by block.
pub async fn each_block(
    app: &App,
    session: &Session,
    wanted: Kinds,
    mut take: impl FnMut(Vec<Event>),
) -> Result<(), Problem> {
    let row = session.row;
    for number in app.store.read(move |conn| timelines::blocks_from(conn, row, 0)).await? {
        // A block that is gone belonged to a timeline that was replaced meanwhile.
        let Some(body) = app.store.read(move |conn| timelines::block_body(conn, row, number)).await? else {
            continue;
        };
        let read = tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<Event>> {
            let bytes = frame::decompress(&body, frame::size(&body, MAX_BLOCK_BYTES))?;
            Ok(block::read(&bytes, wanted)?)
        });
        let events = read.await.map_err(|_| Problem::internal())?.map_err(|error| {
            tracing::error!(%error, "a block of a timeline cannot be read");
            Problem::internal()
        })?;
        take(events);
    }
    Ok(())
}

/// What an event counts as in the list: what went wrong is an error, whatever said so.
/// `None` when it is not worth a line.
fn listed_as(event: &Event) -> Option<KindName> {
    match &event.kind {
        Kind::Console { level: Level::Error, .. } => Some(KindName::Error),
        Kind::Console { level: Level::Warn, .. } => Some(KindName::Console),
        Kind::Console { .. } => None,
        Kind::Request { status, .. } if *status == 0 || *status >= FIRST_FAILED_STATUS => {
            Some(KindName::Error)
        }
        other => Some(other.name()),
    }
}
