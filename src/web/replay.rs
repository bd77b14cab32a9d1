//! The replay page, the player's document inside it, and what it plays.

use serde::Serialize;
use warp::http::{HeaderValue, Method, header};

use super::filter::address;
use super::held_back::{find, find_shown, find_watched};
use super::look_again::Note;
use super::manifest::Manifest;
use super::page::{Frame, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::{Beside, Row, url_of};
use super::{App, Response, findings, headers, neighbours};
use crate::finish::outdated::outdated;
use crate::model::{Session, Status, TimestampMs};
use crate::playback::Playback;
use crate::store::recordings;
use crate::store::{self, runs};

/// The address of a session.
pub const PAGE: &str = "/connections/{connection}/sessions/{session}";

/// So far behind the newest moment a live replay starts: what comes next is there in time.
/// `dashboard/replay/live.ts` goes back to the same place.
const BEHIND_LIVE_MS: i64 = 6_000;

/// A visit of which nothing came for longer than this is watched from its start.
const LIVE_WITHIN_MS: i64 = 60_000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let below = |path: &str| format!("{PAGE}/{path}");
    vec![
        Route::new(Method::GET, PAGE, Access::Member, Surface::Page, page),
        Route::new(Method::GET, below("stage"), Access::Member, Surface::Stage, stage),
        Route::new(Method::GET, below("manifest.json"), Access::Member, Surface::Data, manifest),
    ]
}

#[derive(Serialize)]
struct ReplayPage {
    #[serde(flatten)]
    frame: Frame,
    session: Row,
    stage_url: String,
    manifest_url: String,
    events_url: String,
    conversation_url: String,
    neighbours_url: String,
    sessions_url: String,
    /// The query of the list that the viewer came from.
    list: String,
    /// All of the visitor, if the page said who it is.
    /// The server's clock, by which it is told how far behind a live replay is.
    now_ms: TimestampMs,
    start_ms: i64,
    findings: Vec<findings::Item>,
    /// Whether plugins have looked at it.
    is_analysed: bool,
    /// That what they found is not their latest word.
    note: Option<Note>,
    /// Which panel is open beside the stage.
    panel: Option<Panel>,
}

/// A panel that can be open when the page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Panel {
    Events,
    Conversation,
    Console,
    Network,
    Findings,
    Info,
}

impl Panel {
    fn of(request: &Request) -> Result<Option<Self>, Problem> {
        match request.query("panel")?.as_deref() {
            None => Ok(None),
            Some("events") => Ok(Some(Self::Events)),
            Some("conversation") => Ok(Some(Self::Conversation)),
            Some("console") => Ok(Some(Self::Console)),
            Some("network") => Ok(Some(Self::Network)),
            Some("findings") => Ok(Some(Self::Findings)),
            Some("info") => Ok(Some(Self::Info)),
            Some(_) => Err(Problem::bad_query(
                "panel is one of events, conversation, console, network, findings and info.",
            )),
        }
    }
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let session = find(&app, &request).await?;
    let url = url_of(&session);
    let (row, connection, plugins) = (session.row, session.connection, app.plugins.clone());
    let (mut found, due, outdated, heard_at, hidden) = app
        .store
        .read(move |conn| {
            let found = store::findings::findings(conn, row)?;
            let (due, hidden) = (runs::as_due(conn, row)?, store::hidden::of(conn, row)?);
            let outdated = outdated(conn, &plugins, connection, row)?;
            Ok((found, due, outdated, recordings::heard_at(conn, row)?, hidden))
        })
        .await?;
    if session.held_back || session.withheld {
        // What was found may quote what is to be hidden.
        found.clear();
    } else {
        app.watches(&session);
    }
    let playback = playback(&app, &session).await?;
    let now_ms = app.clock.now();
    let list = neighbours::list_query(&request, session.connection)?;
    let frame = Frame::about(&app, "replay", session.connection).await?;
    // The time since which it is due; 0 when it is not. One that goes on is not even that.
    let is_analysed = due.as_ref().is_some_and(|due| due.since == 0);
    let note = match due {
        Some(_) if session.held_back || session.withheld => None,
        Some(_) if is_analysed => Note::of(&outdated, &url, &list),
        Some(_) if !found.is_empty() => Some(Note::under_way()),
        _ => None,
    };
    let page = ReplayPage {
        panel: Panel::of(&request)?.filter(|panel| frame.may.read_prompts || *panel != Panel::Conversation),
        is_analysed,
        note,
        findings: findings::items(found, &playback, session.first_event_at),
        frame,
        stage_url: format!("{url}/stage"),
        manifest_url: format!("{url}/manifest.json"),
        events_url: format!("{url}/events.json"),
        conversation_url: format!("{url}/conversation"),
        neighbours_url: address(&format!("{url}/neighbours.json"), &list),
        sessions_url: address(&sessions_url(session.connection), &list),
        start_ms: match start_ms(&request, &session, &playback)? {
            Some(start_ms) => start_ms,
            None => live_start_ms(&session, &playback, heard_at.unwrap_or_default(), now_ms),
        },
        session: Row::of(session, Beside { hidden, ..Beside::default() }, now_ms),
        now_ms,
        list,
    };
    app.templates.page("pages/replay.html", &page)
}

/// Where to start: `?t=` in seconds on the timeline; `?at=` in milliseconds since 1970 on
/// the visitor's clock, which is what the recorded page knows; or `?moment=` in milliseconds
/// since the session's first event, which is what plugins know.
fn start_ms(request: &Request, session: &Session, playback: &Playback) -> Result<Option<i64>, Problem> {
    if let Some(text) = request.query("t")? {
        let bad = || Problem::bad_query("t is a time in seconds or on the clock, such as 83.5 or 1:23.");
        return clock_ms(&text).map(Some).ok_or_else(bad);
    }
    if let Some(text) = request.query("moment")? {
        let bad = |_| Problem::bad_query("moment is a time in milliseconds since the session's first event.");
        let moment = text.parse::<u32>().map_err(bad)?;
        return Ok(Some(playback.place(session.first_event_at + i64::from(moment))));
    }
    match request.query("at")?.map(|text| text.parse()) {
        None => Ok(None),
        Some(Ok(at)) => Ok(Some(playback.place(at))),
        Some(Err(_)) => Err(Problem::bad_query("at is a time in milliseconds since 1970.")),
    }
}

/// Where to start when nothing is asked: at what happens now, if anything does.
fn live_start_ms(session: &Session, playback: &Playback, heard_at: TimestampMs, now: TimestampMs) -> i64 {
    let is_live = session.status == Status::Active && now - heard_at <= LIVE_WITHIN_MS;
    if is_live { (playback.duration_ms - BEHIND_LIVE_MS).max(0) } else { 0 }
}

/// `83.5`, `1:23` or `1:02:03` in milliseconds.
fn clock_ms(text: &str) -> Option<i64> {
    let mut seconds = 0.0;
    for part in text.split(':') {
        let part = part.parse::<f64>().ok().filter(|part| part.is_finite() && *part >= 0.0)?;
        seconds = seconds * 60.0 + part;
    }
    Some((seconds * 1000.0) as i64)
}

#[derive(Serialize)]
struct StagePage<'a> {
    nonce: &'a str,
    stage_js: &'a str,
    stage_css: &'a str,
}

/// The document that a recording is drawn in. It has a policy of its own, which what a
/// visitor recorded inherits.
async fn stage(app: App, request: Request) -> Result<Response, Problem> {
    find_shown(&app, &request).await?;
    stage_page(&app)
}

/// The same document, whatever is drawn in it.
pub fn stage_page(app: &App) -> Result<Response, Problem> {
    let nonce = nonce()?;
    let page = StagePage {
        nonce: &nonce,
        stage_js: app.assets.path("stage.js").unwrap_or_default(),
        stage_css: &app.assets.text("stage.css").unwrap_or_default(),
    };
    let mut response = app.templates.page("pages/stage.html", &page)?;
    let policy = HeaderValue::from_str(&headers::stage_csp(&nonce)).expect("a policy is plain ASCII");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

fn nonce() -> Result<String, Problem> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        tracing::error!(%error, "the system gives no random bytes");
        Problem::internal()
    })?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// When the latest batch of a session arrived.
pub async fn heard_at(app: &App, session: &Session) -> Result<TimestampMs, Problem> {
    let row = session.row;
    let heard_at = app.store.read(move |conn| recordings::heard_at(conn, row)).await?;
    Ok(heard_at.unwrap_or_default())
}

/// Where the pieces of a recording are and when they play.
async fn manifest(app: App, request: Request) -> Result<Response, Problem> {
    let session = find_watched(&app, &request).await?;
    let url = url_of(&session);
    let styles_url = format!("/connections/{}/styles/", session.connection);
    let playback = playback(&app, &session).await?;
    let heard_at = heard_at(&app, &session).await?;
    json(&Manifest::below(&url, styles_url, &session, playback, heard_at))
}

/// When the streams of a session play.
pub async fn playback(app: &App, session: &Session) -> Result<Playback, Problem> {
    let (scope, connection, id) = (app.scope(), session.connection, session.id.clone());
    let stored = app.store.read(move |conn| recordings::streams(conn, &scope, connection, &id)).await?;
    Ok(Playback::of(&stored))
}

/// An answer in JSON.
pub fn json<T: Serialize>(value: &T) -> Result<Response, Problem> {
    let text = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer was not written");
        Problem::internal()
    })?;
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
