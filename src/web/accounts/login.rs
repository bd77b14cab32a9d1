//! Logging in with a password, and out.
//!
//! Whatever is wrong, the answer is the same and takes as long: it tells nobody who has an account.

use serde::Serialize;
use warp::http::{Method, StatusCode, header};

use super::super::form::Form;
use super::super::next::own_page;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, see_other};
use super::{check_accounts, check_passwords, code, openid, proxied, refused as noted, session};
use crate::accounts::{Wait, password};
use crate::model::{MAX_USER_NAME_CHARS, User};
use crate::store::accounts;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/login", Access::Public, Surface::Page, page),
        Route::new(Method::POST, "/login", Access::Public, Surface::Page, log_in),
        Route::new(Method::POST, "/logout", Access::Public, Surface::Page, log_out),
    ]
}

/// The page, empty or with what was wrong.
#[derive(Default, Serialize)]
pub struct LoginPage {
    /// Where it leads to.
    pub next: String,
    /// What was typed.
    pub name: String,
    /// What is wrong.
    pub problem: Option<String>,
    /// What happened before.
    pub notice: Option<&'static str>,
    /// Nobody has an account yet.
    pub is_new: bool,
    /// Whether a password is asked for.
    takes_password: bool,
    /// What the OpenID provider is called, and where it is asked.
    provider: Option<(String, String)>,
    /// Where one logs out of the provider as well.
    provider_logout: Option<String>,
}

impl LoginPage {
    /// Answers with it.
    pub fn show(self, app: &App, status: StatusCode) -> Result<Response, Problem> {
        let provider = app.openid.as_ref();
        let page = Self {
            takes_password: app.settings.accounts.password,
            provider: provider.map(|provider| (provider.label().to_owned(), openid::url(&self.next))),
            ..self
        };
        let mut response = app.templates.page("pages/login.html", &page)?;
        *response.status_mut() = status;
        Ok(response)
    }
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let next = own_page(&request.query("next")?.unwrap_or_default());
    if check_accounts(&app).is_err()
        || session::of(&app, &request).await?.is_some()
        || proxied::user(&app, &request).await?.is_some()
    {
        return Ok(see_other(&next));
    }
    let notice = match request.query("out")?.as_deref() {
        Some("1" | "openid") => Some("You are logged out."),
        Some("late") => Some("That took too long. Log in again."),
        Some("password") => Some("The password is changed. Log in with the new one."),
        _ => None,
    };
    let is_new = !app.store.read(accounts::any).await?;
    let provider_logout = match (&app.openid, request.query("out")?.as_deref()) {
        (Some(provider), Some("openid")) => {
            provider.logout_url(&format!("{}/login?out=1", app.public_url)).await
        }
        _ => None,
    };
    LoginPage { next, notice, is_new, provider_logout, ..LoginPage::default() }.show(&app, StatusCode::OK)
}

async fn log_in(app: App, mut request: Request) -> Result<Response, Problem> {
    check_passwords(&app)?;
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["name", "password", "next"])?;
    let next = own_page(form.text("next"));
    let name: String = form.text("name").trim().chars().take(MAX_USER_NAME_CHARS + 1).collect();
    let refused = |problem: String| LoginPage {
        next: next.clone(),
        name: name.clone(),
        problem: Some(problem),
        ..LoginPage::default()
    };
    let tried = form.text("password").to_owned();
    if name.is_empty() || tried.is_empty() {
        let problem = "Enter your name and your password.".to_owned();
        return refused(problem).show(&app, StatusCode::UNPROCESSABLE_ENTITY);
    }
    if let Err(wait) = app.doors.count(&app, &request, &name) {
        noted::note(&app, &request, &name, "too many attempts");
        return too_many(&app, refused(wait_words(wait)), wait);
    }
    let Some(user) = check(&app, &name, tried).await? else {
        tracing::info!(network = request.peer().truncated(), "a login failed");
        noted::note(&app, &request, &name, "name or password");
        let problem = "The name or the password is not right.".to_owned();
        return refused(problem).show(&app, StatusCode::FORBIDDEN);
    };
    app.doors.forget(&request, &name);
    if user.has_totp {
        return code::ask(&app, &user, &next);
    }
    match session::begin(&app, &request, &user, &next).await? {
        Some(response) => Ok(response),
        None => Ok(see_other("/login")),
    }
}

/// The user, if the password is theirs and they may come in.
async fn check(app: &App, name: &str, tried: String) -> Result<Option<User>, Problem> {
    let wanted = name.to_owned();
    let known = app.store.read(move |conn| accounts::credentials(conn, &wanted)).await?;
    let (user, hash) = match known {
        Some(known) => (Some(known.user), known.password),
        None => (None, None),
    };
    let user = user.filter(|user| user.disabled_at.is_none());
    // Who is not known, or shut out, takes as long as who is.
    let compared = hash.clone().filter(|_| user.is_some() && tried.len() <= password::MOST_BYTES);
    if !password::is_right(tried.clone(), compared).await? {
        return Ok(None);
    }
    if let (Some(user), Some(former)) = (&user, hash.filter(|hash| password::is_outdated(hash))) {
        let (id, stronger) = (user.id, password::hash(tried).await?);
        app.store.write(move |conn| accounts::rehash(conn, id, &former, &stronger)).await?;
    }
    Ok(user)
}

/// How long to wait, in a sentence.
pub fn wait_words(wait: Wait) -> String {
    let minutes = wait.seconds.div_ceil(60);
    let minutes = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
    format!("Too many attempts. Wait {minutes} and try again.")
}

/// The page that says so.
pub fn too_many(app: &App, page: LoginPage, wait: Wait) -> Result<Response, Problem> {
    let mut response = page.show(app, StatusCode::TOO_MANY_REQUESTS)?;
    response.headers_mut().insert(header::RETRY_AFTER, wait.seconds.into());
    Ok(response)
}

async fn log_out(app: App, request: Request) -> Result<Response, Problem> {
    check_accounts(&app)?;
    session::end(&app, &request).await
}
