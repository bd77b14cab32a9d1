//! Who may do what in a connection: added by name, given another role, removed.
//!
//! What is decided here holds from their next request on; nobody is logged out.

use std::str::FromStr;

use serde::Serialize;
use serde_json::json;
use url::form_urlencoded;
use warp::http::Method;

use super::{Field, Group, Head, Problems, refused, route, url};
use crate::model::{ConnectionId, Role};
use crate::store::audit::{self, Entry, What};
use crate::store::members::{self, Actor, Member, Outcome};
use crate::store::{self, Db, accounts};
use crate::web::form::Form;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response, see_other};

/// The longest name of an account that is looked up.
const MAX_NAME_CHARS: usize = 200;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        route(Method::GET, "/people", page),
        route(Method::POST, "/people", add),
        route(Method::POST, "/people/{user}", change),
        route(Method::POST, "/people/{user}/remove", remove),
    ]
}

fn url_of(connection: ConnectionId) -> String {
    format!("{}/people", url(connection))
}

/// Whose role was taken, and which: to give it back.
type Undo = Option<(String, &'static str)>;

#[derive(Serialize)]
struct PeoplePage {
    #[serde(flatten)]
    head: Head,
    /// What was done on the page before, with somebody.
    told: Option<String>,
    /// Whom to add again, with which role, to take a removal back.
    undo: Undo,
    rows: Vec<Row>,
    roles: Vec<Choice>,
    action: String,
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    is_asker: bool,
    /// What they may do in all connections, and not only by what is said here.
    everywhere: Option<&'static str>,
    /// Their role in this connection, as forms name it.
    role: Option<&'static str>,
    url: String,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    label: &'static str,
    meaning: &'static str,
}

/// A role as people read it.
fn label(role: Role) -> &'static str {
    match role {
        Role::ViewerWithoutPrompts => "Viewer without prompts",
        Role::Viewer => "Viewer",
        Role::Editor => "Editor",
        Role::Admin => "Admin",
    }
}

fn meaning(role: Role) -> &'static str {
    match role {
        Role::ViewerWithoutPrompts => "Watches visits in which nobody used the assistant, and reads figures.",
        Role::Viewer => "Sees everything, writes notes, takes files along.",
        Role::Editor => "Also tags, pins, shares and deletes sessions, and asks for reports.",
        Role::Admin => "Also changes settings, keys, plugins, and who may do what.",
    }
}

/// What stands in the form.
struct Typed {
    name: String,
    role: String,
}

impl Default for Typed {
    fn default() -> Self {
        Self { name: String::new(), role: Role::Viewer.name().to_owned() }
    }
}

/// An account's number in an address.
struct Number(i64);

impl FromStr for Number {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    show(&app, &request, &Typed::default(), Problems::new()).await
}

async fn show(app: &App, request: &Request, typed: &Typed, problems: Problems) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(app, request, connection, "People").await?;
    let scope = app.scope();
    let found = app.store.read(move |conn| members::of_connection(conn, &scope, connection)).await?;
    let wrong = !problems.is_empty();
    let (told, undo) = if wrong { (None, None) } else { told(request)? };
    let asker = app.asker().user().map(|(id, _)| id);
    let page = PeoplePage {
        head: Head { wrong, ..head },
        told,
        undo,
        rows: found.into_iter().map(|member| row(member, connection, asker)).collect(),
        roles: Role::ALL
            .map(|role| Choice { value: role.name(), label: label(role), meaning: meaning(role) })
            .into(),
        action: url_of(connection),
        groups: groups(typed, &problems),
    };
    let answer = app.templates.page("pages/settings_people.html", &page)?;
    Ok(if wrong { refused(answer) } else { answer })
}

fn row(member: Member, connection: ConnectionId, asker: Option<i64>) -> Row {
    Row {
        is_asker: asker == Some(member.user),
        everywhere: member.everywhere.map(label),
        role: member.role.map(Role::name),
        url: format!("{}/{}", url_of(connection), member.user),
        name: member.name,
    }
}

fn groups(typed: &Typed, problems: &Problems) -> Vec<Group> {
    let roles = Role::ALL.map(|role| (role.name(), label(role), meaning(role)));
    let fields = vec![
        Field::text("name", "Name", &typed.name, MAX_NAME_CHARS),
        Field::cards("role", "What they may do", roles, &typed.role),
    ];
    vec![Group::new("", "", fields, problems)]
}

/// What was done on the page before, as its address says.
fn told(request: &Request) -> Result<(Option<String>, Undo), Problem> {
    let role = request.query("role")?.and_then(|name| name.parse::<Role>().ok());
    let (Some(done), Some(name), Some(role)) = (request.query("done")?, request.query("name")?, role) else {
        return Ok((None, None));
    };
    Ok(match done.as_str() {
        "given" => (Some(format!("{name} is {} here.", label(role).to_lowercase())), None),
        "removed" => (Some(format!("{name} has no role here any more.")), Some((name, role.name()))),
        _ => (None, None),
    })
}

fn back(connection: ConnectionId, done: &str, name: &str, role: Role) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([("done", done), ("name", name), ("role", role.name())]);
    see_other(&format!("{}?{}", url_of(connection), query.finish()))
}

async fn add(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let form = Form::read(&app, &mut request).await?;
    let typed = Typed { name: form.text("name").trim().to_owned(), role: form.text("role").to_owned() };
    let (name, actor) = (typed.name.clone(), actor(&app));
    let Ok(role) = typed.role.parse::<Role>() else {
        let problem = ("role", "Choose one of the four.".to_owned());
        return show(&app, &request, &typed, vec![problem]).await;
    };
    let entry = entry(&app, connection);
    let outcome = app
        .store
        .write(move |conn| {
            let Some(user) = members::user_named(conn, &name)? else { return Ok(Outcome::Nobody) };
            let outcome = members::set(conn, actor, connection, user, role)?;
            note(conn, entry, user, outcome, Some(role))
        })
        .await?;
    match outcome {
        Outcome::Done(_) => Ok(back(connection, "given", &typed.name, role)),
        Outcome::Nobody => {
            let problem =
                "Nobody here is called this. Whoever administers the server adds accounts.".to_owned();
            show(&app, &request, &typed, vec![("name", problem)]).await
        }
        refused => Err(why(refused)),
    }
}

async fn change(app: App, mut request: Request) -> Result<Response, Problem> {
    let (connection, member) = member(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let bad = |_| Problem::bad_form("role is one of viewer-without-prompts, viewer, editor and admin.");
    let role = form.text("role").parse::<Role>().map_err(bad)?;
    let (actor, user, entry) = (actor(&app), member.user, entry(&app, connection));
    let set = move |conn: &Db| {
        let outcome = members::set(conn, actor, connection, user, role)?;
        note(conn, entry, user, outcome, Some(role))
    };
    match app.store.write(set).await? {
        Outcome::Done(_) => Ok(back(connection, "given", &member.name, role)),
        refused => Err(why(refused)),
    }
}

async fn remove(app: App, request: Request) -> Result<Response, Problem> {
    let (connection, member) = member(&app, &request).await?;
    let (actor, user, entry) = (actor(&app), member.user, entry(&app, connection));
    let remove = move |conn: &Db| {
        let outcome = members::remove(conn, actor, connection, user)?;
        note(conn, entry, user, outcome, None)
    };
    match app.store.write(remove).await? {
        Outcome::Done(Some(before)) => Ok(back(connection, "removed", &member.name, before)),
        Outcome::Done(None) => Err(Problem::not_found()),
        refused => Err(why(refused)),
    }
}

fn entry(app: &App, connection: ConnectionId) -> Entry {
    app.entry(What::RoleChanged, Some(connection), "", json!({}))
}

/// Notes in the same transaction whose role has become another one.
fn note(conn: &Db, entry: Entry, user: i64, outcome: Outcome, role: Option<Role>) -> store::Result<Outcome> {
    if let Outcome::Done(before) = outcome
        && before != role
    {
        let subject = accounts::find(conn, user)?.map(|user| user.name).unwrap_or_default();
        let detail =
            json!({ "from": before.map_or("none", Role::name), "to": role.map_or("none", Role::name) });
        audit::append(conn, &Entry { subject, detail, ..entry })?;
    }
    Ok(outcome)
}

/// Whoever the path names, with a role in its connection.
async fn member(app: &App, request: &Request) -> Result<(ConnectionId, Member), Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let Number(user) = request.param("user")?;
    let scope = app.scope();
    let found = app.store.read(move |conn| members::of_connection(conn, &scope, connection)).await?;
    let is_meant = |member: &Member| member.user == user && member.role.is_some();
    let member = found.into_iter().find(is_meant).ok_or_else(Problem::not_found)?;
    Ok((connection, member))
}

/// Whoever has no account and got as far administers everything.
fn actor(app: &App) -> Actor {
    app.asker().user().map_or(Actor::Server, |(id, _)| Actor::User(id))
}

fn why(refused: Outcome) -> Problem {
    match refused {
        Outcome::Done(_) | Outcome::Nobody => Problem::not_found(),
        Outcome::NotAllowed => Problem::not_allowed(),
        Outcome::LastAdmin => Problem::last_admin(),
    }
}
