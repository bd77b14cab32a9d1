//! Those whom pages name with `hindsight.identify`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use warp::http::Method;

use super::endpoint::Endpoint;
use super::shapes::Time;
use crate::model::{ConnectionId, TokenScope};
use crate::store::listing::Filter as Wanted;
use crate::store::{choices, visitors};
use crate::web::App;
use crate::web::held_back::Rule;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::visitors::{url_of, visitor_of};

pub fn endpoints() -> Vec<Endpoint> {
    let place =
        (Method::GET, "/connections/{connection}/visitors/{visitor}", Access::Member, TokenScope::Read);
    vec![Endpoint::json(place, "Get a visitor", get).about(
        "Whom the page said the visitor is stands in the path, percent-encoded. Their sessions are those of the list \
         of sessions with `visitor`.",
    )]
}

/// What is known of a visitor, over all sessions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Visitor")]
struct Shown {
    id: String,
    /// Their page in the dashboard.
    url: String,
    sessions: i64,
    first_seen_at: Time,
    last_seen_at: Time,
    pages: i64,
    prompts: i64,
    errors: i64,
    /// What the recordings take, in bytes as stored.
    bytes: i64,
    /// What the page told of them the last time.
    traits: BTreeMap<String, String>,
    /// What their browsers sent, the latest first.
    user_agents: Vec<String>,
}

async fn get(app: App, request: Request) -> Result<Shown, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let name = visitor_of(&request)?;
    let (scope, viewing, visitor) = (app.scope(), app.clone(), name.clone());
    let found = app
        .store
        .read(move |conn| {
            let rule = Rule::of(&viewing, connection, &choices::of_connection(conn, connection)?);
            let wanted = rule.narrow(Wanted { visitor: Some(visitor.clone()), ..Wanted::default() });
            visitors::find(conn, &scope, connection, &visitor, &wanted)
        })
        .await?
        .ok_or_else(Problem::no_visitor)?;
    Ok(Shown {
        url: format!("{}{}", app.public_url, url_of(connection, &name)),
        id: name,
        sessions: found.sessions,
        first_seen_at: Time(found.first_seen),
        last_seen_at: Time(found.last_seen),
        pages: found.pages,
        prompts: found.prompts,
        errors: found.errors,
        bytes: found.bytes,
        traits: found.traits.into_iter().collect(),
        user_agents: found.user_agents,
    })
}
