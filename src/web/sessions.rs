//! The Sessions page.

use serde::Serialize;
use warp::http::Method;

use super::page::{Frame, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response, demo, format, see_other, user_agent};
use crate::model::{ConnectionId, Session, Status, TimestampMs, Totals};
use crate::store::connections;
use crate::store::sessions::{self, Filter as Wanted, Listing, Page};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/connections/{connection}/sessions", Access::Viewer, Surface::Page, list)]
}

#[derive(Serialize)]
struct SessionsPage {
    #[serde(flatten)]
    frame: Frame,
    totals: TotalsText,
    filters: Vec<Filter>,
    sessions: Vec<Row>,
    newer_url: Option<String>,
    older_url: Option<String>,
    /// The connection has never had a session.
    waiting: bool,
    /// There are sessions, but none that the filter lets through.
    filtered_empty: bool,
    snippet: String,
    demo_url: Option<&'static str>,
    live_url: String,
}

#[derive(Serialize)]
struct TotalsText {
    total: String,
    active: String,
    completed: String,
    events: String,
}

#[derive(Serialize)]
struct Filter {
    label: &'static str,
    value: &'static str,
    url: String,
    current: bool,
    count: String,
}

/// One session as text; also on the replay page.
#[derive(Serialize)]
pub struct Row {
    id: String,
    url: String,
    playable: bool,
    unplayable_reason: &'static str,
    landing_url: String,
    domain: String,
    path: String,
    started_exact: String,
    started_relative: String,
    started_at_ms: TimestampMs,
    status: Status,
    events: String,
    duration: String,
    browser: String,
    os: &'static str,
    device: &'static str,
    user_agent: String,
}

impl Row {
    /// Writes a session out, as of `now`.
    pub fn of(session: Session, now: TimestampMs) -> Self {
        let (domain, path) = format::domain_and_path(&session.landing_url);
        let browser = user_agent::read(&session.user_agent);
        Self {
            url: format!("{}/{}", sessions_url(session.connection), session.id),
            id: session.id.to_string(),
            playable: session.playable,
            unplayable_reason: if session.playable {
                ""
            } else {
                "No picture of the page has arrived yet, so there is nothing to replay."
            },
            landing_url: session.landing_url,
            domain,
            path,
            started_exact: format::exact(session.started_at),
            started_relative: format::relative(session.started_at, now),
            started_at_ms: session.started_at,
            status: session.status,
            events: format::grouped(session.events),
            duration: format::duration(session.duration_ms),
            browser: browser.browser,
            os: browser.os,
            device: browser.device,
            user_agent: session.user_agent,
        }
    }
}

async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let status = status_of(&request)?;
    let page = page_of(&request)?;
    let frame = Frame::about(&app, "sessions", connection).await?;
    let (scope, limit) = (app.scope(), app.settings.pages.sessions_per_page);
    let (totals, listing) = app
        .store
        .read(move |conn| {
            let totals = connections::totals(conn, &scope, connection)?;
            let wanted = Wanted { status, ..Wanted::default() };
            Ok((totals, sessions::list(conn, &scope, connection, &wanted, page, limit)?))
        })
        .await?;
    if listing.sessions.is_empty() && page != Page::First {
        // An old link into the list whose sessions are gone.
        return Ok(see_other(&list_url(connection, status, None)));
    }
    app.templates
        .page("pages/sessions.html", &sessions_page(&app, frame, connection, status, totals, listing))
}

fn sessions_page(
    app: &App,
    frame: Frame,
    connection: ConnectionId,
    status: Option<Status>,
    totals: Totals,
    listing: Listing,
) -> SessionsPage {
    let url = |status, place| list_url(connection, status, place);
    let newest = listing.sessions.first().filter(|_| listing.newer);
    let oldest = listing.sessions.last().filter(|_| listing.older);
    let filter = |label, value, filter, count| Filter {
        label,
        value,
        url: url(filter, None),
        current: filter == status,
        count: format::grouped(count),
    };
    let now = app.clock.now();
    SessionsPage {
        newer_url: newest.map(|session| url(status, Some(("after", session)))),
        older_url: oldest.map(|session| url(status, Some(("before", session)))),
        waiting: totals.total == 0,
        filtered_empty: totals.total > 0 && listing.sessions.is_empty(),
        filters: vec![
            filter("All", "all", None, totals.total),
            filter("Active", "active", Some(Status::Active), totals.active),
            filter("Completed", "completed", Some(Status::Completed), totals.completed),
        ],
        totals: TotalsText {
            total: format::grouped(totals.total),
            active: format::grouped(totals.active),
            completed: format::grouped(totals.completed),
            events: format::grouped(totals.events),
        },
        sessions: listing.sessions.into_iter().map(|session| Row::of(session, now)).collect(),
        snippet: frame.connection.as_ref().map(|connection| app.snippet(connection)).unwrap_or_default(),
        demo_url: app.demo.filter(|demo| *demo == connection).map(|_| demo::HOME),
        live_url: format!("/connections/{connection}/live"),
        frame,
    }
}

/// The address of the list, filtered and from a place on.
fn list_url(connection: ConnectionId, status: Option<Status>, place: Option<(&str, &Session)>) -> String {
    let status = status.map(|status| format!("status={}", status.as_str()));
    let place = place.map(|(side, at)| format!("{side}={}", at.row));
    let query: Vec<String> = status.into_iter().chain(place).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{mark}{}", sessions_url(connection), query.join("&"))
}

fn status_of(request: &Request) -> Result<Option<Status>, Problem> {
    match request.query("status")?.as_deref() {
        None | Some("" | "all") => Ok(None),
        Some("active") => Ok(Some(Status::Active)),
        Some("completed") => Ok(Some(Status::Completed)),
        Some(_) => Err(Problem::bad_query("status is one of all, active and completed.")),
    }
}

fn page_of(request: &Request) -> Result<Page, Problem> {
    let cursor = |text: String| text.parse().ok();
    let bad = || Problem::bad_query("before and after are places in the list, as its own links have them.");
    match (request.query("before")?, request.query("after")?) {
        (None, None) => Ok(Page::First),
        (Some(place), None) => cursor(place).map(Page::OlderThan).ok_or_else(bad),
        (None, Some(place)) => cursor(place).map(Page::NewerThan).ok_or_else(bad),
        (Some(_), Some(_)) => Err(bad()),
    }
}
