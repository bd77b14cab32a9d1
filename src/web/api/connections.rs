//! Connections: listing, adding and changing them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::endpoint::Endpoint;
use super::shapes::List;
use crate::ingest::{self, origins};
use crate::model::recording::{Privacy, Recording};
use crate::model::{Connection, ConnectionId, MAX_NAME_CHARS, TokenScope, Totals, connection_name};
use crate::store::audit::{self, Entry, What};
use crate::store::connections::{self, Rules};
use crate::store::{Db, Scope, connection_settings};
use crate::web::audited::changed;
use crate::web::kinds;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::settings::{append_if_any, settings_entry};
use crate::web::{App, page};

/// More origins than this are no list any more.
const MOST_ORIGINS: usize = 100;

pub fn endpoints() -> Vec<Endpoint> {
    let one = "/connections/{connection}";
    vec![
        Endpoint::json(
            (Method::GET, "/connections", Access::LoggedIn, TokenScope::Read),
            "List connections",
            list,
        ),
        Endpoint::taking(
            (Method::POST, "/connections", Access::Server, TokenScope::Admin),
            StatusCode::CREATED,
            "Add a connection",
            add,
        )
        .about("The token has to be for all connections.")
        .problems([kinds::NAME_TAKEN]),
        Endpoint::json((Method::GET, one, Access::Member, TokenScope::Read), "Get a connection", get),
        Endpoint::taking(
            (Method::PATCH, one, Access::Admin, TokenScope::Admin),
            StatusCode::OK,
            "Change a connection",
            change,
        )
        .about("What is left out stays as it is. `paused` takes no uploads until it is false again.")
        .problems([kinds::NAME_TAKEN]),
    ]
}

/// A recorded site or application.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
struct Shown {
    id: i64,
    name: String,
    /// Stands in every recorded page: it allows writing and nothing else.
    write_key: String,
    /// Its sessions in the dashboard.
    url: String,
    /// Whether uploads are refused for now.
    paused: bool,
    /// The origins that may send. Empty: any.
    allowed_origins: Vec<String>,
    /// Whether visitors whose browser sends `Sec-GPC: 1` are left alone.
    honour_gpc: bool,
    /// How long its sessions are kept, in days. Null: as long as the server's setting says.
    keep_days: Option<i64>,
    /// What may arrive in one day (UTC), in bytes as sent. Null: any amount.
    daily_bytes: Option<i64>,
    sessions: Sessions,
}

/// How many sessions there are.
#[derive(Serialize, JsonSchema)]
struct Sessions {
    total: i64,
    /// Those of which more is expected.
    active: i64,
    completed: i64,
}

/// A connection that is added.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    /// What people call it; no other one is called the same.
    #[schemars(
        length(min = 1, max = 80),
        regex(pattern = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$")
    )]
    name: String,
    /// The origins that may send, such as `https://shop.example`. Empty: any.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(max = 300)))]
    allowed_origins: Vec<String>,
    /// How much is recorded.
    privacy: Option<Privacy>,
}

/// What changes about a connection.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionChanges {
    /// What people call it; no other one is called the same.
    #[schemars(
        length(min = 1, max = 80),
        regex(pattern = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$")
    )]
    name: Option<String>,
    /// Whether uploads are refused from now on.
    paused: Option<bool>,
    /// The origins that may send. Empty: any.
    #[schemars(length(max = 100), inner(length(max = 300)))]
    allowed_origins: Option<Vec<String>>,
    /// Whether visitors whose browser sends `Sec-GPC: 1` are left alone.
    honour_gpc: Option<bool>,
    /// How long its sessions are kept, in days; null for as long as the server's setting says.
    #[serde(default, deserialize_with = "some")]
    #[schemars(with = "Option<i64>", range(min = 1, max = 36500))]
    keep_days: Option<Option<i64>>,
    /// What may arrive in one day (UTC), in bytes as sent; null for any amount.
    #[serde(default, deserialize_with = "some")]
    #[schemars(with = "Option<i64>", range(min = 1, max = 1000000000000000_i64))]
    daily_bytes: Option<Option<i64>>,
}

/// A null that was written is told from a field that was left out.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn read(app: &App, conn: &Db, scope: &Scope, connection: Connection) -> crate::store::Result<Shown> {
    let rules = connections::rules(conn, connection.id)?.unwrap_or_default();
    let Totals { total, active, completed, .. } = connections::totals(conn, scope, connection.id)?;
    Ok(Shown {
        id: connection.id.0,
        url: format!("{}{}", app.public_url, page::sessions_url(connection.id)),
        name: connection.name,
        write_key: connection.write_key,
        paused: rules.paused,
        allowed_origins: rules.allowed_origins,
        honour_gpc: rules.honour_gpc,
        keep_days: rules.keep_days,
        daily_bytes: rules.daily_bytes,
        sessions: Sessions { total, active, completed },
    })
}

async fn list(app: App, _: Request) -> Result<List<Shown>, Problem> {
    let (scope, viewing) = (app.scope(), app.clone());
    let read = move |conn: &Db| {
        let all = connections::all(conn, &scope)?;
        all.into_iter().map(|connection| read(&viewing, conn, &scope, connection)).collect()
    };
    Ok(List::whole(app.store.read(read).await?))
}

async fn get(app: App, request: Request) -> Result<Shown, Problem> {
    find(&app, request.param("connection")?).await
}

async fn find(app: &App, id: ConnectionId) -> Result<Shown, Problem> {
    let (scope, viewing) = (app.scope(), app.clone());
    let read = move |conn: &Db| {
        let known = connections::all(conn, &scope)?.into_iter().find(|connection| connection.id == id);
        known.map(|connection| read(&viewing, conn, &scope, connection)).transpose()
    };
    app.store.read(read).await?.ok_or_else(Problem::not_found)
}

async fn add(app: App, _: Request, new: NewConnection) -> Result<Shown, Problem> {
    let name = name_of(&new.name)?;
    let allowed_origins = origins_of(&new.allowed_origins)?;
    let recording = Recording { privacy: new.privacy, ..Recording::default() };
    let (key, now) = (ingest::new_key(), app.clock.now());
    let entry = app.entry(What::ConnectionAdded, None, name.clone(), json!({}));
    let added = app
        .store
        .write(move |conn| {
            let Some(added) = connections::add(conn, &name, &key, now)? else { return Ok(None) };
            let usual = connections::rules(conn, added.id)?.unwrap_or_default();
            connections::set_rules(conn, added.id, &Rules { allowed_origins, ..usual })?;
            connection_settings::set_recording(conn, added.id, &recording)?;
            audit::append(conn, &Entry { connection: Some(added.id), ..entry })?;
            Ok(Some(added.id))
        })
        .await?;
    find(&app, added.ok_or_else(Problem::name_taken)?).await
}

async fn change(app: App, request: Request, changes: ConnectionChanges) -> Result<Shown, Problem> {
    let id: ConnectionId = request.param("connection")?;
    let present = find(&app, id).await?;
    let name = changes.name.as_deref().map(name_of).transpose()?;
    let origins = changes.allowed_origins.as_deref().map(origins_of).transpose()?;
    let noting = app.clone();
    let written = app
        .store
        .write(move |conn| {
            if let Some(name) = &name
                && !connections::rename(conn, id, name)?
            {
                return Ok(false);
            }
            let Some(before) = connections::rules(conn, id)? else { return Ok(true) };
            let old = before.clone();
            let rules = Rules {
                paused: changes.paused.unwrap_or(before.paused),
                allowed_origins: origins.unwrap_or(before.allowed_origins),
                honour_gpc: changes.honour_gpc.unwrap_or(before.honour_gpc),
                keep_days: changes.keep_days.unwrap_or(before.keep_days),
                daily_bytes: changes.daily_bytes.unwrap_or(before.daily_bytes),
            };
            connections::set_rules(conn, id, &rules)?;
            let name = name.as_ref().unwrap_or(&present.name);
            let fields = changed(
                &json!({ "name": present.name, "rules": old }),
                &json!({ "name": name, "rules": rules }),
            );
            append_if_any(conn, settings_entry(&noting, id, "general", fields))?;
            Ok(true)
        })
        .await?;
    if written { find(&app, id).await } else { Err(Problem::name_taken()) }
}

fn name_of(text: &str) -> Result<String, Problem> {
    let bad = || Problem::bad_body(&format!("name: write 1 to {MAX_NAME_CHARS} characters on one line."));
    connection_name(text).ok_or_else(bad)
}

fn origins_of(texts: &[String]) -> Result<Vec<String>, Problem> {
    if texts.len() > MOST_ORIGINS {
        return Err(Problem::bad_body(&format!("allowed_origins: name {MOST_ORIGINS} at most.")));
    }
    let bad = |why: String| Problem::bad_body(&format!("allowed_origins: {why}."));
    texts.iter().map(|text| origins::read(text).map_err(bad)).collect()
}
