//! Reports: what plugins say about many sessions of a connection.
//!
//! A list by plugin, one page for each, exports, and a form to ask for another one. Who
//! makes them, and how, is `finish`'s; here they are asked for and shown.

mod chart;
mod csv;
mod delete;
mod export;
mod links;
mod list;
mod live;
mod markdown;
mod order;
pub mod period;
mod show;

use std::str::FromStr;

use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, page};
use crate::model::{self, ConnectionId, Section};
use crate::store::reports;
use links::Links;
pub use markdown::write as as_markdown;
use warp::http::Method;

const ALL: &str = "/connections/{connection}/reports";

/// The routes of these files.
pub fn routes() -> Vec<Route> {
    let one = |path: &str| format!("{ALL}/{{report}}{path}");
    let (viewer, editor, shown) = (Access::Viewer, Access::Editor, Surface::Page);
    vec![
        Route::new(Method::GET, ALL, viewer, shown, list::list),
        Route::new(Method::POST, ALL, editor, shown, order::order),
        Route::new(Method::GET, format!("{ALL}/live"), viewer, Surface::Data, live::changes),
        Route::new(Method::GET, one(""), viewer, shown, show::show),
        Route::new(Method::GET, one("/report.md"), viewer, shown, export::markdown),
        Route::new(Method::GET, one("/tables/{table}"), viewer, shown, export::table),
        Route::new(Method::GET, one("/delete"), editor, shown, delete::ask),
        Route::new(Method::POST, one("/delete"), editor, shown, delete::delete),
    ]
}

/// A stored report, read.
pub struct Read {
    /// As it is stored.
    pub stored: reports::Report,
    /// What it says.
    pub report: model::Report,
}

impl Read {
    fn url(&self) -> String {
        url_of(&self.stored)
    }

    fn links(&self, app: &App) -> Links {
        Links { public_url: app.public_url.clone(), connection: self.stored.report.connection }
    }
}

fn url_of(stored: &reports::Report) -> String {
    format!("{}/{}", page::reports_url(stored.report.connection), stored.id)
}

/// The report that the path names. One that the asker may not see is not there.
async fn find(app: &App, request: &Request) -> Result<reports::Report, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let id = Number::of(request)?;
    let scope = app.scope();
    let found = app.store.read(move |conn| reports::find(conn, &scope, connection, id.0)).await?;
    found.ok_or_else(Problem::no_report)
}

/// [`find`], with what is in it.
pub async fn read(app: &App, request: &Request) -> Result<Read, Problem> {
    let stored = find(app, request).await?;
    let sections: Vec<Section> = serde_json::from_str(&stored.report.sections).map_err(|error| {
        tracing::error!(report = stored.id, %error, "a stored report cannot be read");
        Problem::internal()
    })?;
    let report = model::Report {
        title: stored.report.title.clone(),
        summary: stored.report.summary.clone(),
        sections,
    };
    Ok(Read { stored, report })
}

/// A report's number in an address.
struct Number(i64);

impl Number {
    fn of(request: &Request) -> Result<Self, Problem> {
        request.param("report").map_err(|_| Problem::no_report())
    }
}

impl FromStr for Number {
    type Err = model::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<ConnectionId>().map(|number| Self(number.0))
    }
}
