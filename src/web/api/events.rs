//! What the visitor did: the session's timeline.

use schemars::JsonSchema;
use serde::Serialize;
use warp::http::Method;

use super::endpoint::Endpoint;
use super::param::{Kind as ParamKind, Param};
use super::session::watched;
use super::shapes::{List, Time};
use crate::model::{Session, TokenScope};
use crate::playback::Playback;
use crate::timeline::{Event, Kind, KindName, Kinds, Level, sentence};
use crate::web::event_line::LISTED;
use crate::web::problem::Problem;
use crate::web::replay::playback;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::timeline::Timeline;
use crate::web::{App, filter, kinds};

/// An answer is complete once it has so many.
const ENOUGH: usize = 4000;

const FROM: Param = Param {
    name: "from",
    kind: ParamKind::Number(0, 1_000_000),
    about: "Where the page begins: `next` of the page before has it.",
};

pub fn endpoints() -> Vec<Endpoint> {
    let place = (
        Method::GET,
        "/connections/{connection}/sessions/{session}/events",
        Access::Member,
        TokenScope::Read,
    );
    vec![
        Endpoint::json(place, "List what the visitor did", list)
            .params(&[FROM])
            .about(
                "In the order of time. Of a session that is not finished, what has arrived so far. A session in which \
                 the visitor wrote to the widget needs `read:prompts`.",
            )
            .problems([kinds::HELD_BACK]),
    ]
}

/// One thing that happened.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
struct Shown {
    kind: KindName,
    /// When, by the visitor's clock.
    at: Time,
    /// Where it plays in the replay.
    at_ms: i64,
    /// One line in words.
    text: String,
    /// Of page views and requests.
    url: Option<String>,
    /// Of page views.
    title: Option<String>,
    /// Of what stood on the console.
    level: Option<Level>,
    /// Of errors and what stood on the console.
    message: Option<String>,
    /// Of errors and what stood on the console.
    stack: Option<String>,
    /// Of requests.
    method: Option<String>,
    /// Of requests: the status, or 0 where none was answered.
    status: Option<u32>,
    /// Of requests.
    took_ms: Option<u32>,
    /// Of clicks and inputs: a selector of the element.
    selector: Option<String>,
}

impl Shown {
    fn of(event: &Event, session: &Session, playback: &Playback) -> Self {
        let at = session.first_event_at + i64::from(event.at);
        let mut shown = Self {
            kind: event.kind.name(),
            at: Time(at),
            at_ms: playback.place(at),
            text: sentence(event),
            url: None,
            title: None,
            level: None,
            message: None,
            stack: None,
            method: None,
            status: None,
            took_ms: None,
            selector: None,
        };
        match event.kind.clone() {
            Kind::PageView { url, title, .. } => (shown.url, shown.title) = (Some(url), Some(title)),
            Kind::Click { target, .. } | Kind::Input { target, .. } => {
                shown.selector = Some(target.selector.clone());
            }
            Kind::Console { level, text, stack } => {
                (shown.level, shown.message, shown.stack) = (Some(level), Some(text), Some(stack));
            }
            Kind::Error { text, stack } => (shown.message, shown.stack) = (Some(text), Some(stack)),
            Kind::Request { method, url, status, took } => {
                (shown.method, shown.url) = (Some(method), Some(url));
                (shown.status, shown.took_ms) = (Some(status), Some(took));
            }
            _ => {}
        }
        shown
    }
}

async fn list(app: App, request: Request) -> Result<List<Shown>, Problem> {
    let bad = || Problem::bad_query("from is where a page begins, as `next` of the page before has it.");
    let from = request.query("from")?.map(|text| text.parse::<i64>().map_err(|_| bad())).transpose()?;
    let session = watched(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let timeline = Timeline::of(&app, &session).await?;
    let mut items = Vec::new();
    let mut next = None;
    for number in timeline.numbers().into_iter().filter(|number| *number >= from.unwrap_or(0)) {
        if items.len() >= ENOUGH {
            next = Some(filter::address(&request.path, &format!("from={number}")));
            break;
        }
        let read = timeline.events(number, Kinds::from_iter(LISTED)).await?;
        items.extend(read.iter().map(|event| Shown::of(event, &session, &playback)));
    }
    Ok(List { items, next })
}
