//! How long the sessions of a connection are kept.
//!
//! Where a change would erase sessions, a page asks first. The erasing itself is done
//! by `finish`, as at any other time.

use serde::Serialize;
use serde_json::json;
use warp::http::Method;

use super::confirm::Confirm;
use super::form::Form;
use super::page::Frame;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::settings::{self, Tab};
use super::{App, Response, format, see_other, storage};
use crate::model::{ConnectionId, TimestampMs};
use crate::store::audit::{self, What};
use crate::store::connections;
use crate::store::erasing::{self, Selection};

const PATH: &str = "/connections/{connection}/retention";

/// Said by the page when it is one of the settings.
const FROM_SETTINGS: &str = "settings";

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The longest time that can be asked for, short of for ever.
const MAX_DAYS: i64 = 36_500;

/// What the form offers when nothing else is known.
const USUAL_DAYS: i64 = 90;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, PATH, Access::Admin, Surface::Page, page),
        Route::new(Method::POST, PATH, Access::Admin, Surface::Page, save),
    ]
}

/// Where a connection's rule is changed.
pub fn url(connection: ConnectionId) -> String {
    PATH.replace("{connection}", &connection.to_string())
}

/// The same as one of the pages of its settings, which it then leads back to.
pub fn settings_url(connection: ConnectionId) -> String {
    format!("{}?from=settings", url(connection))
}

/// How long sessions are kept, as people say it.
pub fn words(days: i64) -> String {
    match days {
        ..=0 => "for ever".to_owned(),
        days => format!("for {}", format::count(days, "day")),
    }
}

/// What was chosen: the connection's own number of days, 0 for ever, or `None` for the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Choice(Option<i64>);

impl Choice {
    fn read(keep: &str, days: &str) -> Result<Self, Problem> {
        match keep {
            "server" => Ok(Self(None)),
            "forever" => Ok(Self(Some(0))),
            "days" => {
                let days = days.trim().parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
                let bad = || Problem::bad_query("days is a whole number from 1 to 36500.");
                days.map(|days| Self(Some(days))).ok_or_else(bad)
            }
            _ => Err(Problem::bad_query("keep is one of server, forever and days.")),
        }
    }

    fn fields(self) -> Vec<(&'static str, String)> {
        let keep = |keep: &str| ("keep", keep.to_owned());
        match self.0 {
            None => vec![keep("server")],
            Some(0) => vec![keep("forever")],
            Some(days) => vec![keep("days"), ("days", days.to_string())],
        }
    }

    /// The sessions that are too old for it, if any can be.
    fn outdated(self, app: &App) -> Option<Selection> {
        let days = self.0.unwrap_or(i64::from(app.settings.retention.keep_days));
        let before: TimestampMs = app.clock.now() - days.saturating_mul(DAY_MS);
        (days > 0).then_some(Selection::Outdated(before))
    }
}

#[derive(Serialize)]
struct RetentionPage {
    #[serde(flatten)]
    frame: Frame,
    action: String,
    keep: &'static str,
    days: i64,
    max_days: i64,
    server_keeps: String,
    cancel_url: String,
    /// Where the page was come from.
    from: String,
    tabs: Vec<Tab>,
    done: Option<&'static str>,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "settings", connection).await?;
    let from = request.query("from")?.unwrap_or_default();
    if let Some(keep) = request.query("keep")? {
        let choice = Choice::read(&keep, &request.query("days")?.unwrap_or_default())?;
        return ask(&app, frame, connection, choice, &from).await;
    }
    let rules = app.store.read(move |conn| connections::rules(conn, connection)).await?;
    let own = rules.and_then(|rules| rules.keep_days);
    let server_days = i64::from(app.settings.retention.keep_days);
    let page = RetentionPage {
        frame,
        action: url(connection),
        keep: match own {
            None => "server",
            Some(0) => "forever",
            Some(_) => "days",
        },
        days: own.into_iter().chain([server_days, USUAL_DAYS]).find(|days| *days > 0).unwrap_or_default(),
        max_days: MAX_DAYS,
        server_keeps: words(server_days),
        cancel_url: back(&app, connection, &from),
        tabs: settings::tabs(connection, "Retention"),
        done: request.query("saved")?.map(|_| "Saved."),
        from,
    };
    app.templates.page("pages/retention.html", &page)
}

/// Whether a form was come to from the settings: whoever does not have the server has no
/// other way.
fn is_of_settings(app: &App, from: &str) -> bool {
    from == FROM_SETTINGS || !app.scope().is_everything()
}

/// The page that a form was come from.
fn back(app: &App, connection: ConnectionId, from: &str) -> String {
    if is_of_settings(app, from) { settings_url(connection) } else { storage::URL.to_owned() }
}

async fn ask(
    app: &App,
    frame: Frame,
    connection: ConnectionId,
    choice: Choice,
    from: &str,
) -> Result<Response, Problem> {
    let outdated = count_outdated(app, connection, choice).await?;
    let kept = words(choice.0.unwrap_or(i64::from(app.settings.retention.keep_days)));
    let name = frame.connection.as_ref().map(|connection| connection.name.clone()).unwrap_or_default();
    let sentences = match outdated {
        0 => vec!["No session is older than that now.".to_owned()],
        _ => vec![
            format!("{} older than that and over. Pinned ones stay.", are(outdated)),
            "They are erased within the next minutes. This cannot be undone: they are overwritten on the disk."
                .to_owned(),
        ],
    };
    let button = match outdated {
        0 => format!("Keep {kept}"),
        _ => format!("Keep {kept} and delete {}", format::count(outdated, "session")),
    };
    let mut fields = choice.fields();
    fields.push(("confirmed", "1".to_owned()));
    fields.push(("from", from.to_owned()));
    Confirm {
        frame,
        title: format!("Keep sessions of {name} {kept}?"),
        facts: Vec::new(),
        sentences,
        action: url(connection),
        fields,
        button: Some(button),
        cancel_url: back(app, connection, from),
    }
    .page(app)
}

fn are(sessions: i64) -> String {
    let verb = if sessions == 1 { "is" } else { "are" };
    format!("{} {verb}", format::count(sessions, "session"))
}

async fn save(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "retention", connection).await?;
    let form = Form::read(&app, &mut request).await?;
    let choice = Choice::read(form.text("keep"), form.text("days"))?;
    if form.text("confirmed") != "1" && count_outdated(&app, connection, choice).await? > 0 {
        let from = Some(("from", form.text("from").to_owned())).filter(|(_, from)| !from.is_empty());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(choice.fields().into_iter().chain(from)).finish();
        return Ok(see_other(&format!("{}?{query}", url(connection))));
    }
    let detail = json!({ "fields": ["keep_days"], "keep_days": choice.0 });
    let entry = app.entry(What::SettingsChanged, Some(connection), "retention", detail);
    app.store
        .write(move |conn| {
            let Some(rules) = connections::rules(conn, connection)? else { return Ok(()) };
            connections::set_rules(conn, connection, &connections::Rules { keep_days: choice.0, ..rules })?;
            audit::append(conn, &entry)
        })
        .await?;
    if is_of_settings(&app, form.text("from")) {
        return Ok(see_other(&format!("{}&saved=1", settings_url(connection))));
    }
    Ok(see_other(&format!("{}?saved={connection}", storage::URL)))
}

/// How many sessions the choice would erase.
async fn count_outdated(app: &App, connection: ConnectionId, choice: Choice) -> Result<i64, Problem> {
    let Some(outdated) = choice.outdated(app) else { return Ok(0) };
    Ok(app.store.read(move |conn| erasing::count(conn, connection, &outdated)).await?)
}
