//! The settings of a connection: a page for each subject, plain forms all of them.
//!
//! What is wrong is said at its field, and nothing that was typed is lost.

mod field;
mod general;
mod install;
mod keys;
mod moving;
mod origins;
mod people;
mod preview;
mod recording;
mod state;
mod text_rules;
mod webhooks;
mod widget;

use serde::Serialize;
use serde_json::json;
use warp::http::{Method, StatusCode};

pub use field::{Field, Group, Problems};
pub use install::url_of as install_url;
pub use moving::url_of as moving_url;
pub use origins::read as read_origins;
pub use text_rules::{check_open, confirmation};

use super::page::Frame;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response, audit, doctor, leaks, retention, see_other, share};
use crate::model::ConnectionId;
use crate::store::audit::{Entry, What, append};
use crate::store::{self, Db};

const PATH: &str = "/connections/{connection}/settings";

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let mut routes = general::routes();
    routes.extend(state::routes());
    routes.extend(keys::routes());
    routes.extend(recording::routes());
    routes.extend(widget::routes());
    routes.extend(preview::routes());
    routes.extend(install::routes());
    routes.extend(people::routes());
    routes.extend(webhooks::routes());
    routes.extend(moving::routes());
    routes
}

/// A page of the dashboard at this place below the settings.
fn route<F, Fut>(method: Method, place: &str, handler: F) -> Route
where
    F: Fn(App, Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    Route::new(method, format!("{PATH}{place}"), Access::Admin, Surface::Page, handler)
}

/// Where the settings of a connection are.
pub fn url(connection: ConnectionId) -> String {
    format!("/connections/{connection}/settings")
}

/// A page of the settings in the component `settings_tabs`.
#[derive(Debug, Serialize)]
pub struct Tab {
    label: &'static str,
    url: String,
    current: bool,
}

impl Tab {
    /// A page beside others.
    pub fn new(label: &'static str, url: impl Into<String>, current: bool) -> Self {
        Self { label, url: url.into(), current }
    }
}

/// The pages of a connection's settings; `current` is the name of the one that is shown.
pub fn tabs(connection: ConnectionId, current: &str) -> Vec<Tab> {
    let below = |place: &str| format!("{}{place}", url(connection));
    let tab = |label: &'static str, url| Tab { label, url, current: label == current };
    vec![
        tab("General", below("")),
        tab("Recording", below("/recording")),
        tab("Install", below("/install")),
        tab("Widget", below("/widget")),
        tab("Answers", below("/answers")),
        tab("Leaks", leaks::url(connection)),
        tab("People", below("/people")),
        tab("Webhooks", below("/webhooks")),
        tab("Retention", retention::settings_url(connection)),
        tab("Import and export", moving_url(connection)),
        tab("Shared links", share::url_of_all(connection)),
        tab("Audit", audit::url_of(Some(connection))),
        tab("Doctor", doctor::url(connection)),
    ]
}

/// What every page of the settings begins with.
#[derive(Serialize)]
struct Head {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    /// What was done on the page before.
    done: Option<&'static str>,
    /// Whether a form was not saved.
    wrong: bool,
}

impl Head {
    async fn of(
        app: &App,
        request: &Request,
        connection: ConnectionId,
        tab: &'static str,
    ) -> Result<Self, Problem> {
        Ok(Self {
            frame: Frame::about(app, "settings", connection).await?,
            tabs: tabs(connection, tab),
            done: done(request)?,
            wrong: false,
        })
    }
}

/// An entry for the audit log that names the fields that a form changed; none when it changed nothing.
pub fn settings_entry(app: &App, connection: ConnectionId, page: &str, fields: Vec<String>) -> Option<Entry> {
    let detail = json!({ "fields": fields });
    (!fields.is_empty()).then(|| app.entry(What::SettingsChanged, Some(connection), page, detail))
}

/// Appends an entry where there is one.
pub fn append_if_any(conn: &Db, entry: Option<Entry>) -> store::Result<()> {
    entry.map_or(Ok(()), |entry| append(conn, &entry))
}

/// What was done by the page before, as its address says.
fn done(request: &Request) -> Result<Option<&'static str>, Problem> {
    Ok(match request.query("saved")?.as_deref() {
        Some("1") => Some("Saved. Pages heed it within a minute."),
        Some("paused") => Some("Paused. Uploads are refused from now on."),
        Some("resumed") => Some("Recording again."),
        Some("key") => Some("The connection has a new write key. Put the new snippet into your pages."),
        Some("ended") => Some("Only the present key works now."),
        Some("added") => Some("Connection added."),
        Some("webhook-deleted") => Some("The webhook is deleted."),
        _ => None,
    })
}

/// Leads back to a page that says what was done.
fn saved(url: &str, what: &str) -> Response {
    see_other(&format!("{url}?saved={what}"))
}

/// A form that is shown again with what is wrong with it.
fn refused(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

/// A page that is nothing but a form.
#[derive(Serialize)]
struct FormPage {
    #[serde(flatten)]
    head: Head,
    title: &'static str,
    about: &'static str,
    action: String,
    groups: Vec<Group>,
    /// The address of what is previewed beside the form.
    preview_url: Option<String>,
}

impl FormPage {
    fn show(self, app: &App) -> Result<Response, Problem> {
        let wrong = self.head.wrong;
        let page = app.templates.page("pages/settings_form.html", &self)?;
        Ok(if wrong { refused(page) } else { page })
    }
}
