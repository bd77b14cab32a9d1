//! Reports: what plugins say about many sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::endpoint::Endpoint;
use super::shapes::{List, Time};
use crate::finish::reports::Refused;
use crate::model::{ConnectionId, Section, TokenScope};
use crate::store::audit::What;
use crate::store::reports::{self as stored, Report};
use crate::web::App;
use crate::web::page::reports_url;
use crate::web::problem::Problem;
use crate::web::reports::{self, period::Period};
use crate::web::request::Request;
use crate::web::router::Access;

const ALL: &str = "/connections/{connection}/reports";
const ONE: &str = "/connections/{connection}/reports/{report}";

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::json((Method::GET, ALL, Access::Viewer, TokenScope::ReadPrompts), "List reports", list)
            .about("The newest first, without their sections."),
        Endpoint::taking(
            (Method::POST, ALL, Access::Editor, TokenScope::Write),
            StatusCode::ACCEPTED,
            "Ask for a report",
            order,
        )
        .about("It is made within minutes, and is in the list then."),
        Endpoint::json((Method::GET, ONE, Access::Viewer, TokenScope::ReadPrompts), "Get a report", get),
    ]
}

/// A report in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReportSummary")]
struct Summary {
    id: i64,
    /// The report in the dashboard.
    url: String,
    plugin: String,
    made_at: Time,
    /// The begin of the time that it is about.
    from: Time,
    /// Its end.
    to: Time,
    /// How many sessions started within it.
    sessions: i64,
    title: String,
    /// Markdown.
    summary: String,
}

/// A report.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Report")]
struct Shown {
    #[serde(flatten)]
    summary: Summary,
    sections: Vec<Section>,
}

/// A report that is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// The plugin that is to make it.
    #[schemars(length(min = 1, max = 100))]
    plugin: String,
    /// The first day that it is about (UTC).
    #[schemars(extend("format" = "date"), regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    from: String,
    /// The last one.
    #[schemars(extend("format" = "date"), regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    to: String,
}

/// What was asked for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReportOrder")]
struct Ordered {
    plugin: String,
    from: Time,
    to: Time,
}

impl Summary {
    fn of(app: &App, found: Report) -> Self {
        let Report { id, made_at, report } = found;
        Self {
            id,
            url: format!("{}{}/{id}", app.public_url, reports_url(report.connection)),
            plugin: report.plugin,
            made_at: Time(made_at),
            from: Time(report.from),
            to: Time(report.to),
            sessions: report.sessions,
            title: report.title,
            summary: report.summary,
        }
    }
}

async fn list(app: App, request: Request) -> Result<List<Summary>, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let scope = app.scope();
    let found = app.store.read(move |conn| stored::list(conn, &scope, connection)).await?;
    Ok(List::whole(found.into_iter().map(|report| Summary::of(&app, report)).collect()))
}

async fn get(app: App, request: Request) -> Result<Shown, Problem> {
    let reports::Read { stored, report } = reports::read(&app, &request).await?;
    Ok(Shown { summary: Summary::of(&app, stored), sections: report.sections })
}

async fn order(app: App, request: Request, new: NewReport) -> Result<Ordered, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let period = Period::between(&new.from, &new.to, app.clock.now())
        .map_err(|problem| Problem::bad_body(&problem.detail))?;
    match app.reports.request(connection, &new.plugin, period.from, period.to) {
        Ok(()) => {
            let detail = json!({ "from": period.from, "to": period.to });
            app.looked(app.entry(What::ReportOrdered, Some(connection), new.plugin.clone(), detail));
            Ok(Ordered { plugin: new.plugin, from: Time(period.from), to: Time(period.to) })
        }
        Err(Refused::UnknownPlugin) => {
            let known: Vec<String> = app.reports.reporters().into_iter().map(|known| known.plugin).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(Problem::bad_body(&format!("plugin: name one that makes reports; here these do: {known}.")))
        }
        Err(refused @ Refused::Full) => {
            Err(Problem::busy(&format!("So {refused}. Ask for this one once some of them are made.")))
        }
    }
}
