//! The Sessions page.

use serde::Serialize;
use warp::http::Method;

use super::chart::{Chart, Span};
use super::filter::chips::{Chip, chips};
use super::filter::form::Form;
use super::filter::{Filter, is_of_form, read_place};
use super::findings::Kinds;
use super::held_back::Rule;
use super::page::{Frame, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::{Beside, Row};
use super::viewer::Viewer;
use super::views::{self, Views};
use super::{App, Response, bulk, delete, demo, format, see_other, settings};
use crate::model::{ConnectionId, Session, Status, Totals};
use crate::store::activity::{self, Hour};
use crate::store::facets::{self, Facets};
use crate::store::listing::{self, Listing, Order, Page, Place};
use crate::store::views::View;
use crate::store::{self, Db, choices, connections, findings, tags, watched};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/connections/{connection}/sessions", Access::Member, Surface::Page, list)]
}

#[derive(Serialize)]
struct SessionsPage {
    #[serde(flatten)]
    frame: Frame,
    totals: TotalsText,
    /// What was done on the page before.
    done: Option<String>,
    chart: Chart,
    tabs: Vec<Tab>,
    views: Views,
    form: Form,
    chips: Vec<Chip>,
    /// Whether something that is sought cannot be.
    has_problem: bool,
    clear_url: String,
    /// The list as it is shown, from its start.
    start_url: String,
    /// The query of the page as it is shown.
    here: String,
    /// Where all listed sessions can be deleted, when they can.
    delete_url: Option<String>,
    /// Where what is done with chosen sessions is sent.
    chosen_url: String,
    sessions: Vec<Row>,
    newer_url: Option<String>,
    older_url: Option<String>,
    /// Where looking has stopped before the page was full.
    stopped: Option<Stopped>,
    /// The connection has never had a session.
    waiting: bool,
    /// There are sessions, but none that the filter lets through.
    filtered_empty: bool,
    snippet: String,
    settings_url: String,
    demo_url: Option<&'static str>,
    live_url: String,
}

/// How far a filter has been looked for that lets little through.
#[derive(Serialize)]
struct Stopped {
    looked: String,
    /// Where that ended: a time, unless the list has another order.
    at: Option<String>,
    exact: Option<String>,
    continue_url: String,
}

#[derive(Serialize)]
struct TotalsText {
    total: String,
    active: String,
    completed: String,
    events: String,
}

/// A status that the list can be narrowed to.
#[derive(Serialize)]
struct Tab {
    label: &'static str,
    value: &'static str,
    url: String,
    current: bool,
    /// How many sessions have it; unknown when the list is narrowed otherwise as well.
    count: Option<String>,
}

/// What the address asks for.
struct Asked {
    connection: ConnectionId,
    filter: Filter,
    span: Span,
    page: Page,
    /// What was done on the page before.
    done: Option<String>,
    /// The view that was deleted on the page before.
    forgotten: Option<String>,
    /// The address's query.
    here: String,
    viewer: Viewer,
}

/// What the page is made of.
struct Found {
    totals: Totals,
    hours: Vec<Hour>,
    views: Vec<View>,
    facets: Facets,
    rows: Vec<(Session, Beside)>,
    newer: Option<Place>,
    older: Option<Place>,
    stopped: Option<Place>,
    looked: i64,
}

async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked {
        connection: request.param("connection")?,
        filter: Filter::of(&request)?,
        span: Span::of(&request)?,
        page: page_of(&request)?,
        done: delete::done(&request)?.or(bulk::done(&request)?),
        forgotten: views::deleted(&request)?,
        here: request.query.clone(),
        viewer: Viewer::of(&app, &request),
    };
    let start_url = asked.filter.list_url(asked.connection, asked.span);
    if is_of_form(&request) {
        // A form sends all of its fields; an address that is kept has only those that count.
        return Ok(see_other(&start_url));
    }
    let frame = Frame::about(&app, "sessions", asked.connection).await?;
    let found = read(&app, &asked).await?;
    if found.rows.is_empty() && asked.page != Page::First && !asked.filter.is_narrow() {
        // An old link into the list whose sessions are gone.
        return Ok(see_other(&start_url));
    }
    app.templates.page("pages/sessions.html", &sessions_page(&app, frame, asked, found))
}

async fn read(app: &App, asked: &Asked) -> store::Result<Found> {
    let (scope, limit) = (app.scope(), app.settings.pages.sessions_per_page);
    let (connection, page, now) = (asked.connection, asked.page, app.clock.now());
    let (since, viewer) = (asked.span.start(now), asked.viewer.id.clone());
    let wanted = asked.filter.wanted(now, &asked.viewer);
    let viewing = app.clone();
    let read = move |conn: &Db| {
        let rule = Rule::of(&viewing, connection, &choices::of_connection(conn, connection)?);
        let wanted = wanted.map(|wanted| rule.narrow(wanted));
        let listing = match &wanted {
            Some(wanted) => listing::list(conn, &scope, connection, wanted, page, limit)?,
            None => Listing::default(),
        };
        let words = wanted.and_then(|wanted| wanted.words);
        let beside = |session: Session| {
            let session = rule.apply(session);
            let beside = beside(conn, &session, &viewer, words.as_deref())?;
            Ok((session, beside))
        };
        Ok(Found {
            totals: connections::totals(conn, &scope, connection)?,
            hours: activity::hours(conn, &scope, connection, since, now)?,
            views: store::views::of_connection(conn, &scope, connection)?,
            facets: facets::of_connection(conn, &scope, connection)?,
            rows: listing.sessions.into_iter().map(beside).collect::<store::Result<_>>()?,
            newer: listing.newer,
            older: listing.older,
            stopped: listing.stopped,
            looked: listing.looked,
        })
    };
    app.store.read(read).await
}

fn beside(conn: &Db, session: &Session, viewer: &str, words: Option<&str>) -> store::Result<Beside> {
    Ok(Beside {
        hidden: Vec::new(),
        kinds: match session.found.findings {
            0 => Kinds::new(),
            _ => findings::kinds(conn, session.row)?,
        },
        tags: tags::of_session(conn, session.row)?,
        watched: watched::is_watched(conn, viewer, session.row)?,
        snippet: match words {
            Some(words) => store::words::snippet(conn, session.row, words)?,
            None => Vec::new(),
        },
    })
}

fn sessions_page(app: &App, frame: Frame, asked: Asked, found: Found) -> SessionsPage {
    let Asked { connection, filter, span, page, done, forgotten, here, .. } = asked;
    let url_at = |place| filter.list_url_at(connection, span, place);
    let now = app.clock.now();
    let deletable = filter.selection(now).filter(|_| frame.may.edit && !found.rows.is_empty());
    let views = Views::of(connection, found.views, &filter, forgotten);
    let totals = found.totals;
    let in_time = filter.order == Order::Newest;
    let side = if matches!(page, Page::NewerThan(_)) { "after" } else { "before" };
    SessionsPage {
        newer_url: found.newer.map(|place| url_at(Some(("after", place)))),
        older_url: found.older.map(|place| url_at(Some(("before", place)))),
        stopped: found.stopped.map(|place| Stopped {
            looked: format::grouped(found.looked),
            at: in_time.then(|| format::relative(place.started_at(), now)),
            exact: in_time.then(|| format::exact(place.started_at())),
            continue_url: url_at(Some((side, place))),
        }),
        start_url: url_at(None),
        here,
        clear_url: Filter { status: filter.status, ..Filter::default() }.list_url(connection, span),
        delete_url: deletable.map(|_| delete::url_of_all(connection, &filter)),
        chosen_url: format!("{}/chosen", sessions_url(connection)),
        waiting: totals.total == 0,
        filtered_empty: totals.total > 0 && found.rows.is_empty(),
        done,
        chart: Chart::of(&found.hours, connection, span, &filter, now),
        tabs: tabs(connection, &filter, span, totals, views.has_current()),
        views,
        form: Form::of(connection, &filter, span, found.facets, frame.may),
        chips: chips(connection, &filter, span),
        has_problem: filter.has_problem(),
        totals: TotalsText {
            total: format::grouped(totals.total),
            active: format::grouped(totals.active),
            completed: format::grouped(totals.completed),
            events: format::grouped(totals.events),
        },
        sessions: found.rows.into_iter().map(|(session, beside)| Row::of(session, beside, now)).collect(),
        snippet: frame.connection.as_ref().map(|connection| app.snippet(connection)).unwrap_or_default(),
        settings_url: settings::url(connection),
        demo_url: app.demo.filter(|demo| *demo == connection).map(|_| demo::HOME),
        live_url: format!("/connections/{connection}/live"),
        frame,
    }
}

fn tabs(connection: ConnectionId, filter: &Filter, span: Span, totals: Totals, is_view: bool) -> Vec<Tab> {
    let tab = |label, value, status, count| Tab {
        label,
        value,
        url: Filter { status, ..filter.clone() }.list_url(connection, span),
        current: status == filter.status && !is_view,
        count: (!filter.is_narrow()).then(|| format::grouped(count)),
    };
    vec![
        tab("All", "all", None, totals.total),
        tab("Active", "active", Some(Status::Active), totals.active),
        tab("Completed", "completed", Some(Status::Completed), totals.completed),
    ]
}

fn page_of(request: &Request) -> Result<Page, Problem> {
    let cursor = |text: String| read_place(&text);
    let bad = || Problem::bad_query("before and after are places in the list, as its own links have them.");
    match (request.query("before")?, request.query("after")?) {
        (None, None) => Ok(Page::First),
        (Some(place), None) => cursor(place).map(Page::OlderThan).ok_or_else(bad),
        (None, Some(place)) => cursor(place).map(Page::NewerThan).ok_or_else(bad),
        (Some(_), Some(_)) => Err(bad()),
    }
}
