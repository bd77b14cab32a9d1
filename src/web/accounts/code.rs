//! The second step of a login: a code of the user's app, or a recovery code.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use warp::http::{Method, StatusCode, header};

use super::super::form::Form;
use super::super::next::own_page;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, see_other};
use super::login::wait_words;
use super::{check_accounts, refused as noted, session};
use crate::accounts::secret::{Secret, hash_of};
use crate::accounts::{Wait, totp};
use crate::model::{TimestampMs, User};
use crate::store::{accounts, second_factor};

/// Whoever has entered the password has this long for the code.
const STEP_MS: i64 = 10 * 60 * 1000;

/// Logins between their two steps, at once.
const MOST_STEPS: usize = 1000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::POST, "/login/code", Access::Public, Surface::Page, take)]
}

/// Logins whose password was right, and whose code is waited for.
#[derive(Default)]
pub struct Steps(Mutex<HashMap<[u8; 32], Step>>);

#[derive(Clone, Copy)]
struct Step {
    user: i64,
    /// The user's epoch when the password was right.
    epoch: i64,
    until: TimestampMs,
}

impl Steps {
    /// Remembers that the password was right. The token goes with the form.
    fn begin(&self, user: &User, now: TimestampMs) -> String {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.retain(|_, step| step.until > now);
        if steps.len() >= MOST_STEPS {
            steps.clear();
        }
        let secret = Secret::new();
        steps.insert(secret.hash, Step { user: user.id, epoch: user.epoch, until: now + STEP_MS });
        secret.token
    }

    fn find(&self, token: &str, now: TimestampMs) -> Option<Step> {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.get(&hash_of(token)).copied().filter(|step| step.until > now)
    }

    fn end(&self, token: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash_of(token));
    }
}

#[derive(Serialize)]
struct CodePage<'a> {
    step: &'a str,
    next: &'a str,
    problem: Option<String>,
}

/// Asks for the code of a user whose password was right.
pub fn ask(app: &App, user: &User, next: &str) -> Result<Response, Problem> {
    let step = app.doors.steps.begin(user, app.clock.now());
    app.templates.page("pages/login_code.html", &CodePage { step: &step, next, problem: None })
}

async fn take(app: App, mut request: Request) -> Result<Response, Problem> {
    check_accounts(&app)?;
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["step", "code", "next"])?;
    let next = own_page(form.text("next"));
    let Some(step) = app.doors.steps.find(form.text("step"), app.clock.now()) else {
        return Ok(see_other("/login?out=late"));
    };
    let user = app.store.read(move |conn| accounts::find(conn, step.user)).await?;
    let Some(user) = user.filter(|user| user.epoch == step.epoch && user.disabled_at.is_none()) else {
        return Ok(see_other("/login"));
    };
    let refused = |problem: String, status: StatusCode| {
        let page = CodePage { step: form.text("step"), next: &next, problem: Some(problem) };
        let mut response = app.templates.page("pages/login_code.html", &page)?;
        *response.status_mut() = status;
        Ok(response)
    };
    match use_code(&app, user.id, form.text("code")).await? {
        Ok(true) => {}
        Ok(false) => {
            tracing::info!(network = request.peer().truncated(), "the code of a login was wrong");
            noted::note(&app, &request, &user.name, "code");
            let problem = "This code is not right, or it was used already. Wait for the next one.".to_owned();
            return refused(problem, StatusCode::FORBIDDEN);
        }
        Err(wait) => {
            noted::note(&app, &request, &user.name, "too many attempts");
            let mut response = refused(wait_words(wait), StatusCode::TOO_MANY_REQUESTS)?;
            response.headers_mut().insert(header::RETRY_AFTER, wait.seconds.into());
            return Ok(response);
        }
    }
    app.doors.steps.end(form.text("step"));
    Ok(session::begin(&app, &request, &user, &next).await?.unwrap_or_else(|| see_other("/login")))
}

/// Takes a code of a user's app, or a recovery code; each works once.
pub async fn use_code(app: &App, user: i64, code: &str) -> Result<Result<bool, Wait>, Problem> {
    let (now, code) = (app.clock.now(), code.trim().to_owned());
    if let Err(wait) = app.doors.codes.count(user.to_be_bytes(), now) {
        return Ok(Err(wait));
    }
    let used = app
        .store
        .write(move |conn| {
            let key = second_factor::key_of(conn, user)?;
            match key.and_then(|key| totp::step_of(&key, &code, now)) {
                Some(step) => second_factor::use_step(conn, user, step),
                None => second_factor::use_recovery_code(conn, user, &totp::recovery_hash(&code)),
            }
        })
        .await?;
    if used {
        app.doors.codes.forget(user.to_be_bytes());
    }
    Ok(Ok(used))
}
