//! The page: chart, filters, and the feed.

use serde::Serialize;

use super::asked::{Asked, KINDS, step_of};
use super::entry::{self, Entry};
use crate::model::{ConnectionId, Totals};
use crate::store::activity::{self, Hour};
use crate::store::feed::{self, Kind, Listing, Step};
use crate::store::{choices, connections, prompts};
use crate::web::chart::{self, Chart, Series};
use crate::web::held_back::Rule;
use crate::web::may::May;
use crate::web::moment::Moment;
use crate::web::page::{Frame, activity_url};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, demo, format, see_other, settings};

#[derive(Serialize)]
struct ActivityPage {
    #[serde(flatten)]
    frame: Frame,
    /// What is there, for pages that hear of changes.
    version: String,
    chart: Chart,
    tabs: Vec<Tab>,
    chips: Vec<Chip>,
    entries: Vec<Entry>,
    newer_url: Option<String>,
    older_url: Option<String>,
    /// The feed as it is shown, from its start.
    start_url: String,
    csv_url: String,
    /// The connection has never had a session.
    waiting: bool,
    /// Why there are no entries, if there are none.
    empty: Option<Empty>,
    all_url: String,
    snippet: String,
    widget_snippet: String,
    settings_url: String,
    demo_url: Option<&'static str>,
    live_url: String,
}

#[derive(Serialize)]
struct Tab {
    label: &'static str,
    value: &'static str,
    url: String,
    current: bool,
    count: String,
}

#[derive(Serialize)]
struct Chip {
    label: &'static str,
    value: String,
    url: String,
}

/// Why there is nothing on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Empty {
    /// Nothing was ever asked.
    Prompts,
    /// Nothing was left unanswered.
    Unanswered,
    /// Nothing was found bad.
    Disliked,
    /// Nothing happened in the time that is asked for.
    Time,
    /// What stood here is gone.
    Gone,
}

/// What the store says.
struct Found {
    totals: Totals,
    prompts: prompts::Totals,
    hours: Vec<Hour>,
    listing: Listing,
    rule: Rule,
}

/// Answers the page.
pub async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let (asked, step) = (Asked::of(&request)?, step_of(&request)?);
    if asked.is_about_prompts() && !app.scope().shows_prompts(connection) {
        return Err(Problem::prompts_withheld());
    }
    let frame = Frame::about(&app, "activity", connection).await?;
    let found = find(&app, connection, &asked, step).await?;
    if found.listing.entries.is_empty() && step != Step::First {
        // An old link to what is gone.
        return Ok(see_other(&asked.url(connection, None)));
    }
    app.templates.page("pages/activity.html", &page(&app, frame, connection, asked, found))
}

async fn find(app: &App, connection: ConnectionId, asked: &Asked, step: Step) -> Result<Found, Problem> {
    let (scope, limit) = (app.scope(), app.settings.pages.sessions_per_page);
    let (filter, viewing, now) = (asked.filter(), app.clone(), app.clock.now());
    let since = asked.span.start(now);
    let read = app.store.read(move |conn| {
        Ok(Found {
            totals: connections::totals(conn, &scope, connection)?,
            prompts: prompts::totals(conn, &scope, connection)?,
            hours: activity::hours(conn, &scope, connection, since, now)?,
            listing: feed::list(conn, &scope, connection, &filter, step, limit)?,
            rule: Rule::of(&viewing, connection, &choices::of_connection(conn, connection)?),
        })
    });
    Ok(read.await?)
}

/// What tells a page whether anything has changed.
pub fn version(totals: Totals, prompts: prompts::Totals) -> String {
    format!("{}-{}-{}-{}", totals.total, totals.active, totals.events, prompts.changes)
}

fn page(app: &App, frame: Frame, connection: ConnectionId, asked: Asked, found: Found) -> ActivityPage {
    let Found { totals, prompts, hours, listing, rule } = found;
    let now = app.clock.now();
    let newest = listing.entries.first().filter(|_| listing.newer).map(feed::Entry::place);
    let oldest = listing.entries.last().filter(|_| listing.older).map(feed::Entry::place);
    let snippet = |write: fn(&App, &crate::model::Connection) -> String| {
        frame.connection.as_ref().map(|connection| write(app, connection)).unwrap_or_default()
    };
    ActivityPage {
        version: version(totals, prompts),
        chart: draw(&hours, connection, asked, frame.may, now),
        tabs: tabs(connection, asked, totals, prompts),
        chips: chips(connection, asked),
        newer_url: newest.map(|place| asked.url(connection, Some(("after", place)))),
        older_url: oldest.map(|place| asked.url(connection, Some(("before", place)))),
        start_url: asked.url(connection, None),
        csv_url: asked.csv_url(connection),
        waiting: totals.total == 0,
        empty: listing.entries.is_empty().then(|| why_empty(asked, prompts)),
        entries: entry::entries(listing.entries, rule, now),
        all_url: Asked { span: asked.span, ..Asked::default() }.url(connection, None),
        snippet: snippet(App::snippet),
        widget_snippet: snippet(App::widget_snippet),
        settings_url: settings::url(connection),
        demo_url: app.demo.filter(|demo| *demo == connection).map(|_| demo::HOME),
        live_url: format!("{}/live", activity_url(connection)),
        frame,
    }
}

fn why_empty(asked: Asked, prompts: prompts::Totals) -> Empty {
    match asked.kind {
        Kind::Prompts | Kind::Unanswered | Kind::Disliked if prompts.prompts == 0 => Empty::Prompts,
        _ if asked.is_of_a_time() => Empty::Time,
        Kind::Unanswered => Empty::Unanswered,
        Kind::Disliked => Empty::Disliked,
        _ => Empty::Gone,
    }
}

fn draw(hours: &[Hour], connection: ConnectionId, asked: Asked, may: May, now: i64) -> Chart {
    let page = chart::Page {
        series: if may.read_prompts { Series::WithPrompts } else { Series::Sessions },
        listed: (asked.from, asked.to),
        bar_url: &|(from, to)| asked.of_time(Some(from), Some(to)).url(connection, None),
        span_url: &|span| Asked { span, ..asked }.url(connection, None),
    };
    Chart::draw(hours, asked.span, &page, now)
}

fn tabs(connection: ConnectionId, asked: Asked, totals: Totals, prompts: prompts::Totals) -> Vec<Tab> {
    let count = |kind| match kind {
        Kind::All => totals.total + prompts.prompts,
        Kind::Prompts => prompts.prompts,
        Kind::Sessions => totals.total,
        Kind::Unanswered => prompts.unanswered,
        Kind::Disliked => prompts.disliked,
    };
    let tab = |(kind, value, label): (Kind, &'static str, &'static str)| Tab {
        label,
        value: if value.is_empty() { "all" } else { value },
        url: Asked { kind, ..asked }.url(connection, None),
        current: kind == asked.kind,
        // Of a time nobody has counted.
        count: if asked.is_of_a_time() { String::new() } else { format::grouped(count(kind)) },
    };
    KINDS.into_iter().map(tab).collect()
}

fn chips(connection: ConnectionId, asked: Asked) -> Vec<Chip> {
    let end = if matches!(asked.to, Some(Moment::Time(_))) { "Before" } else { "To" };
    let from = asked.from.map(|from| Chip {
        label: "From",
        value: from.words(),
        url: asked.of_time(None, asked.to).url(connection, None),
    });
    let to = asked.to.map(|to| Chip {
        label: end,
        value: to.words(),
        url: asked.of_time(asked.from, None).url(connection, None),
    });
    from.into_iter().chain(to).collect()
}
