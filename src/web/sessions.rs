//! The Sessions page.

use serde::Serialize;
use warp::http::Method;

use super::chart::{Chart, Span};
use super::filter::{Filter, Part};
use super::findings::Kinds;
use super::held_back::Rule;
use super::moment::Moment;
use super::page::{Frame, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::Row;
use super::{App, Response, delete, demo, format, see_other, settings};
use crate::model::{ConnectionId, Session, Status, Totals};
use crate::store::activity::{self, Hour};
use crate::store::sessions::{self, Listing, Page};
use crate::store::{self, Db, choices, connections, findings};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/connections/{connection}/sessions", Access::Viewer, Surface::Page, list)]
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
    fields: Fields,
    chips: Vec<Chip>,
    clear_url: String,
    /// The list as it is shown, from its start.
    start_url: String,
    /// Where all listed sessions can be deleted, when they can.
    delete_url: Option<String>,
    sessions: Vec<Row>,
    newer_url: Option<String>,
    older_url: Option<String>,
    /// The connection has never had a session.
    waiting: bool,
    /// There are sessions, but none that the filter lets through.
    filtered_empty: bool,
    snippet: String,
    settings_url: String,
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

/// What stands in the fields of the filter.
#[derive(Serialize)]
struct Fields {
    action: String,
    /// What the form keeps of the address without showing it.
    kept: Vec<(&'static str, String)>,
    url: String,
    url_problem: Option<&'static str>,
    visitor: String,
    from: MomentField,
    to: MomentField,
    /// Whether any of the fields is filled in that a narrow page hides.
    rest_is_used: bool,
}

#[derive(Serialize)]
struct MomentField {
    /// The kind of the field: a day, unless a time is asked for.
    kind: &'static str,
    value: String,
}

/// A part of the filter, with the way to take it off.
#[derive(Serialize)]
struct Chip {
    label: &'static str,
    value: String,
    url: String,
}

/// What the address asks for.
struct Asked {
    connection: ConnectionId,
    filter: Filter,
    span: Span,
    page: Page,
    done: Option<String>,
}

async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked {
        connection: request.param("connection")?,
        filter: Filter::of(&request)?,
        span: Span::of(&request)?,
        page: page_of(&request)?,
        done: delete::done(&request)?,
    };
    let start_url = asked.filter.list_url(asked.connection, asked.span);
    if has_empty_field(&request) {
        // A form sends all of its fields; an address that is kept has only those that count.
        return Ok(see_other(&start_url));
    }
    let frame = Frame::about(&app, "sessions", asked.connection).await?;
    let (scope, limit) = (app.scope(), app.settings.pages.sessions_per_page);
    let (connection, wanted, page) = (asked.connection, asked.filter.wanted(), asked.page);
    let now = app.clock.now();
    let since = asked.span.start(now);
    let viewing = app.clone();
    let (totals, hours, listing) = app
        .store
        .read(move |conn| {
            let totals = connections::totals(conn, &scope, connection)?;
            let hours = activity::hours(conn, &scope, connection, since, now)?;
            let rule = Rule::of(&viewing, &choices::of_connection(conn, connection)?);
            let listing = match wanted.map(|wanted| rule.narrow(wanted)) {
                Some(wanted) => sessions::list(conn, &scope, connection, &wanted, page, limit)?,
                None => Listing::default(),
            };
            Ok((totals, hours, listed(conn, listing, rule)?))
        })
        .await?;
    if listing.rows.is_empty() && page != Page::First {
        // An old link into the list whose sessions are gone.
        return Ok(see_other(&start_url));
    }
    app.templates.page("pages/sessions.html", &sessions_page(&app, frame, asked, totals, &hours, listing))
}

/// A page of the list with what was found in each session.
struct Listed {
    rows: Vec<(Session, Kinds)>,
    newer: bool,
    older: bool,
}

fn listed(conn: &Db, listing: Listing, rule: Rule) -> store::Result<Listed> {
    let kinds = |session: &Session| match session.found.findings {
        0 => Ok(Kinds::new()),
        _ => findings::kinds(conn, session.row),
    };
    let rows = listing.sessions.into_iter().map(|session| {
        let kinds = kinds(&session)?;
        Ok((rule.apply(session), kinds))
    });
    let rows = rows.collect::<store::Result<_>>()?;
    Ok(Listed { rows, newer: listing.newer, older: listing.older })
}

fn sessions_page(
    app: &App,
    frame: Frame,
    asked: Asked,
    totals: Totals,
    hours: &[Hour],
    listing: Listed,
) -> SessionsPage {
    let Asked { connection, filter, span, done, .. } = asked;
    let url_at = |place| filter.list_url_at(connection, span, place);
    let newest = listing.rows.first().map(|(session, _)| session).filter(|_| listing.newer);
    let oldest = listing.rows.last().map(|(session, _)| session).filter(|_| listing.older);
    let now = app.clock.now();
    let deletable = filter.selection(now).filter(|_| !listing.rows.is_empty());
    SessionsPage {
        newer_url: newest.map(|session| url_at(Some(("after", session.row)))),
        older_url: oldest.map(|session| url_at(Some(("before", session.row)))),
        start_url: url_at(None),
        clear_url: Filter { status: filter.status, ..Filter::default() }.list_url(connection, span),
        delete_url: deletable.map(|_| delete::url_of_all(connection, &filter)),
        waiting: totals.total == 0,
        filtered_empty: totals.total > 0 && listing.rows.is_empty(),
        done,
        chart: Chart::of(hours, connection, span, &filter, now),
        tabs: tabs(connection, &filter, span, totals),
        fields: fields(connection, &filter, span),
        chips: chips(connection, &filter, span),
        totals: TotalsText {
            total: format::grouped(totals.total),
            active: format::grouped(totals.active),
            completed: format::grouped(totals.completed),
            events: format::grouped(totals.events),
        },
        sessions: listing.rows.into_iter().map(|(session, kinds)| Row::of(session, &kinds, now)).collect(),
        snippet: frame.connection.as_ref().map(|connection| app.snippet(connection)).unwrap_or_default(),
        settings_url: settings::url(connection),
        demo_url: app.demo.filter(|demo| *demo == connection).map(|_| demo::HOME),
        live_url: format!("/connections/{connection}/live"),
        frame,
    }
}

fn tabs(connection: ConnectionId, filter: &Filter, span: Span, totals: Totals) -> Vec<Tab> {
    let tab = |label, value, status, count| Tab {
        label,
        value,
        url: Filter { status, ..filter.clone() }.list_url(connection, span),
        current: status == filter.status,
        count: (!filter.is_narrow()).then(|| format::grouped(count)),
    };
    vec![
        tab("All", "all", None, totals.total),
        tab("Active", "active", Some(Status::Active), totals.active),
        tab("Completed", "completed", Some(Status::Completed), totals.completed),
    ]
}

fn fields(connection: ConnectionId, filter: &Filter, span: Span) -> Fields {
    let moment = |moment: Option<Moment>| MomentField {
        kind: if matches!(moment, Some(Moment::Time(_))) { "datetime-local" } else { "date" },
        value: moment.map(Moment::field).unwrap_or_default(),
    };
    let status = Filter { status: filter.status, ..Filter::default() };
    Fields {
        action: sessions_url(connection),
        kept: status.fields().into_iter().chain(span.field()).collect(),
        url: filter.url.clone(),
        url_problem: filter.url_problem(),
        visitor: filter.visitor.clone(),
        from: moment(filter.from),
        to: moment(filter.to),
        rest_is_used: filter.without(Part::Url).is_narrow(),
    }
}

fn chips(connection: ConnectionId, filter: &Filter, span: Span) -> Vec<Chip> {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let end = match filter.to {
        Some(Moment::Time(_)) => "Before",
        _ => "To",
    };
    let parts = [
        (Part::Url, "URL contains", text(&filter.url).filter(|_| filter.url_problem().is_none())),
        (Part::Visitor, "Visitor", text(&filter.visitor)),
        (Part::From, "From", filter.from.map(Moment::words)),
        (Part::To, end, filter.to.map(Moment::words)),
    ];
    let chip = |(part, label, value): (Part, &'static str, Option<String>)| {
        Some(Chip { label, value: value?, url: filter.without(part).list_url(connection, span) })
    };
    parts.into_iter().filter_map(chip).collect()
}

/// Whether a field of the form was sent without anything in it.
fn has_empty_field(request: &Request) -> bool {
    let names = ["status", "url", "visitor", "from", "to", "chart"];
    names.iter().any(|name| matches!(request.query(name), Ok(Some(value)) if value.is_empty()))
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
