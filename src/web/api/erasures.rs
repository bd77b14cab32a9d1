//! Erasing all sessions of a visitor, or of a range of time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::http::{Method, StatusCode};

use super::endpoint::Endpoint;
use super::param::{Kind, Param};
use crate::model::{ConnectionId, TokenScope};
use crate::store::audit::What;
use crate::store::erasing::{self, Selection};
use crate::web::filter::Filter;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::{App, delete};

const ALL: &str = "/connections/{connection}/erasures";

const PARAMS: &[Param] = &[
    Param { name: "visitor", kind: Kind::Text, about: "Sessions of whom the page said this." },
    Param { name: "from", kind: Kind::Moment, about: "Sessions that started then or later." },
    Param {
        name: "to",
        kind: Kind::Moment,
        about: "Sessions that started before; a day is meant with its end.",
    },
];

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::json((Method::GET, ALL, Access::Editor, TokenScope::Erase), "Count what would be erased", preview)
            .params(PARAMS)
            .about("Takes `visitor`, or `from` and `to`, or one of these; not both kinds, and not none."),
        Endpoint::taking(
            (Method::POST, ALL, Access::Editor, TokenScope::Erase),
            StatusCode::OK,
            "Erase sessions",
            erase,
        )
        .about(
            "Takes `visitor`, or `from` and `to`, or one of these; not both kinds, and not none. Pinned sessions and \
             those that still last are among them. What is erased is out of sight at once, and overwritten soon \
             after; it cannot be undone.",
        ),
    ]
}

/// Which sessions are erased.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewErasure {
    /// Those of whom the page said this.
    #[schemars(length(min = 1, max = 1000))]
    visitor: Option<String>,
    /// Those that started then or later: a day or a time in UTC.
    #[schemars(length(min = 1, max = 40))]
    from: Option<String>,
    /// Those that started before: a day, which is meant with its end, or a time in UTC.
    #[schemars(length(min = 1, max = 40))]
    to: Option<String>,
}

/// What would be erased.
#[derive(Serialize, JsonSchema)]
struct ErasurePreview {
    sessions: i64,
}

/// What was erased.
#[derive(Serialize, JsonSchema)]
struct Erasure {
    /// How many sessions; null where there are so many that it still goes on.
    sessions: Option<u64>,
    /// Whether all of them are out of sight.
    done: bool,
}

fn selection(app: &App, field: impl Fn(&str) -> Option<String>) -> Result<Selection, String> {
    let named = |name: &str| {
        let is_ours = PARAMS.iter().any(|param| param.name == name);
        field(name).filter(|_| is_ours).unwrap_or_default()
    };
    let filter = Filter::read(named).map_err(|problem| problem.detail)?;
    let which = "Say visitor, or from and to: sessions are erased by either, not by both or by none.";
    filter.selection(app.clock.now()).ok_or_else(|| which.to_owned())
}

async fn preview(app: App, request: Request) -> Result<ErasurePreview, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let selection = selection(&app, |name| request.query(name).ok().flatten());
    let selection = selection.map_err(|problem| Problem::bad_query(&problem))?;
    let sessions = app.store.read(move |conn| erasing::count(conn, connection, &selection)).await?;
    Ok(ErasurePreview { sessions })
}

async fn erase(app: App, request: Request, new: NewErasure) -> Result<Erasure, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let field = |name: &str| match name {
        "visitor" => new.visitor.clone(),
        "from" => new.from.clone(),
        "to" => new.to.clone(),
        _ => None,
    };
    let selection = selection(&app, field).map_err(|problem| Problem::bad_body(&problem))?;
    let entry = app.entry(What::SessionsDeleted, Some(connection), "", delete::detail_of(&selection));
    let sessions = delete::erase_now(&app, connection, selection, entry).await?;
    Ok(Erasure { sessions, done: sessions.is_some() })
}
