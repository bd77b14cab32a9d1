//! The page of one's own tokens.

use serde::Serialize;
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::form::{Fields, Typed, Wrong};
use super::noted;
use super::written::{Secret, Written};
use crate::model::{Connection, ConnectionId, Role, TimestampMs};
use crate::store::audit::What;
use crate::store::connections;
use crate::store::tokens::{self, Draft, MOST, Token, Whose};
use crate::web::confirm::Confirm;
use crate::web::form::Form;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::{Access, Route, Surface};
use crate::web::who::Asker;
use crate::web::{App, Response, format, see_other};

const URL: &str = "/tokens";

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let (who, page) = (Access::LoggedIn, Surface::Page);
    vec![
        Route::new(Method::GET, URL, who, page, list),
        Route::new(Method::POST, URL, who, page, make),
        Route::new(Method::GET, format!("{URL}/{{token_id}}/revoke"), who, page, ask),
        Route::new(Method::POST, format!("{URL}/{{token_id}}/revoke"), who, page, revoke),
    ]
}

#[derive(Serialize)]
struct TokensPage {
    #[serde(flatten)]
    frame: Frame,
    done: Option<&'static str>,
    /// The token that was made by this very request.
    made: Option<Made>,
    rows: Vec<Row>,
    fields: Fields,
    wrong: bool,
}

#[derive(Serialize)]
struct Made {
    name: String,
    token: String,
    example: String,
}

#[derive(Serialize)]
struct Row {
    name: String,
    id: i64,
    scopes: String,
    connections: String,
    used: Option<Time>,
    expires: Time,
    /// `works`, `expired` or `revoked`.
    state: &'static str,
    revoke_url: String,
}

#[derive(Serialize)]
struct Time {
    exact: String,
    words: String,
}

/// What may be given to a token, and the tokens there are.
struct Found {
    offered: Vec<Connection>,
    /// The highest role that the asker has anywhere.
    highest: Option<Role>,
    tokens: Vec<Token>,
}

/// Whose tokens somebody sees: all, who may do everything.
fn whose(app: &App) -> Whose {
    if app.scope().is_everything() { Whose::Everybody } else { Whose::Of(maker(app)) }
}

/// Who a token is made by.
fn maker(app: &App) -> Option<i64> {
    match &app.asker().asker {
        Asker::Anyone => None,
        Asker::User { id, .. } | Asker::Proxied { id, .. } => Some(*id),
        Asker::Token { user, .. } => *user,
    }
}

async fn find(app: &App) -> Result<Found, Problem> {
    let (scope, whose) = (app.scope(), whose(app));
    let read = move |conn: &crate::store::Db| {
        let offered = connections::all(conn, &scope)?;
        let highest = offered.iter().filter_map(|connection| scope.role_in(connection.id)).max();
        let highest = highest.max(scope.is_everything().then_some(Role::Admin));
        Ok(Found { offered, highest, tokens: tokens::list(conn, whose)? })
    };
    Ok(app.store.read(read).await?)
}

async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let revoked = request.query("saved")?.as_deref() == Some("revoked");
    let done = revoked.then_some("The token works no more.");
    let found = find(&app).await?;
    show(&app, found, done, None, &Typed::usual(), &Wrong::default())
}

async fn make(app: App, mut request: Request) -> Result<Response, Problem> {
    let form = Form::read(&app, &mut request).await?;
    let found = find(&app).await?;
    let typed = Typed::of(&form, &found.offered, found.highest);
    if let Some(wrong) = typed.check() {
        let mut page = show(&app, found, None, None, &typed, &wrong)?;
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page);
    }
    let (secret, now) = (Secret::new(), app.clock.now());
    let draft = Draft {
        name: typed.name.clone(),
        hash: secret.hash(),
        scopes: typed.scopes,
        connections: typed.connections,
        user: maker(&app),
        expires_at: now + typed.days * DAY_MS,
    };
    let entry = app.entry(What::TokenMade, None, "", json!({}));
    let id = app.store.write(move |conn| noted::make(conn, &draft, entry)).await?;
    let id = id.ok_or_else(|| {
        Problem::limit_reached(&format!(
            "There are {MOST} tokens that work. Revoke some that are not needed."
        ))
    })?;
    let token = Written { id, secret }.text();
    let example = format!("curl -H \"Authorization: Bearer {token}\" {}/api/v1/connections", app.public_url);
    let made = Made { name: typed.name, token, example };
    show(&app, find(&app).await?, None, Some(made), &Typed::usual(), &Wrong::default())
}

fn show(
    app: &App,
    found: Found,
    done: Option<&'static str>,
    made: Option<Made>,
    typed: &Typed,
    wrong: &Wrong,
) -> Result<Response, Problem> {
    let now = app.clock.now();
    let Found { offered, highest, tokens } = found;
    let page = TokensPage {
        frame: Frame::of_server(app, "tokens"),
        done,
        made,
        fields: typed.fields(&offered, highest, wrong),
        wrong: wrong.is_any(),
        rows: tokens.into_iter().map(|token| Row::of(token, &offered, now)).collect(),
    };
    app.templates.page("pages/tokens.html", &page)
}

impl Row {
    fn of(token: Token, offered: &[Connection], now: TimestampMs) -> Self {
        let name_of = |id: &ConnectionId| {
            let known = offered.iter().find(|connection| connection.id == *id);
            known.map_or_else(|| "another one".to_owned(), |connection| connection.name.clone())
        };
        let end = token.revoked_at.unwrap_or(token.expires_at);
        Self {
            state: match (token.revoked_at, token.works(now)) {
                (Some(_), _) => "revoked",
                (None, true) => "works",
                (None, false) => "expired",
            },
            scopes: token.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "),
            connections: match &token.connections {
                None => "All".to_owned(),
                Some(named) if named.is_empty() => "None any more".to_owned(),
                Some(named) => named.iter().map(name_of).collect::<Vec<_>>().join(", "),
            },
            used: token.used_at.map(|at| Time { exact: format::exact(at), words: format::relative(at, now) }),
            expires: Time { exact: format::exact(end), words: words(end, now) },
            revoke_url: format!("{URL}/{}/revoke", token.id),
            name: token.name,
            id: token.id,
        }
    }
}

fn words(end: TimestampMs, now: TimestampMs) -> String {
    if end <= now {
        return format::relative(end, now);
    }
    match (end - now + DAY_MS / 2) / DAY_MS {
        0 => "within a day".to_owned(),
        days => format!("in {}", format::count(days, "day")),
    }
}

async fn named(app: &App, request: &Request) -> Result<Token, Problem> {
    let id: i64 = request.param("token_id")?;
    let whose = whose(app);
    let found = app.store.read(move |conn| tokens::find(conn, whose, id)).await?;
    found.ok_or_else(Problem::not_found)
}

async fn ask(app: App, request: Request) -> Result<Response, Problem> {
    let token = named(&app, &request).await?;
    let now = app.clock.now();
    let used = token.used_at.map_or_else(|| "never".to_owned(), |at| format::relative(at, now));
    Confirm {
        frame: Frame::of_server(&app, "tokens"),
        title: format!("Revoke the token {}?", token.name),
        facts: vec![("Scopes", token.scopes.names()), ("Last used", used)],
        sentences: vec![
            "Programs that use it are refused from the next request on. It cannot be brought back; make another \
             one instead."
                .to_owned(),
        ],
        action: format!("{URL}/{}/revoke", token.id),
        fields: Vec::new(),
        button: token.works(now).then(|| "Revoke token".to_owned()),
        cancel_url: URL.to_owned(),
    }
    .page(&app)
}

async fn revoke(app: App, request: Request) -> Result<Response, Problem> {
    let token = named(&app, &request).await?;
    let (whose, entry) = (whose(&app), app.entry(What::TokenRevoked, None, "", json!({})));
    app.store.write(move |conn| noted::revoke(conn, whose, token.id, entry)).await?;
    Ok(see_other(&format!("{URL}?saved=revoked")))
}
