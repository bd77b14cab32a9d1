//! The Reports page: what was made, what is being made, and a form to ask for more.

use serde::Serialize;

use super::period::{self, Choice, Period};
use super::url_of;
use crate::finish::reports::{Order, Reporter, State};
use crate::model::{ConnectionId, TimestampMs};
use crate::store::reports::{self, Report};
use crate::web::moment::Moment;
use crate::web::page::{Frame, reports_url};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, format};

#[derive(Serialize)]
struct ReportsPage {
    #[serde(flatten)]
    frame: Frame,
    done: Option<&'static str>,
    action: String,
    live_url: String,
    /// What the page shows of what is being made; see [`super::live`].
    version: u64,
    reporters: Vec<ReporterText>,
    periods: Vec<Choice>,
    /// The last day that a report can be about.
    today: String,
    orders: Vec<OrderText>,
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct ReporterText {
    plugin: String,
    description: String,
}

/// A report that is not there yet.
#[derive(Serialize)]
struct OrderText {
    plugin: String,
    period: String,
    state: &'static str,
    words: String,
    /// How far it is, while that is known.
    done: u64,
    total: u64,
}

/// The reports of one plugin.
#[derive(Serialize)]
struct Group {
    plugin: String,
    reports: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    url: String,
    title: String,
    period: String,
    sessions: String,
    made_exact: String,
    made_relative: String,
}

pub async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let done = match request.query("deleted")?.as_deref() {
        Some("1") => Some("Report deleted."),
        Some("0") => Some("The report was gone already."),
        _ => None,
    };
    let frame = Frame::about(&app, "reports", connection).await?;
    // Read before the reports: what is stored meanwhile makes another version.
    let version = app.reports.version();
    let scope = app.scope();
    let reports = app.store.read(move |conn| reports::list(conn, &scope, connection)).await?;
    let now = app.clock.now();
    let url = reports_url(connection);
    let page = ReportsPage {
        frame,
        done,
        live_url: format!("{url}/live"),
        action: url,
        version,
        reporters: app.reports.reporters().into_iter().map(reporter_text).collect(),
        periods: period::choices(),
        today: Moment::Day(now).address(),
        orders: app.reports.orders(connection).into_iter().map(order_text).collect(),
        groups: groups(reports, now),
    };
    app.templates.page("pages/reports.html", &page)
}

fn reporter_text(Reporter { plugin, description }: Reporter) -> ReporterText {
    ReporterText { plugin, description }
}

fn order_text(order: Order) -> OrderText {
    let (state, words, done, total) = match order.state {
        State::Waiting => ("waiting", "Waits for others to be made first.".to_owned(), 0, 0),
        State::Running { total: 0, .. } => ("running", "Being made…".to_owned(), 0, 0),
        State::Running { done, total } => {
            let of = format::count(i64::try_from(total).unwrap_or(i64::MAX), "session");
            let given = format::grouped(i64::try_from(done).unwrap_or(i64::MAX));
            ("running", format!("Being made… {given} of {of} read"), done, total)
        }
        State::Failed(reason) => ("failed", reason, 0, 0),
    };
    let period = Period { from: order.from, to: order.to }.words();
    OrderText { plugin: order.plugin, period, state, words, done, total }
}

/// The plugin whose latest report is the newest comes first.
fn groups(reports: Vec<Report>, now: TimestampMs) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for report in reports {
        let plugin = report.report.plugin.clone();
        let line = line(report, now);
        match groups.iter_mut().find(|group| group.plugin == plugin) {
            Some(group) => group.reports.push(line),
            None => groups.push(Group { plugin, reports: vec![line] }),
        }
    }
    groups
}

fn line(report: Report, now: TimestampMs) -> Line {
    Line {
        url: url_of(&report),
        period: Period { from: report.report.from, to: report.report.to }.words(),
        sessions: format::grouped(report.report.sessions),
        made_exact: format::exact(report.made_at),
        made_relative: format::relative(report.made_at, now),
        title: report.report.title,
    }
}
