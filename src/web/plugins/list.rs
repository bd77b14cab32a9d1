//! The page of all plugins.

use serde::Serialize;

use super::figures::{Figures, RUNS};
use super::state::{State, health_digest};
use super::{url_of, words};
use crate::finish::chosen;
use crate::model::ConnectionId;
use crate::plugins::{Entry, Plugin};
use crate::store::choices::{self, Choice};
use crate::store::held_back::{self, HeldBack};
use crate::store::runs::{self, Run};
use crate::store::{self, Db};
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, format};

#[derive(Serialize)]
struct PluginsPage {
    #[serde(flatten)]
    frame: Frame,
    done: Option<&'static str>,
    /// Why a changed `config.toml` does not hold.
    settings_problem: Option<String>,
    plugins: Vec<Row>,
    held_back: Option<HeldBackText>,
    folder: String,
    /// Whether plugins of the folder are there.
    folder_is_used: bool,
}

/// A plugin as text.
#[derive(Serialize)]
pub struct Row {
    pub name: String,
    pub title: String,
    pub description: String,
    pub url: String,
    pub version: Option<String>,
    pub hash: Option<String>,
    pub short_hash: Option<String>,
    pub origin: Option<&'static str>,
    pub capabilities: Vec<&'static str>,
    pub sees: Vec<String>,
    pub state: State,
    /// What the switch is at; `None` when there is nothing to switch.
    pub is_on: Option<bool>,
    pub masks: bool,
    pub figures: Option<Figures>,
}

/// Sessions that could not be masked, as text.
#[derive(Serialize)]
pub struct HeldBackText {
    sessions: String,
    reason: String,
}

impl HeldBackText {
    /// `None` when there are none.
    pub fn of(held: HeldBack) -> Option<Self> {
        let sessions = match held.sessions {
            0 => return None,
            1 => "1 session is".to_owned(),
            sessions => format!("{} are", format::count(sessions, "session")),
        };
        Some(Self { sessions, reason: held.reason.unwrap_or_default() })
    }
}

/// A plugin with what is known of it in the database.
pub struct Known {
    /// What stands in the registry; `None`: its file is gone.
    pub entry: Option<Entry>,
    /// What was decided.
    pub choice: Choice,
    /// Why it is paused.
    pub paused: Option<String>,
    /// Its latest runs.
    pub runs: Vec<Run>,
}

impl Known {
    /// Reads what is known of a plugin.
    pub fn read(
        conn: &Db,
        connection: ConnectionId,
        name: &str,
        entry: Option<Entry>,
        choice: Choice,
    ) -> store::Result<Self> {
        let digest = entry.as_ref().and_then(|entry| health_digest(entry, &choice));
        let paused = digest.map(|digest| choices::paused(conn, name, &digest)).transpose()?.flatten();
        let runs = runs::latest(conn, name, connection, RUNS)?;
        Ok(Self { entry, choice, paused, runs })
    }
}

impl Row {
    /// Writes a plugin out.
    pub fn of(connection: ConnectionId, name: String, known: &Known) -> Self {
        let plugin = known.entry.as_ref().and_then(|entry| entry.plugin.as_deref());
        let manifest = plugin.map(|plugin| &plugin.manifest);
        let is_decided = known.choice.enabled == Some(true);
        let state = match &known.entry {
            Some(entry) => State::of(entry, &known.choice, known.paused.clone()),
            None => State::gone(&known.choice),
        };
        Self {
            title: manifest.map_or_else(|| name.clone(), |manifest| manifest.plugin.name.clone()),
            description: manifest.map(|manifest| manifest.plugin.description.clone()).unwrap_or_default(),
            url: url_of(connection, &name),
            version: plugin.map(|plugin| plugin.version().to_owned()),
            short_hash: plugin.map(short_hash),
            hash: plugin.map(|plugin| plugin.hash.clone()),
            origin: plugin.map(words::origin),
            capabilities: manifest.map(words::capabilities).unwrap_or_default(),
            sees: manifest.map(words::sees).unwrap_or_default(),
            is_on: match plugin {
                Some(plugin) => Some(chosen::is_on(plugin, &known.choice)),
                None => is_decided.then_some(true),
            },
            masks: manifest.is_some_and(|manifest| manifest.masker.is_some()),
            figures: Figures::of(&known.runs)
                .or_else(|| Figures::of_recent(&plugin?.recent.of_connection(connection))),
            state,
            name,
        }
    }
}

fn short_hash(plugin: &Plugin) -> String {
    plugin.hash.get(..12).unwrap_or(&plugin.hash).to_owned()
}

pub async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "plugins", connection).await?;
    let registry = app.plugins.plugins();
    let entries: Vec<Entry> = registry.entries().cloned().collect();
    let folder_is_used = entries.iter().any(|entry| entry.path.is_some());
    let (known, held) = app
        .store
        .read(move |conn| {
            Ok((known(conn, connection, entries)?, held_back::of_connection(conn, connection)?))
        })
        .await?;
    let page = PluginsPage {
        frame,
        done: done(&request)?,
        settings_problem: registry.settings_problem.clone(),
        plugins: known.into_iter().map(|(name, known)| Row::of(connection, name, &known)).collect(),
        held_back: HeldBackText::of(held),
        folder: app.settings.plugins.folder.display().to_string(),
        folder_is_used,
    };
    app.templates.page("pages/plugins.html", &page)
}

/// All plugins of the registry, then those that are switched on and gone.
fn known(conn: &Db, connection: ConnectionId, entries: Vec<Entry>) -> store::Result<Vec<(String, Known)>> {
    let choices = choices::of_connection(conn, connection)?;
    let is_there = |name: &str| entries.iter().any(|entry| entry.id == name);
    let gone: Vec<String> = choices
        .iter()
        .filter(|(name, choice)| choice.enabled == Some(true) && !is_there(name))
        .map(|(name, _)| name.clone())
        .collect();
    let there = entries.into_iter().map(|entry| (entry.id.clone(), Some(entry)));
    let all = there.chain(gone.into_iter().map(|name| (name, None)));
    all.map(|(name, entry)| {
        let choice = choices.iter().find(|(of, _)| *of == name).map(|(_, choice)| choice.clone());
        let known = Known::read(conn, connection, &name, entry, choice.unwrap_or_default())?;
        Ok((name, known))
    })
    .collect()
}

/// What was done on the page before.
pub fn done(request: &Request) -> Result<Option<&'static str>, Problem> {
    Ok(match request.query("done")?.as_deref() {
        Some("on") => Some("Switched on."),
        Some("off") => Some("Switched off."),
        Some("again") => Some("It runs again, and catches up on the sessions that it missed."),
        Some("masked") => Some("The sessions are tried again."),
        Some("saved") => Some("Settings saved."),
        Some("defaults") => Some("The settings are again as the server has them."),
        _ => None,
    })
}
