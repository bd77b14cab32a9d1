//! Logging in through an OpenID provider, and tying one's account to it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use warp::http::{Method, header};

use super::super::confirm::Confirm;
use super::super::form::Form;
use super::super::next::own_page;
use super::super::page::Frame;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, see_other};
use super::cookie::{self, Step};
use super::own::user;
use super::{check_accounts, own, refused as noted, session, vouched};
use crate::accounts::secret::{Secret, hash_of};
use crate::model::{TimestampMs, Vouched};
use crate::openid::{Answer, BACK, Error, Provider, Secrets};
use crate::store::audit::{self, What};
use crate::store::identities::{self, Tied};

/// Where a login through the provider begins.
const BEGIN: &str = "/login/openid";

/// Where one's account is tied to it.
const CONNECT: &str = "/account/openid";

/// Whoever is asked whether to tie their account has so long to say so.
const PENDING_MS: i64 = 10 * 60 * 1000;

/// So many are asked at once.
const MOST_PENDING: usize = 1000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let (public, own, surface) = (Access::Public, Access::LoggedIn, Surface::Page);
    vec![
        Route::new(Method::GET, BEGIN, public, surface, begin),
        Route::new(Method::GET, BACK, public, surface, back),
        Route::new(Method::POST, CONNECT, own, surface, connect),
        Route::new(Method::POST, format!("{CONNECT}/end"), own, surface, disconnect),
    ]
}

/// Where a login through the provider begins that leads on to a page.
pub fn url(next: &str) -> String {
    match own_page(next).as_str() {
        "/" => BEGIN.to_owned(),
        next => {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            format!("{BEGIN}?{query}")
        }
    }
}

/// Whom the provider vouched for, until their user says that they are the same.
#[derive(Default)]
pub struct Pending(Mutex<HashMap<[u8; 32], Waiting>>);

struct Waiting {
    user: i64,
    person: Vouched,
    until: TimestampMs,
}

impl Pending {
    fn begin(&self, user: i64, person: Vouched, now: TimestampMs) -> String {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|_, waiting| waiting.until > now);
        if pending.len() >= MOST_PENDING {
            pending.clear();
        }
        let secret = Secret::new();
        pending.insert(secret.hash, Waiting { user, person, until: now + PENDING_MS });
        secret.token
    }

    fn take(&self, token: &str, user: i64, now: TimestampMs) -> Option<Vouched> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = pending.remove(&hash_of(token))?;
        (waiting.user == user && waiting.until > now).then_some(waiting.person)
    }
}

fn provider(app: &App) -> Result<&Provider, Problem> {
    check_accounts(app)?;
    app.openid.as_ref().ok_or_else(Problem::not_found)
}

/// Says what went wrong to the log, and to whoever wanted to log in.
fn failed(app: &App, request: &Request, error: &Error) -> Problem {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        network = request.peer().truncated(),
        "a login through the OpenID provider failed"
    );
    noted::note(app, request, "", "OpenID provider");
    Problem::not_vouched_for(error)
}

async fn begin(app: App, request: Request) -> Result<Response, Problem> {
    let provider = provider(&app)?;
    let next = own_page(&request.query("next")?.unwrap_or_default());
    let connects = request.query("connect")?.as_deref() == Some("1");
    if !connects && app.asker().user().is_some() {
        return Ok(see_other(&next));
    }
    let step = Step { secrets: Secrets::new(), connects, next };
    let url = provider.login_url(&step.secrets).await.map_err(|error| failed(&app, &request, &error))?;
    let mut response = see_other(&url);
    response.headers_mut().append(header::SET_COOKIE, cookie::keeping_step(&app, &step));
    Ok(response)
}

async fn back(app: App, request: Request) -> Result<Response, Problem> {
    let provider = provider(&app)?;
    let answer = Answer {
        code: request.query("code")?,
        state: request.query("state")?,
        issuer: request.query("iss")?,
        error: request.query("error")?,
    };
    let Some(step) = cookie::step(&app, &request)? else {
        let error =
            Error::Answer("belongs to no login that was begun in this browser within the last ten minutes");
        return Err(failed(&app, &request, &error));
    };
    let person =
        provider.finish(&step.secrets, answer).await.map_err(|error| failed(&app, &request, &error))?;
    let mut response = if step.connects {
        ask(&app, provider, person)?
    } else {
        let user = vouched::admit(&app, &request, person).await?;
        let begun = session::begin_by(&app, &request, &user, &step.next, Some(provider.issuer())).await?;
        begun.unwrap_or_else(|| see_other("/login"))
    };
    response.headers_mut().append(header::SET_COOKIE, cookie::forgetting_step(&app));
    Ok(response)
}

/// Another page could have sent the browser through the provider, as somebody else there. So
/// whoever has logged in here is asked.
fn ask(app: &App, provider: &Provider, person: Vouched) -> Result<Response, Problem> {
    let (id, name) = app.asker().user().ok_or_else(Problem::login_needed)?;
    let label = provider.label();
    let page = Confirm {
        frame: Frame::of_server(app, "account"),
        title: format!("Log in as {name} through {label}?"),
        facts: vec![("There", person.name.clone()), ("Here", name.to_owned())],
        sentences: vec![format!(
            "Whoever logs in there as {} is let in here as {name} from now on. Your password works as before.",
            person.name
        )],
        action: CONNECT.to_owned(),
        fields: vec![("token", app.doors.pending.begin(id, person, app.clock.now()))],
        button: Some("Connect".to_owned()),
        cancel_url: own::URL.to_owned(),
    };
    page.page(app)
}

async fn connect(app: App, mut request: Request) -> Result<Response, Problem> {
    provider(&app)?;
    let user = user(&app).await?;
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["token"])?;
    let now = app.clock.now();
    let Some(person) = app.doors.pending.take(form.text("token"), user.id, now) else {
        return Ok(see_other(&format!("{}?done=late", own::URL)));
    };
    let entry =
        app.entry(What::UserChanged, None, user.name, json!({ "fields": ["vouched by"], "by": person.by }));
    let tied = app
        .store
        .write(move |conn| {
            let tied = identities::tie(conn, user.id, &person.by, &person.subject, now)?;
            if tied == Tied::Yes {
                audit::append(conn, &entry)?;
            }
            Ok(tied)
        })
        .await?;
    Ok(see_other(&format!("{}?done={}", own::URL, if tied == Tied::Yes { "connected" } else { "taken" })))
}

async fn disconnect(app: App, _request: Request) -> Result<Response, Problem> {
    let issuer = provider(&app)?.issuer().to_owned();
    let user = user(&app).await?;
    let entry = app.entry(What::UserChanged, None, user.name, json!({ "fields": ["vouched by"] }));
    let done = app
        .store
        .write(move |conn| {
            let untied = identities::untie(conn, user.id, &issuer)?;
            if untied {
                audit::append(conn, &entry)?;
            }
            Ok(untied)
        })
        .await?;
    Ok(see_other(&if done { format!("{}?done=disconnected", own::URL) } else { own::URL.to_owned() }))
}
