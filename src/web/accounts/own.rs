//! One's own account: the password, and where one is logged in.

use serde::Serialize;
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::super::form::Form;
use super::super::page::Frame;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, format, see_other};
use super::login::wait_words;
use super::users::ways;
use super::{check_accounts, role_words, session};
use crate::accounts::password;
use crate::accounts::secret::Secret;
use crate::model::{TimestampMs, User};
use crate::openid::Provider;
use crate::store::audit::{self, Entry, What};
use crate::store::logins::{self, Login};
use crate::store::{Db, accounts, login_links, second_factor};

/// Where the page is.
pub const URL: &str = "/account";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let post = |path: &str| format!("{URL}/{path}");
    let (who, page_surface) = (Access::LoggedIn, Surface::Page);
    vec![
        Route::new(Method::GET, URL, who, page_surface, page),
        Route::new(Method::POST, post("password"), who, page_surface, change_password),
        Route::new(Method::POST, post("logins/others/end"), who, page_surface, end_others),
        Route::new(Method::POST, post("logins/{login}/end"), who, page_surface, end),
    ]
}

/// The asker, as a user. Without accounts there is no such page.
pub async fn user(app: &App) -> Result<User, Problem> {
    check_accounts(app)?;
    let (id, _) = app.asker().user().ok_or_else(Problem::not_found)?;
    app.store.read(move |conn| accounts::find(conn, id)).await?.ok_or_else(Problem::not_found)
}

/// Whether it is the user's password, counted like a login.
pub async fn is_own_password(
    app: &App,
    request: &Request,
    user: &User,
    tried: &str,
) -> Result<Result<(), String>, Problem> {
    if let Err(wait) = app.doors.count(app, request, &user.name) {
        return Ok(Err(wait_words(wait)));
    }
    let name = user.name.clone();
    let known = app.store.read(move |conn| accounts::credentials(conn, &name)).await?;
    let hash = known.and_then(|known| known.password).filter(|_| tried.len() <= password::MOST_BYTES);
    if !password::is_right(tried.to_owned(), hash).await? {
        return Ok(Err("This is not your password.".to_owned()));
    }
    app.doors.forget(request, &user.name);
    Ok(Ok(()))
}

#[derive(Serialize)]
struct OwnPage {
    #[serde(flatten)]
    frame: Frame,
    done: Option<&'static str>,
    name: String,
    role: &'static str,
    least_chars: usize,
    problems: Problems,
    logins: Vec<LoginRow>,
    has_password: bool,
    has_totp: bool,
    recovery_codes: String,
    /// How they say who they are.
    by: String,
    /// What the OpenID provider is called, if there is one.
    provider: Option<String>,
    /// Whether it vouches for them.
    connected: bool,
}

/// What is wrong with the form of the password.
#[derive(Default, Serialize)]
struct Problems {
    current: Option<String>,
    password: Option<String>,
    again: Option<String>,
}

impl Problems {
    fn any(&self) -> bool {
        [&self.current, &self.password, &self.again].into_iter().any(Option::is_some)
    }
}

#[derive(Serialize)]
struct LoginRow {
    browser: String,
    network: String,
    made: String,
    made_exact: String,
    seen: String,
    seen_exact: String,
    current: bool,
    end_url: String,
}

impl LoginRow {
    fn of(login: Login, current: i64, now: TimestampMs) -> Self {
        let is_current = login.id == current;
        Self {
            browser: login.browser,
            network: login.network,
            made: format::relative(login.made_at, now),
            made_exact: format::exact(login.made_at),
            seen: if is_current { "now".to_owned() } else { format::relative(login.seen_at, now) },
            seen_exact: format::exact(if is_current { now } else { login.seen_at }),
            current: is_current,
            end_url: format!("{URL}/logins/{}/end", login.id),
        }
    }
}

/// The number of the login that the request belongs to; 0 for none.
pub async fn current_login(app: &App, request: &Request) -> Result<i64, Problem> {
    Ok(session::of(app, request).await?.map_or(0, |(found, _)| found.login.id))
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    show(&app, &request, Problems::default()).await
}

async fn show(app: &App, request: &Request, problems: Problems) -> Result<Response, Problem> {
    let user = user(app).await?;
    let (current, now) = (current_login(app, request).await?, app.clock.now());
    let id = user.id;
    let read =
        move |conn: &Db| Ok((logins::of_user(conn, id)?, second_factor::recovery_codes_left(conn, id)?));
    let (found, codes) = app.store.read(read).await?;
    let wrong = problems.any();
    let page = OwnPage {
        frame: Frame::of_server(app, "account"),
        done: match request.query("done")?.as_deref() {
            Some("password") => Some("The password is changed. You are logged out everywhere else."),
            Some("ended") => Some("That login is over."),
            Some("others") => Some("You are logged out everywhere else."),
            Some("totp-off") => Some("Codes are asked for no more."),
            Some("connected") => Some("The accounts are connected."),
            Some("disconnected") => Some("The accounts are connected no more."),
            Some("taken") => Some("That account is somebody else's here already. Nothing was changed."),
            Some("late") => Some("That took too long. Connect the accounts anew."),
            _ => None,
        },
        role: role_words(user.role),
        by: ways(app, &user),
        provider: app.openid.as_ref().map(|provider| provider.label().to_owned()),
        connected: user.vouched_by.is_some()
            && user.vouched_by.as_deref() == app.openid.as_ref().map(Provider::issuer),
        has_password: user.has_password && app.settings.accounts.password,
        name: user.name,
        least_chars: password::LEAST_CHARS,
        problems,
        logins: found.into_iter().map(|login| LoginRow::of(login, current, now)).collect(),
        has_totp: user.has_totp,
        recovery_codes: format::count(codes, "recovery code"),
    };
    let mut response = app.templates.page("pages/account.html", &page)?;
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

async fn change_password(app: App, mut request: Request) -> Result<Response, Problem> {
    let user = user(&app).await?;
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["name", "current", "password", "again"])?;
    let chosen = form.text("password").to_owned();
    let mut problems = Problems { password: password::problem(&chosen, &user.name), ..Problems::default() };
    if problems.password.is_none() && chosen != form.text("again") {
        problems.again = Some("The two are not the same.".to_owned());
    }
    if !problems.any() {
        problems.current = is_own_password(&app, &request, &user, form.text("current")).await?.err();
    }
    if problems.any() {
        return show(&app, &request, problems).await;
    }
    let hash = password::hash(chosen).await?;
    let (login, now, secret) = (current_login(&app, &request).await?, app.clock.now(), Secret::new());
    let to = secret.hash;
    let entry = app.entry(What::PasswordChanged, None, user.name, json!({}));
    app.store
        .write(move |conn| {
            accounts::set_password(conn, user.id, &hash)?;
            audit::append(conn, &entry)?;
            login_links::end_for(conn, user.id)?;
            logins::end_others(conn, user.id, login)?;
            logins::renew(conn, login, &to, now)
        })
        .await?;
    let mut response = see_other(&format!("{URL}?done=password"));
    session::keep(&app, &mut response, &secret.token);
    Ok(response)
}

async fn end(app: App, request: Request) -> Result<Response, Problem> {
    let user = user(&app).await?;
    let login: i64 = request.param("login")?;
    if login == current_login(&app, &request).await? {
        return session::end(&app, &request).await;
    }
    let entry = app.entry(What::SessionEnded, None, user.name, json!({ "login": login }));
    let end = move |conn: &Db| {
        if logins::end(conn, user.id, login)? { audit::append(conn, &entry) } else { Ok(()) }
    };
    app.store.write(end).await?;
    Ok(see_other(&format!("{URL}?done=ended")))
}

async fn end_others(app: App, request: Request) -> Result<Response, Problem> {
    let user = user(&app).await?;
    let login = current_login(&app, &request).await?;
    let entry = app.entry(What::SessionEnded, None, user.name, json!({}));
    let end = move |conn: &Db| match logins::end_others(conn, user.id, login)? {
        0 => Ok(()),
        ended => audit::append(conn, &Entry { detail: json!({ "logins": ended }), ..entry }),
    };
    app.store.write(end).await?;
    Ok(see_other(&format!("{URL}?done=others")))
}
