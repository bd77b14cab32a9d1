//! All connections, and adding one.

use serde::Serialize;
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::form::Form;
use super::may::May;
use super::page::{Frame, notice, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::settings::{self, Field, Group, Problems};
use super::{App, Response, format, see_other};
use crate::ingest;
use crate::model::recording::{Privacy, Recording};
use crate::model::{Connection, MAX_NAME_CHARS, TimestampMs, connection_name};
use crate::store::audit::{self, Entry, What};
use crate::store::connection_settings;
use crate::store::connections::{self, Rules};
use crate::store::health::{self, Health};
use crate::store::members;

/// Where the page is.
pub const URL: &str = "/connections";

/// Nothing that is older tells how a connection is.
const LATELY_MS: i64 = 24 * 60 * 60 * 1000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, URL, Access::LoggedIn, Surface::Page, page),
        Route::new(Method::POST, URL, Access::Server, Surface::Page, add),
    ]
}

#[derive(Serialize)]
struct ConnectionsPage {
    #[serde(flatten)]
    frame: Frame,
    done: Option<&'static str>,
    rows: Vec<Row>,
    action: &'static str,
    groups: Vec<Group>,
    wrong: bool,
    /// Who can give a role to somebody who has none.
    ask: String,
}

#[derive(Serialize)]
struct Row {
    may: May,
    name: String,
    url: String,
    settings_url: String,
    doctor_url: String,
    state_url: String,
    sessions: String,
    last_exact: String,
    last: String,
    /// `recording`, `quiet`, `waiting` or `paused`.
    state: &'static str,
    state_words: &'static str,
    paused: bool,
    /// Whether what visitors type is recorded.
    open: bool,
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    name: String,
    origins: String,
    privacy: String,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let done = match request.query("saved")?.as_deref() {
        Some("deleted") => Some("The connection is deleted. Its recordings are being overwritten."),
        Some("paused") => Some("Paused. Uploads are refused from now on."),
        Some("resumed") => Some("Recording again."),
        _ => None,
    };
    show(&app, done, &Typed::default(), &Problems::new()).await
}

async fn show(
    app: &App,
    done: Option<&'static str>,
    typed: &Typed,
    problems: &Problems,
) -> Result<Response, Problem> {
    let (scope, now) = (app.scope(), app.clock.now());
    let (rows, ask) = app
        .store
        .read(move |conn| {
            let known = connections::with_rules(conn, &scope)?;
            let row = |(connection, rules): (Connection, Rules)| {
                let totals = connections::totals(conn, &scope, connection.id)?;
                let health = health::look(conn, &scope, connection.id, now - LATELY_MS, 0)?;
                let may = May::within(&scope, connection.id);
                let open = connection_settings::is_open(conn, connection.id)?;
                Ok(Row { open, ..row_of(connection, &rules, totals.total, &health, may, now) })
            };
            let rows = known.into_iter().map(row).collect::<crate::store::Result<Vec<_>>>()?;
            let ask = if rows.is_empty() { members::administrators(conn)? } else { Vec::new() };
            Ok((rows, format::either(&ask)))
        })
        .await?;
    let wrong = !problems.is_empty();
    let frame = Frame { notice: notice(app.store.disk().room()), ..Frame::of_server(app, "connections") };
    let page =
        ConnectionsPage { frame, done, rows, action: URL, groups: groups(typed, problems), wrong, ask };
    let mut response = app.templates.page("pages/connections.html", &page)?;
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn row_of(
    connection: Connection,
    rules: &Rules,
    sessions: i64,
    health: &Health,
    may: May,
    now: TimestampMs,
) -> Row {
    let (state, state_words) = state(rules, sessions, health);
    Row {
        may,
        url: sessions_url(connection.id),
        settings_url: settings::url(connection.id),
        doctor_url: super::doctor::url(connection.id),
        state_url: format!("{}/state", settings::url(connection.id)),
        sessions: format::grouped(sessions),
        last_exact: health.last_batch_at.map(format::exact).unwrap_or_default(),
        last: health.last_batch_at.map(|at| format::relative(at, now)).unwrap_or_default(),
        state,
        state_words,
        paused: rules.paused,
        open: false,
        name: connection.name,
    }
}

fn state(rules: &Rules, sessions: i64, health: &Health) -> (&'static str, &'static str) {
    match (rules.paused, health.last_batch_at, health.sessions) {
        (true, ..) => ("paused", "Paused"),
        (_, None, _) if sessions == 0 => ("waiting", "Waiting for the first event"),
        (_, _, 0) => ("quiet", "No visit in 24 hours"),
        _ => ("recording", "Recording"),
    }
}

fn groups(typed: &Typed, problems: &Problems) -> Vec<Group> {
    let presets = Privacy::ALL.map(|preset| (preset.name(), preset.name(), preset.meaning()));
    let preset = Privacy::named(&typed.privacy).unwrap_or(Privacy::Balanced);
    let mut fields = vec![
        Field::text("name", "Name", &typed.name, MAX_NAME_CHARS).placeholder("Shop"),
        Field::lines("origins", "Allowed origins", &typed.origins, 2)
            .hint("One a line, scheme and host. Empty: pages of any site may send.")
            .placeholder("https://shop.example"),
        Field::cards("privacy", "How much is recorded", presets, preset.name()),
    ];
    fields.extend(settings::confirmation(problems));
    vec![Group::new("", "", fields, problems)]
}

async fn add(app: App, mut request: Request) -> Result<Response, Problem> {
    let form = Form::read(&app, &mut request).await?;
    let text = |name| form.text(name).to_owned();
    let typed = Typed { name: text("name"), origins: text("origins"), privacy: text("privacy") };
    let mut problems = Problems::new();
    let name = connection_name(&typed.name).unwrap_or_default();
    if name.is_empty() {
        problems.push(("name", format!("Write 1 to {MAX_NAME_CHARS} characters on one line.")));
    }
    let allowed_origins = settings::read_origins("origins", &typed.origins, &mut problems);
    let privacy = Privacy::named(&typed.privacy);
    if privacy.is_none() {
        problems.push(("privacy", "Choose one of the three.".to_owned()));
    }
    settings::check_open(&form, None, privacy, &mut problems);
    if !problems.is_empty() {
        return show(&app, None, &typed, &problems).await;
    }
    let (key, now) = (ingest::new_key(), app.clock.now());
    let entry = app.entry(What::ConnectionAdded, None, name.clone(), json!({}));
    let added = app
        .store
        .write(move |conn| {
            let Some(added) = connections::add(conn, &name, &key, now)? else { return Ok(None) };
            let usual = connections::rules(conn, added.id)?.unwrap_or_default();
            connections::set_rules(conn, added.id, &Rules { allowed_origins, ..usual })?;
            connection_settings::set_recording(
                conn,
                added.id,
                &Recording { privacy, ..Recording::default() },
            )?;
            audit::append(conn, &Entry { connection: Some(added.id), ..entry })?;
            Ok(Some(added.id))
        })
        .await?;
    match added {
        Some(connection) => Ok(see_other(&format!("{}?saved=added", settings::install_url(connection)))),
        None => {
            let problem = "Another connection is called this. Choose another name.".to_owned();
            show(&app, None, &typed, &vec![("name", problem)]).await
        }
    }
}
