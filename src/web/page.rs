//! HTML pages from Tera templates.
//!
//! One page, one file under `templates/pages/`, one struct. Templates loop and
//! branch; what they show was computed and written out by the handler.

use std::ops::Deref;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use tera::Context;
use warp::http::{HeaderValue, header};

use super::assets::Assets;
use super::look::Look;
use super::may::May;
use super::problem::Problem;
use super::who::Asker;
use super::{App, Response};
use crate::disk::Room;
use crate::model::{Connection, ConnectionId};
use crate::store::{self, connection_settings, connections};

/// The templates, ready to render.
pub struct Templates {
    look: Look,
}

impl Templates {
    /// Reads the embedded templates, and those of the folder that replace them.
    pub fn load(folder: &Path, assets: &Assets) -> anyhow::Result<Self> {
        Ok(Self { look: Look::new(folder, assets).context("an embedded template is broken")? })
    }

    /// Renders a page.
    pub fn page<T: Serialize>(&self, name: &str, page: &T) -> Result<Response, Problem> {
        let mut response = Response::new(self.render(name, page)?.into());
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, html);
        Ok(response)
    }

    /// The page that says what went wrong. Falls back on JSON when that cannot be rendered.
    pub fn problem(&self, app: &App, problem: &Problem) -> Response {
        let page = ProblemPage {
            frame: Frame::of_server(app, "problem"),
            status: problem.status().as_u16(),
            title: problem.title,
            detail: &problem.detail,
            request_id: problem.request_id.as_deref().filter(|_| problem.status().is_server_error()),
            home_url: "/",
        };
        match self.render("pages/problem.html", &page) {
            Ok(html) => problem.to_page(html),
            Err(_) => problem.to_json(),
        }
    }

    /// The same for whoever has a link and must not be led to the dashboard.
    pub fn guest_problem(&self, problem: &Problem) -> Response {
        let page = GuestProblemPage { title: problem.title, detail: &problem.detail };
        match self.render("pages/share_problem.html", &page) {
            Ok(html) => problem.to_page(html),
            Err(_) => problem.to_json(),
        }
    }

    /// The text of a page.
    pub fn render<T: Serialize>(&self, name: &str, page: &T) -> Result<String, Problem> {
        let rendered = Context::from_serialize(page).and_then(|context| self.look.render(name, context));
        rendered.map_err(|error| {
            tracing::error!(template = name, %error, "a page was not rendered");
            Problem::internal()
        })
    }
}

impl Deref for Templates {
    type Target = Look;

    fn deref(&self) -> &Look {
        &self.look
    }
}

#[derive(Serialize)]
struct ProblemPage<'a> {
    #[serde(flatten)]
    frame: Frame,
    status: u16,
    title: &'a str,
    detail: &'a str,
    /// Where it was not the reader's fault.
    request_id: Option<&'a str>,
    home_url: &'a str,
}

#[derive(Serialize)]
struct GuestProblemPage<'a> {
    title: &'a str,
    detail: &'a str,
}

/// What surrounds every page.
#[derive(Default, Serialize)]
pub struct Frame {
    /// Which part of the dashboard it is.
    pub section: &'static str,
    /// The connection that the page is about.
    pub connection: Option<Connection>,
    /// What the connection picker offers.
    pub connections: Vec<PickerEntry>,
    /// What everybody who looks should know.
    pub notice: Option<&'static str>,
    /// What whoever looks may do.
    pub may: May,
    /// Whoever has logged in.
    pub account: Option<Account>,
}

/// Who is logged in, for the menu of the page's head.
#[derive(Serialize)]
pub struct Account {
    name: String,
    /// Whether they may do everything.
    administers: bool,
    /// Whether they may log out here. Whom a proxy names is logged out by the proxy...
    logs_out: bool,
    /// ...at this address, if it is known.
    proxy_logout: Option<String>,
}

impl Account {
    fn of(app: &App) -> Option<Self> {
        let (_, name) = app.asker().user()?;
        let is_proxied = matches!(app.asker().asker, Asker::Proxied { .. });
        let logout = &app.settings.accounts.proxy_logout_url;
        Some(Self {
            name: name.to_owned(),
            administers: app.asker().scope.is_everything(),
            logs_out: !is_proxied,
            proxy_logout: (is_proxied && !logout.is_empty()).then(|| logout.clone()),
        })
    }
}

/// One row of the connection picker.
#[derive(Serialize)]
pub struct PickerEntry {
    /// What people call the connection.
    pub name: String,
    /// Its sessions.
    pub url: String,
    /// Whether it is the one that is shown.
    pub current: bool,
    /// Whether what visitors type is recorded.
    pub open: bool,
}

impl Frame {
    /// The frame of a page about the whole server.
    pub fn of_server(app: &App, section: &'static str) -> Self {
        let may = May::in_server(&app.scope());
        Self { section, may, account: Account::of(app), ..Self::default() }
    }

    /// The frame of a page about one connection. A connection that does not exist is not found.
    pub async fn about(app: &App, section: &'static str, connection: ConnectionId) -> Result<Self, Problem> {
        let scope = app.scope();
        let may = May::within(&scope, connection);
        let read = move |conn: &store::Db| {
            let all = connections::all(conn, &scope)?;
            let open = all.iter().map(|each| connection_settings::is_open(conn, each.id));
            let open = open.collect::<store::Result<Vec<bool>>>()?;
            Ok((all, open))
        };
        let (all, open) = app.store.read(read).await?;
        let current =
            all.iter().find(|each| each.id == connection).cloned().ok_or_else(Problem::not_found)?;
        let connections = all
            .into_iter()
            .zip(open)
            .map(|(each, open)| PickerEntry {
                open,
                url: sessions_url(each.id),
                current: each.id == connection,
                name: each.name,
            })
            .collect();
        Ok(Self {
            connection: Some(current),
            connections,
            notice: notice(app.store.disk().room()),
            may,
            ..Self::of_server(app, section)
        })
    }
}

/// Why nothing is recorded, if nothing is.
pub fn notice(room: Room) -> Option<&'static str> {
    match room {
        Room::Enough => None,
        Room::Low => Some(
            "Recording is paused: the server's disk is nearly full. It goes on by itself once there is room; \
             until then sessions can be watched and erased.",
        ),
        Room::ReadOnly => Some(
            "Recording is paused: the server's data can only be read. Sessions can be watched, and not be erased.",
        ),
    }
}

/// The address of a connection's sessions.
pub fn sessions_url(connection: ConnectionId) -> String {
    format!("/connections/{connection}/sessions")
}

/// The address of a connection's activity.
pub fn activity_url(connection: ConnectionId) -> String {
    format!("/connections/{connection}/activity")
}

/// The address of a connection's reports.
pub fn reports_url(connection: ConnectionId) -> String {
    format!("/connections/{connection}/reports")
}

/// The address of a connection's plugins.
pub fn plugins_url(connection: ConnectionId) -> String {
    format!("/connections/{connection}/plugins")
}

/// The connection that is shown when none is asked for: the oldest.
pub async fn first_connection(app: &App) -> store::Result<Option<ConnectionId>> {
    let scope = app.scope();
    let first = app.store.read(move |conn| connections::first(conn, &scope)).await?;
    Ok(first.map(|connection| connection.id))
}
