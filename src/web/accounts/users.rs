//! The users of the server, and adding one.

use serde::Serialize;
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::super::form::Form;
use super::super::page::Frame;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, format};
use super::setup::invitation_path;
use super::{check_accounts, check_passwords, role_words};
use crate::accounts::secret::Secret;
use crate::model::vouched::PROXY;
use crate::model::{Role, TimestampMs, User, user_name};
use crate::store::audit::{self, What};
use crate::store::{accounts, login_links};

/// Where the page is.
pub const URL: &str = "/users";

/// How long a link lets somebody choose a password.
const LINK_MS: i64 = 3 * 24 * 60 * 60 * 1000;

/// More people than this have one account together, or another system for that.
pub const MOST_USERS: usize = 2000;

/// What stands for no role in all connections.
const NO_ROLE: &str = "none";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, URL, Access::Server, Surface::Page, page),
        Route::new(Method::POST, URL, Access::Server, Surface::Page, add),
    ]
}

/// Where a user is changed.
pub fn url_of(user: i64) -> String {
    format!("{URL}/{user}")
}

#[derive(Serialize)]
struct UsersPage {
    #[serde(flatten)]
    frame: Frame,
    done: Option<&'static str>,
    rows: Vec<Row>,
    /// What stands in the form.
    name: String,
    name_problem: Option<String>,
    roles: Vec<RoleChoice>,
    /// Whether those who are added choose a password.
    takes_password: bool,
}

#[derive(Serialize)]
struct Row {
    name: String,
    url: String,
    /// Whether it is whoever looks.
    own: bool,
    role: &'static str,
    /// Who says who they are.
    by: String,
    /// Whether it is others who ask for a second factor.
    elsewhere: bool,
    has_totp: bool,
    seen: String,
    seen_exact: String,
    state: &'static str,
    state_words: &'static str,
}

/// A role that can be chosen.
#[derive(Serialize)]
pub struct RoleChoice {
    value: &'static str,
    label: &'static str,
    meaning: &'static str,
    chosen: bool,
}

/// A role in all connections, as forms and the audit log name it.
pub fn role_name(role: Option<Role>) -> &'static str {
    role.map_or(NO_ROLE, Role::name)
}

/// The roles, and none, as a form offers them.
pub fn role_choices(chosen: Option<Role>) -> Vec<RoleChoice> {
    let choice = |role: Option<Role>| RoleChoice {
        value: role_name(role),
        label: role_words(role),
        meaning: role_meaning(role),
        chosen: role == chosen,
    };
    let roles = Role::ALL.into_iter().rev().map(Some).chain([None]);
    roles.map(choice).collect()
}

fn role_meaning(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Admin) => "May do everything, here and in all connections.",
        Some(Role::Editor) => "Tags, pins, shares and deletes sessions, and asks for reports.",
        Some(Role::Viewer) => "Sees everything, and writes notes.",
        Some(Role::ViewerWithoutPrompts) => {
            "Sees no visit in which somebody wrote to the chat, and no prompts."
        }
        None => "Sees only the connections that they are given a role in.",
    }
}

/// The role that a form names.
pub fn role_of(form: &Form) -> Result<Option<Role>, Problem> {
    match form.text("role") {
        NO_ROLE => Ok(None),
        name => name.parse().map(Some).map_err(|_| {
            Problem::bad_form("role is one of admin, editor, viewer, viewer-without-prompts and none.")
        }),
    }
}

impl Row {
    fn of(app: &App, user: User, asker: Option<i64>, now: TimestampMs) -> Self {
        let (state, state_words) = state(&user);
        Self {
            url: url_of(user.id),
            own: asker == Some(user.id),
            role: role_words(user.role),
            by: ways(app, &user),
            elsewhere: user.vouched_by.is_some() && !user.has_password,
            has_totp: user.has_totp,
            seen: user.seen_at.map(|at| format::relative(at, now)).unwrap_or_default(),
            seen_exact: user.seen_at.map(format::exact).unwrap_or_default(),
            name: user.name,
            state,
            state_words,
        }
    }
}

/// How somebody says who they are, as people call it.
pub fn ways(app: &App, user: &User) -> String {
    let by = user.vouched_by.as_deref().map(|by| match &app.openid {
        _ if by == PROXY => "Proxy".to_owned(),
        Some(provider) if provider.issuer() == by => provider.label().to_owned(),
        // One that the settings named before.
        _ => url::Url::parse(by).ok().and_then(|url| Some(url.host_str()?.to_owned())).unwrap_or_default(),
    });
    match (user.has_password, by) {
        (true, Some(by)) => format!("Password, {by}"),
        (false, Some(by)) => by,
        (true, None) => "Password".to_owned(),
        (false, None) => String::new(),
    }
}

/// How an account is, for the style sheet and in words.
pub fn state(user: &User) -> (&'static str, &'static str) {
    match (user.disabled_at, user.has_password || user.vouched_by.is_some()) {
        (Some(_), _) => ("paused", "Shut out"),
        (None, false) => ("waiting", "Invited"),
        (None, true) => ("quiet", "Active"),
    }
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    check_accounts(&app)?;
    let done = match request.query("done")?.as_deref() {
        Some("removed") => Some("The user is removed."),
        _ => None,
    };
    show(&app, done, String::new(), Some(Role::Viewer), None).await
}

async fn show(
    app: &App,
    done: Option<&'static str>,
    name: String,
    role: Option<Role>,
    name_problem: Option<String>,
) -> Result<Response, Problem> {
    let (all, now) = (app.store.read(accounts::all).await?, app.clock.now());
    let asker = app.asker().user().map(|(id, _)| id);
    let wrong = name_problem.is_some();
    let page = UsersPage {
        frame: Frame::of_server(app, "users"),
        done,
        rows: all.into_iter().map(|user| Row::of(app, user, asker, now)).collect(),
        name,
        name_problem,
        roles: role_choices(role),
        takes_password: app.settings.accounts.password,
    };
    let mut response = app.templates.page("pages/users.html", &page)?;
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

async fn add(app: App, mut request: Request) -> Result<Response, Problem> {
    check_passwords(&app)?;
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["name", "role"])?;
    let (typed, role) = (form.text("name").to_owned(), role_of(&form)?);
    let name = match user_name(&typed) {
        Ok(name) => name,
        Err(problem) => return show(&app, None, typed, role, Some(problem.to_string())).await,
    };
    if app.store.read(accounts::all).await?.len() >= MOST_USERS {
        return Err(Problem::limit_reached("The server has as many users as it takes. Remove some."));
    }
    let (now, secret, wanted) = (app.clock.now(), Secret::new(), name.clone());
    let entry = app.entry(What::UserAdded, None, name.clone(), json!({ "role": role_name(role) }));
    let added = app
        .store
        .write(move |conn| {
            let Some(user) = accounts::add(conn, &wanted, role, None, now)? else { return Ok(None) };
            login_links::set_for(conn, user, &secret.hash, now, now + LINK_MS)?;
            audit::append(conn, &entry)?;
            Ok(Some(user))
        })
        .await?;
    match added {
        Some(user) => show_link(&app, user, &name, &secret.token),
        None => {
            let problem = "Somebody else is called this. Choose another name.".to_owned();
            show(&app, None, typed, role, Some(problem)).await
        }
    }
}

#[derive(Serialize)]
struct LinkPage<'a> {
    #[serde(flatten)]
    frame: Frame,
    name: &'a str,
    user_url: String,
    link: String,
}

/// The page with the link by which somebody chooses a password: it is shown this once.
fn show_link(app: &App, user: i64, name: &str, token: &str) -> Result<Response, Problem> {
    let link = format!("{}{}", app.public_url, invitation_path(token));
    let page = LinkPage { frame: Frame::of_server(app, "users"), name, user_url: url_of(user), link };
    app.templates.page("pages/user_link.html", &page)
}

/// Makes another link for a user who is there, and shows it.
pub async fn new_link(app: &App, user: &User) -> Result<Response, Problem> {
    let (now, secret, id) = (app.clock.now(), Secret::new(), user.id);
    let entry = app.entry(What::UserChanged, None, user.name.clone(), json!({ "fields": ["link"] }));
    app.store
        .write(move |conn| {
            login_links::set_for(conn, id, &secret.hash, now, now + LINK_MS)?;
            audit::append(conn, &entry)
        })
        .await?;
    show_link(app, user.id, &user.name, &secret.token)
}
