//! The Plugins page: what plugins are there, how they do, what can be set, and running
//! them over the past.

mod field;
mod figures;
mod input;
mod list;
mod live;
mod recent;
mod rerun;
mod reruns;
mod settings;
mod show;
mod state;
mod switch;
mod words;

pub use state::paused;
use warp::http::Method;

use super::App;
use super::page::{Frame, plugins_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use crate::model::ConnectionId;
use crate::plugins::Entry;
use crate::store::choices::{self, Choice};

const ALL: &str = "/connections/{connection}/plugins";

/// The routes of these files.
pub fn routes() -> Vec<Route> {
    let one = |path: &str| format!("{ALL}/{{plugin}}{path}");
    let (page, data) = (Surface::Page, Surface::Data);
    let (viewer, editor, admin) = (Access::Viewer, Access::Editor, Access::Admin);
    vec![
        Route::new(Method::GET, ALL, viewer, page, list::list),
        Route::new(Method::GET, one(""), viewer, page, show::show),
        Route::new(Method::GET, one("/live"), viewer, data, live::changes),
        Route::new(Method::POST, one("/switch"), admin, page, switch::switch),
        Route::new(Method::POST, one("/try-again"), admin, page, switch::try_again),
        Route::new(Method::POST, one("/settings"), admin, page, settings::save),
        Route::new(Method::GET, one("/runs/{session}/input.json"), editor, data, input::download),
        Route::new(Method::POST, one("/reruns"), admin, page, reruns::start),
        Route::new(Method::GET, one("/reruns/mask"), admin, page, reruns::ask_to_mask),
        Route::new(Method::POST, one("/reruns/{rerun}"), admin, page, reruns::change),
    ]
}

/// The page of a plugin.
fn url_of(connection: ConnectionId, plugin: &str) -> String {
    format!("{}/{plugin}", plugins_url(connection))
}

/// The plugin that a path names, and what was decided about it.
struct Asked {
    connection: ConnectionId,
    frame: Frame,
    name: String,
    /// `None`: it is gone, and something is still decided about it.
    entry: Option<Entry>,
    choice: Choice,
}

impl Asked {
    async fn of(app: &App, request: &Request) -> Result<Self, Problem> {
        let connection: ConnectionId = request.param("connection")?;
        let frame = Frame::about(app, "plugins", connection).await?;
        let name = request.param_text("plugin").to_owned();
        let asked = name.clone();
        let choice = app.store.read(move |conn| choices::find(conn, &asked, connection)).await?;
        let entry = app.plugins.plugins().get(&name).cloned();
        if entry.is_none() && choice == Choice::default() {
            return Err(Problem::no_plugin());
        }
        Ok(Self { connection, frame, name, entry, choice })
    }

    fn entry(&self) -> Result<&Entry, Problem> {
        self.entry.as_ref().ok_or_else(Problem::no_plugin)
    }

    fn url(&self) -> String {
        url_of(self.connection, &self.name)
    }
}
