//! What the visitor did, read from the session's timeline for the list beside the replay.

use std::collections::HashSet;

use serde::Serialize;
use warp::http::Method;

use super::held_back::find_shown;
use super::problem::Problem;
use super::replay::{PAGE, json, playback};
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::model::Session;
use crate::playback::Playback;
use crate::segment::frame;
use crate::store::timelines;
use crate::timeline::{Event, Kind, KindName, Kinds, Level, block, sentence};

/// An answer is complete once it has so many lines.
const ENOUGH_LINES: usize = 1000;

/// A block of the timeline is never larger than this.
const MAX_BLOCK_BYTES: usize = 64 * 1024 * 1024;

/// Moments closer together than this share of the timeline cannot be told apart on the scrubber.
const MOMENT_PLACES: i64 = 1000;

/// Errors and statuses of requests from here on are what went wrong.
const FIRST_FAILED_STATUS: u32 = 400;

/// What is listed: what a person would call doing something, and what went wrong.
pub const LISTED: [KindName; 15] = [
    KindName::PageView,
    KindName::Click,
    KindName::Input,
    KindName::Copy,
    KindName::Console,
    KindName::Error,
    KindName::Request,
    KindName::Prompt,
    KindName::Reply,
    KindName::Feedback,
    KindName::Identify,
    KindName::Hidden,
    KindName::Visible,
    KindName::Idle,
    KindName::Custom,
];

/// What stands on the scrubber.
const MOMENTS: [KindName; 5] =
    [KindName::PageView, KindName::Prompt, KindName::Error, KindName::Console, KindName::Request];

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, format!("{PAGE}/events.json"), Access::Viewer, Surface::Data, events)]
}

/// See `browser/contracts/events.ts`.
#[derive(Serialize)]
struct Piece {
    events: Vec<Line>,
    next: Option<i64>,
    is_read: bool,
}

#[derive(Debug, PartialEq, Serialize)]
struct Line {
    at_ms: i64,
    kind: KindName,
    text: String,
}

/// What of a timeline is asked for.
#[derive(Clone, Copy)]
enum Asked {
    /// What happened, from the block with this number on.
    From(i64),
    /// The main moments of all of it.
    Moments,
}

async fn events(app: App, request: Request) -> Result<Response, Problem> {
    let asked = match (request.query("only")?.as_deref(), request.query("from")?) {
        (Some("moments"), None) => Asked::Moments,
        (None, from) => {
            let bad = |_| Problem::bad_query("from is where a piece begins, as the one before it says.");
            Asked::From(from.map_or(Ok(0), |text| text.parse()).map_err(bad)?)
        }
        _ => return Err(Problem::bad_query("only is moments, and stands without from.")),
    };
    let session = find_shown(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let row = session.row;
    let numbers = app.store.read(move |conn| timelines::blocks_from(conn, row, 0)).await?;
    let mut reading = Reading { playback, session, asked, lines: Vec::new(), taken: HashSet::new() };
    let first = if let Asked::From(first) = asked { first } else { 0 };
    let mut next = None;
    for number in numbers.into_iter().filter(|number| *number >= first) {
        if matches!(asked, Asked::From(_)) && reading.lines.len() >= ENOUGH_LINES {
            next = Some(number);
            break;
        }
        // A block that is gone belonged to a timeline that was replaced meanwhile.
        let body = app.store.read(move |conn| timelines::block_body(conn, row, number)).await?;
        if let Some(body) = body {
            reading = reading.and(body).await?;
        }
    }
    json(&Piece { is_read: reading.session.counts.is_some(), events: reading.lines, next })
}

/// What was read of a timeline so far.
struct Reading {
    playback: Playback,
    session: Session,
    asked: Asked,
    lines: Vec<Line>,
    /// The places of the scrubber that have a mark of a kind.
    taken: HashSet<(i64, KindName)>,
}

impl Reading {
    /// Reads a block, on a thread that may take its time.
    async fn and(mut self, body: Vec<u8>) -> Result<Self, Problem> {
        let read = tokio::task::spawn_blocking(move || self.add(&body).map(|()| self));
        let done = read.await.map_err(|_| Problem::internal())?;
        done.map_err(|error| {
            tracing::error!(%error, "a block of a timeline cannot be read");
            Problem::internal()
        })
    }

    fn add(&mut self, body: &[u8]) -> anyhow::Result<()> {
        let bytes = frame::decompress(body, frame::size(body, MAX_BLOCK_BYTES))?;
        let wanted = match self.asked {
            Asked::From(_) => Kinds::from_iter(LISTED),
            Asked::Moments => Kinds::from_iter(MOMENTS),
        };
        for event in block::read(&bytes, wanted)? {
            let Some(kind) = listed_as(&event) else { continue };
            let at_ms = self.playback.place(self.session.first_event_at + i64::from(event.at));
            if matches!(self.asked, Asked::Moments) {
                let place = at_ms * MOMENT_PLACES / self.playback.duration_ms.max(1);
                let is_moment = MOMENTS.contains(&kind) && self.taken.insert((place, kind));
                if !is_moment {
                    continue;
                }
            }
            self.lines.push(Line { at_ms, kind, text: sentence(&event) });
        }
        Ok(())
    }
}

/// What an event counts as in the list: what went wrong is an error, whatever said so.
/// `None` when it is not worth a line.
pub fn listed_as(event: &Event) -> Option<KindName> {
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
