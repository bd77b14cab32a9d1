//! What the visitor did, for the lists beside the replay and the marks on its scrubber.

use std::collections::HashSet;

use serde::Serialize;
use warp::http::Method;

use super::event_line::{LISTED, Line};
use super::held_back::find_watched;
use super::problem::Problem;
use super::replay::{PAGE, json, playback};
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::timeline::Timeline;
use super::{App, Response};
use crate::model::Session;
use crate::playback::Playback;
use crate::timeline::{Event, KindName, Kinds};

/// An answer is complete once it has so many lines.
const ENOUGH_LINES: usize = 4000;

/// Moments of a kind closer together than this share of the timeline cannot be told apart on the scrubber.
const MOMENT_PLACES: i64 = 500;

/// So many page views are told among the moments, however close together they are.
const MOST_PAGE_VIEWS: usize = 1000;

/// What stands on the scrubber, or is said where one points at it.
const MOMENTS: [KindName; 7] = [
    KindName::PageView,
    KindName::Click,
    KindName::Input,
    KindName::Prompt,
    KindName::Error,
    KindName::Console,
    KindName::Request,
];

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, format!("{PAGE}/events.json"), Access::Member, Surface::Data, events)]
}

/// See `browser/contracts/events.ts`.
#[derive(Serialize)]
struct Piece {
    events: Vec<Line>,
    next: Option<i64>,
    is_final: bool,
    is_whole: bool,
}

/// See `browser/contracts/events.ts`.
#[derive(Serialize)]
struct Moments {
    events: Vec<Line>,
    counts: Counts,
    is_final: bool,
    is_whole: bool,
}

/// How many lines each list has.
#[derive(Default, Serialize)]
struct Counts {
    events: usize,
    conversation: usize,
    console: usize,
    network: usize,
}

async fn events(app: App, request: Request) -> Result<Response, Problem> {
    let asked = (request.query("only")?, request.query("from")?);
    let from = match (asked.0.as_deref(), asked.1) {
        (Some("moments"), None) => None,
        (None, from) => {
            let bad = |_| Problem::bad_query("from is where a piece begins, as the one before it says.");
            Some(from.map_or(Ok(0), |text| text.parse()).map_err(bad)?)
        }
        _ => return Err(Problem::bad_query("only is moments, and stands without from.")),
    };
    let session = find_watched(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let timeline = Timeline::of(&app, &session).await?;
    let place = Place { playback, session };
    match from {
        Some(from) => piece(&timeline, &place, from).await,
        None => moments(&timeline, &place).await,
    }
}

/// What happened, from the block with this number on.
async fn piece(timeline: &Timeline, place: &Place, from: i64) -> Result<Response, Problem> {
    let mut events = Vec::new();
    let mut next = None;
    for number in timeline.numbers().into_iter().filter(|number| *number >= from) {
        if events.len() >= ENOUGH_LINES {
            next = Some(number);
            break;
        }
        let read = timeline.events(number, Kinds::from_iter(LISTED)).await?;
        events.extend(read.iter().map(|event| place.line(event)));
    }
    json(&Piece { events, next, is_final: timeline.is_final(), is_whole: timeline.is_whole() })
}

/// The main moments of all of it, and how long the lists are.
async fn moments(timeline: &Timeline, place: &Place) -> Result<Response, Problem> {
    let mut chosen = Chosen { duration_ms: place.playback.duration_ms, ..Chosen::default() };
    for number in timeline.numbers() {
        for event in timeline.events(number, Kinds::from_iter(LISTED)).await? {
            chosen.take(place.line(&event));
        }
    }
    let Chosen { lines: events, counts, .. } = chosen;
    json(&Moments { events, counts, is_final: timeline.is_final(), is_whole: timeline.is_whole() })
}

/// Where the events of a session play.
struct Place {
    playback: Playback,
    session: Session,
}

impl Place {
    fn line(&self, event: &Event) -> Line {
        Line::of(event, self.playback.place(self.session.first_event_at + i64::from(event.at)))
    }
}

/// The moments that were chosen so far.
#[derive(Default)]
struct Chosen {
    duration_ms: i64,
    lines: Vec<Line>,
    counts: Counts,
    page_views: usize,
    /// The places of the scrubber that have a mark of a kind, of what failed or did not.
    taken: HashSet<(i64, KindName, bool)>,
}

impl Chosen {
    fn take(&mut self, line: Line) {
        self.count(&line);
        if line.quiet || !MOMENTS.contains(&line.kind) {
            return;
        }
        let place = line.at_ms * MOMENT_PLACES / self.duration_ms.max(1);
        let is_first = self.taken.insert((place, line.kind, line.failed));
        let is_page = line.kind == KindName::PageView;
        self.page_views += usize::from(is_page);
        if is_first || (is_page && self.page_views <= MOST_PAGE_VIEWS) {
            self.lines.push(line.in_short());
        }
    }

    fn count(&mut self, line: &Line) {
        self.counts.events += usize::from(!line.quiet);
        match line.kind {
            KindName::Prompt | KindName::Reply => self.counts.conversation += 1,
            KindName::Console | KindName::Error => self.counts.console += 1,
            KindName::Request => self.counts.network += 1,
            _ => {}
        }
    }
}
