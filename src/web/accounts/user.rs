//! One user, as administrators change them: role, state, links, removal.
//!
//! Nobody does this to themselves: another administrator must be left to take it back.

use serde::Serialize;
use serde_json::json;
use warp::http::Method;

use super::super::confirm::Confirm;
use super::super::form::Form;
use super::super::page::Frame;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, format, see_other};
use super::users::{RoleChoice, URL, new_link, role_choices, role_name, role_of, state, url_of, ways};
use super::{check_accounts, check_passwords};
use crate::model::{Role, TimestampMs, User};
use crate::store::accounts::{self, Changed};
use crate::store::audit::{self, Entry, What};
use crate::store::{Db, second_factor};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let at = |path: &str| format!("{URL}/{{user}}{path}");
    let (get, post) = (Method::GET, Method::POST);
    let (who, surface) = (Access::Server, Surface::Page);
    vec![
        Route::new(get.clone(), at(""), who, surface, page),
        Route::new(post.clone(), at("/role"), who, surface, change_role),
        Route::new(post.clone(), at("/state"), who, surface, change_state),
        Route::new(post.clone(), at("/link"), who, surface, link),
        Route::new(post.clone(), at("/second-factor/off"), who, surface, second_factor_off),
        Route::new(get, at("/remove"), who, surface, ask),
        Route::new(post, at("/remove"), who, surface, remove),
    ]
}

async fn find(app: &App, request: &Request) -> Result<User, Problem> {
    check_accounts(app)?;
    let id: i64 = request.param("user")?;
    app.store.read(move |conn| accounts::find(conn, id)).await?.ok_or_else(Problem::no_user)
}

/// The user, if it is somebody else.
async fn find_other(app: &App, request: &Request) -> Result<User, Problem> {
    let user = find(app, request).await?;
    if app.asker().user().is_some_and(|(id, _)| id == user.id) {
        return Err(Problem::own_account());
    }
    Ok(user)
}

#[derive(Serialize)]
struct UserPage {
    #[serde(flatten)]
    frame: Frame,
    done: Option<&'static str>,
    name: String,
    own: bool,
    state: &'static str,
    state_words: &'static str,
    disabled: bool,
    has_password: bool,
    /// How they say who they are.
    by: String,
    /// Whether they choose a password by a link.
    takes_link: bool,
    has_totp: bool,
    made: String,
    made_exact: String,
    seen: String,
    seen_exact: String,
    roles: Vec<RoleChoice>,
    url: String,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let (user, now) = (find(&app, &request).await?, app.clock.now());
    let (state, state_words) = state(&user);
    let page = UserPage {
        frame: Frame::of_server(&app, "users"),
        done: match request.query("done")?.as_deref() {
            Some("role") => Some("The role is changed. They have to log in again."),
            Some("disabled") => Some("They are shut out and logged out everywhere."),
            Some("enabled") => Some("They may log in again."),
            Some("second-factor") => Some("They are asked for the password only."),
            _ => None,
        },
        own: app.asker().user().is_some_and(|(id, _)| id == user.id),
        state,
        state_words,
        disabled: user.disabled_at.is_some(),
        has_password: user.has_password,
        by: ways(&app, &user),
        takes_link: app.settings.accounts.password && (user.has_password || user.vouched_by.is_none()),
        has_totp: user.has_totp,
        made: format::relative(user.created_at, now),
        made_exact: format::exact(user.created_at),
        seen: user.seen_at.map(|at| format::relative(at, now)).unwrap_or_default(),
        seen_exact: user.seen_at.map(format::exact).unwrap_or_default(),
        roles: role_choices(user.role),
        url: url_of(user.id),
        name: user.name,
    };
    app.templates.page("pages/user.html", &page)
}

/// Changes somebody else, as long as the asker may: another administrator may have been faster.
async fn change<F>(app: &App, entry: Entry, work: F) -> Result<(), Problem>
where
    F: FnOnce(&Db) -> crate::store::Result<Changed> + Send + 'static,
{
    let asker = app.asker().user().map(|(id, _)| id);
    let changed = app
        .store
        .write(move |conn| match asker {
            Some(asker) if !accounts::is_admin(conn, asker)? => Ok(None),
            _ => {
                let changed = work(conn)?;
                if changed == Changed::Yes {
                    audit::append(conn, &entry)?;
                }
                Ok(Some(changed))
            }
        })
        .await?;
    match changed {
        Some(Changed::Yes | Changed::No) => Ok(()),
        Some(Changed::LastAdmin) => Err(Problem::last_admin()),
        None => Err(Problem::not_allowed()),
    }
}

async fn change_role(app: App, mut request: Request) -> Result<Response, Problem> {
    let user = find_other(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["role"])?;
    let role: Option<Role> = role_of(&form)?;
    let detail = json!({ "from": role_name(user.role), "to": role_name(role) });
    let entry = app.entry(What::RoleChanged, None, user.name, detail);
    change(&app, entry, move |conn| accounts::set_role(conn, user.id, role)).await?;
    Ok(see_other(&format!("{}?done=role", url_of(user.id))))
}

async fn change_state(app: App, mut request: Request) -> Result<Response, Problem> {
    let user = find_other(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["disabled"])?;
    let (at, done): (Option<TimestampMs>, _) = match form.text("disabled") {
        "1" => (Some(app.clock.now()), "disabled"),
        "0" => (None, "enabled"),
        _ => return Err(Problem::bad_form("disabled is 1 or 0.")),
    };
    let entry = app.entry(What::UserChanged, None, user.name, json!({ "shut_out": at.is_some() }));
    change(&app, entry, move |conn| accounts::set_disabled(conn, user.id, at)).await?;
    Ok(see_other(&format!("{}?done={done}", url_of(user.id))))
}

async fn link(app: App, request: Request) -> Result<Response, Problem> {
    let user = find_other(&app, &request).await?;
    check_passwords(&app)?;
    if user.disabled_at.is_some() {
        return Err(Problem::bad_form("The user is shut out. Let them in before you send them a link."));
    }
    new_link(&app, &user).await
}

async fn second_factor_off(app: App, request: Request) -> Result<Response, Problem> {
    let user = find_other(&app, &request).await?;
    let entry = app.entry(What::TotpOff, None, user.name, json!({}));
    change(&app, entry, move |conn| {
        Ok(if second_factor::turn_off(conn, user.id)? { Changed::Yes } else { Changed::No })
    })
    .await?;
    Ok(see_other(&format!("{}?done=second-factor", url_of(user.id))))
}

async fn ask(app: App, request: Request) -> Result<Response, Problem> {
    let user = find_other(&app, &request).await?;
    Confirm {
        frame: Frame::of_server(&app, "users"),
        title: format!("Remove {}?", user.name),
        facts: Vec::new(),
        sentences: vec![
            "They are logged out everywhere, and their tokens and links stop to work. What they wrote stays, with \
             their name."
                .to_owned(),
            "To keep somebody out for a while, shut them out instead: that can be taken back.".to_owned(),
        ],
        action: format!("{}/remove", url_of(user.id)),
        fields: Vec::new(),
        button: Some("Remove".to_owned()),
        cancel_url: url_of(user.id),
    }
    .page(&app)
}

async fn remove(app: App, request: Request) -> Result<Response, Problem> {
    let user = find_other(&app, &request).await?;
    let entry = app.entry(What::UserRemoved, None, user.name, json!({}));
    change(&app, entry, move |conn| accounts::remove(conn, user.id)).await?;
    Ok(see_other(&format!("{URL}?done=removed")))
}
