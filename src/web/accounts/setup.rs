//! Links that let somebody choose a password, once: the first administrator, and whoever was invited.

use serde::Serialize;
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::super::form::Form;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, see_other};
use super::{check_passwords, session};
use crate::accounts::password;
use crate::accounts::secret::hash_of;
use crate::model::{Role, User, user_name};
use crate::store::audit::{self, What};
use crate::store::{accounts, login_links};

/// Where the first administrator is added.
const SETUP: &str = "/setup";

/// Where somebody who was invited chooses a password.
const INVITATION: &str = "/invitation";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let route = |method, path, link: Link, send: bool| {
        Route::new(method, path, Access::Public, Surface::Page, move |app, request| async move {
            check_passwords(&app)?;
            if send { save(app, request, link).await } else { page(app, request, link).await }
        })
    };
    vec![
        route(Method::GET, SETUP, Link::Setup, false),
        route(Method::POST, SETUP, Link::Setup, true),
        route(Method::GET, INVITATION, Link::Invitation, false),
        route(Method::POST, INVITATION, Link::Invitation, true),
    ]
}

/// The link that adds the first administrator.
pub fn path(token: &str) -> String {
    format!("{SETUP}?token={token}")
}

/// The link by which somebody chooses a password.
pub fn invitation_path(token: &str) -> String {
    format!("{INVITATION}?token={token}")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Setup,
    Invitation,
}

/// Whom a link lets in.
enum Holder {
    /// Whoever has it becomes the first administrator.
    First,
    /// Somebody who was invited.
    Known(User),
}

/// The page that asks for a password, and in the beginning for a name.
#[derive(Default, Serialize)]
struct ChoosePage {
    action: &'static str,
    /// Goes with the form, so that it stands in no address any more.
    token: String,
    /// What they are called. The first may choose.
    name: String,
    is_first: bool,
    least_chars: usize,
    name_problem: Option<String>,
    password_problem: Option<String>,
    again_problem: Option<String>,
}

impl ChoosePage {
    fn of(holder: &Holder, token: String) -> Self {
        let (action, name) = match holder {
            Holder::First => (SETUP, String::new()),
            Holder::Known(user) => (INVITATION, user.name.clone()),
        };
        let is_first = matches!(holder, Holder::First);
        Self { action, token, name, is_first, least_chars: password::LEAST_CHARS, ..Self::default() }
    }

    fn is_refused(&self) -> bool {
        [&self.name_problem, &self.password_problem, &self.again_problem].into_iter().any(Option::is_some)
    }

    fn show(&self, app: &App) -> Result<Response, Problem> {
        let mut response = app.templates.page("pages/choose_password.html", self)?;
        if self.is_refused() {
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        }
        Ok(response)
    }
}

/// Whom the token lets in by this link. Nobody, and there is nothing at the address.
async fn holder(app: &App, link: Link, token: &str) -> Result<Holder, Problem> {
    let (hash, now) = (hash_of(token), app.clock.now());
    match link {
        Link::Setup => {
            let works = app.store.read(move |conn| login_links::is_setup(conn, &hash)).await?;
            works.then_some(Holder::First).ok_or_else(Problem::not_found)
        }
        Link::Invitation => {
            let user = app.store.read(move |conn| login_links::user_of(conn, &hash, now)).await?;
            user.map(Holder::Known).ok_or_else(Problem::no_invitation)
        }
    }
}

async fn page(app: App, request: Request, link: Link) -> Result<Response, Problem> {
    let token = request.query("token")?.unwrap_or_default();
    let holder = holder(&app, link, &token).await?;
    ChoosePage::of(&holder, token).show(&app)
}

async fn save(app: App, mut request: Request, link: Link) -> Result<Response, Problem> {
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["token", "name", "password", "again"])?;
    let token = form.text("token").to_owned();
    let holder = holder(&app, link, &token).await?;
    let mut page = ChoosePage::of(&holder, token.clone());
    if page.is_first {
        page.name = form.text("name").to_owned();
    }
    let name = match user_name(&page.name) {
        Ok(name) => name,
        // Nobody who is there already is refused their name.
        Err(_) if !page.is_first => page.name.clone(),
        Err(problem) => {
            page.name_problem = Some(problem.to_string());
            String::new()
        }
    };
    let chosen = form.text("password").to_owned();
    page.password_problem = password::problem(&chosen, &name);
    if page.password_problem.is_none() && chosen != form.text("again") {
        page.again_problem = Some("The two are not the same.".to_owned());
    }
    if page.is_refused() {
        return page.show(&app);
    }
    let password = password::hash(chosen).await?;
    let (hash, now) = (hash_of(&token), app.clock.now());
    let entry = match link {
        Link::Setup => {
            app.own_entry(What::UserAdded, &name, json!({ "role": Role::Admin.name(), "by": "setup link" }))
        }
        Link::Invitation => app.own_entry(What::PasswordChanged, &name, json!({ "by": "link" })),
    };
    let let_in = app
        .store
        .write(move |conn| {
            let let_in = match link {
                Link::Setup => match login_links::use_setup(conn, &hash, &name, &password, now)? {
                    Some(id) => accounts::find(conn, id)?,
                    None => None,
                },
                Link::Invitation => login_links::use_for_password(conn, &hash, &password, now)?,
            };
            if let_in.is_some() {
                audit::append(conn, &entry)?;
            }
            Ok(let_in)
        })
        .await?;
    // Somebody else was faster.
    let user = let_in.ok_or_else(Problem::not_found)?;
    tracing::info!(name = user.name, "a password was chosen by a link");
    // The second factor, if there is one, is asked for as ever.
    if user.has_totp {
        return Ok(see_other("/login?out=password"));
    }
    Ok(session::begin(&app, &request, &user, "/").await?.unwrap_or_else(|| see_other("/login")))
}
