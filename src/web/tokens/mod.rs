//! Tokens of programs: who asks with one, and the page on which people make and end theirs.
//!
//! A token is known by the hash of its secret. It may do what its scopes say, and never
//! more than whoever made it.

mod form;
mod noted;
mod page;
mod rates;
mod written;

use std::collections::BTreeMap;

use warp::http::header;

use super::App;
use super::problem::Problem;
use super::request::Request;
use super::router::Route;
use super::who::{Asker, Who};
use crate::ingest::Refused;
use crate::model::{ConnectionId, Role, TokenScope, TokenScopes};
use crate::store::tokens::{self, Token, USE_EVERY_MS};
use crate::store::{self, Db, Scope, accounts, connections, members};
pub use noted::{make, revoke};
pub use rates::TokenRates;
pub use written::{Secret, Written};

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    page::routes()
}

/// Whoever sent the request, by its token.
pub async fn asker(app: &App, request: &Request) -> Result<Who, Problem> {
    let shown = shown(request)?;
    let (now, hash) = (app.clock.now(), shown.secret.hash());
    let found = app
        .store
        .read(move |conn| {
            let Some(token) = tokens::with_hash(conn, &hash)?.filter(|token| token.works(now)) else {
                return Ok(None);
            };
            let scope = scope_of(conn, &token)?;
            Ok(scope.map(|scope| (token, scope)))
        })
        .await?;
    let (token, scope) = found.filter(|(token, _)| token.id == shown.id).ok_or_else(Problem::bad_token)?;
    app.token_rates.take(token.id, app.clock.uptime()).map_err(|refused| match refused {
        Refused::RateLimited { after_seconds } => Problem::too_often(after_seconds),
        other => other.into(),
    })?;
    note_use(app, &token);
    let Token { id, name, user, scopes, .. } = token;
    Ok(Who { asker: Asker::Token { id, name, user, scopes }, scope })
}

/// The token in the request's header.
fn shown(request: &Request) -> Result<Written, Problem> {
    let mut all = request.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(first), None) = (all.next(), all.next()) else { return Err(Problem::no_token()) };
    let text = first.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').ok_or_else(Problem::no_token)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::no_token());
    }
    Written::read(token.trim()).ok_or_else(Problem::bad_token)
}

/// What a token may see and do. `None`: whoever made it is no more.
fn scope_of(conn: &Db, token: &Token) -> store::Result<Option<Scope>> {
    let Some(makers) = makers_scope(conn, token.user)? else { return Ok(None) };
    if makers.is_everything() && token.connections.is_none() && token.scopes.has(TokenScope::Admin) {
        return Ok(Some(makers));
    }
    let is_named = |connection| token.connections.as_ref().is_none_or(|named| named.contains(&connection));
    let mut scope = at_most(conn, &makers, token.scopes.role())?;
    scope.retain(|connection, _| is_named(*connection));
    Ok(Some(Scope::of(scope)))
}

/// What the maker of a token may do now; `None` for one who is shut out. Where nobody is
/// known, a server that asks nobody who they are or its command line made it: both may do
/// everything.
fn makers_scope(conn: &Db, user: Option<i64>) -> store::Result<Option<Scope>> {
    let Some(user) = user else { return Ok(Some(Scope::everything())) };
    let found = accounts::find(conn, user)?.filter(|user| user.disabled_at.is_none());
    found.map(|user| members::scope_of(conn, user.id, user.role)).transpose()
}

/// The roles in all connections of a scope, none higher than this one.
fn at_most(conn: &Db, scope: &Scope, highest: Option<Role>) -> store::Result<BTreeMap<ConnectionId, Role>> {
    let capped = |connection| Some((connection, scope.role_in(connection)?.min(highest?)));
    let all = connections::all(conn, scope)?;
    Ok(all.into_iter().filter_map(|connection| capped(connection.id)).collect())
}

/// What a token may see and do where a route needs one of its scopes: nothing of its others.
pub async fn narrowed(app: &App, scopes: TokenScopes, needed: TokenScope) -> Result<Scope, Problem> {
    let highest = match needed {
        TokenScope::Admin => return Ok(app.scope()),
        TokenScope::Read if scopes.has(TokenScope::ReadPrompts) => Role::Viewer,
        needed => needed.role(),
    };
    let scope = app.scope();
    let roles = app.store.read(move |conn| at_most(conn, &scope, Some(highest))).await?;
    Ok(Scope::of(roles))
}

/// Nobody who asks waits for this, and a server that cannot write goes on.
fn note_use(app: &App, token: &Token) {
    let (id, now) = (token.id, app.clock.now());
    if token.used_at.is_none_or(|used_at| used_at + USE_EVERY_MS <= now) {
        app.store.send_sized(0, move |conn| tokens::note_use(conn, id, now), |_| {});
    }
}
