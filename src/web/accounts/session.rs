//! Logins: finding the one of a request, beginning, renewing and ending them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use warp::http::{HeaderValue, header};

use super::super::problem::Problem;
use super::super::request::Request;
use super::super::{App, Response, see_other};
use super::cookie;
use crate::accounts::secret::{Secret, hash_of};
use crate::model::{TimestampMs, User, user_agent};
use crate::store::audit::{self, What};
use crate::store::logins::{self, Draft, Found};
use crate::store::{Scope, members};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A token that is older is replaced by another.
const ROTATE_AFTER_MS: i64 = DAY_MS;

/// Requests that were under way when a token was replaced still come with the one before. If
/// one comes later than this, the browser never got the new one.
const UNDER_WAY_MS: i64 = 60 * 1000;

/// Who was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// The login with this number.
    Login(i64),
    /// The user with this number, without a login.
    User(i64),
}

/// When logins were used lately, and those users came who need none.
#[derive(Default)]
pub struct Seen(Mutex<HashMap<Whose, TimestampMs>>);

impl Seen {
    /// Takes note, and says when it was before, as far as it is not written down.
    pub fn note(&self, whose: Whose, now: TimestampMs) -> Option<TimestampMs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(whose, now)
    }

    fn last(&self, login: i64) -> Option<TimestampMs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&Whose::Login(login)).copied()
    }

    fn take(&self) -> HashMap<Whose, TimestampMs> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes down when logins were used, and forgets those that are over.
pub async fn write_seen(app: &App) {
    let seen = app.doors.seen.take();
    let now = app.clock.now();
    let (made_before, seen_before) = (now - max_ms(app), now - idle_ms(app));
    let written = app
        .store
        .write(move |conn| {
            for (whose, at) in seen {
                match whose {
                    Whose::Login(login) => logins::note_seen(conn, login, at)?,
                    Whose::User(user) => logins::note_user_seen(conn, user, at)?,
                }
            }
            logins::forget(conn, made_before, seen_before)
        })
        .await;
    if let Err(error) = written {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "when logins were used was not written down"
        );
    }
}

/// The login that a request belongs to, with what its user may see. It is used by that.
pub async fn of(app: &App, request: &Request) -> Result<Option<(Found, Scope)>, Problem> {
    let found = look_up(app, request).await?;
    Ok(found.inspect(|(found, _)| {
        app.doors.seen.note(Whose::Login(found.login.id), app.clock.now());
    }))
}

/// The same for a request that came some time ago and is still being answered: that is no
/// use of the login, which may end meanwhile because nobody uses it.
pub async fn look_up(app: &App, request: &Request) -> Result<Option<(Found, Scope)>, Problem> {
    let Some(token) = cookie::token(app, request)? else { return Ok(None) };
    let hash = hash_of(&token);
    let found = app
        .store
        .read(move |conn| {
            let Some(found) = logins::with_hash(conn, &hash)? else { return Ok(None) };
            let scope = members::scope_of(conn, found.user.id, found.user.role)?;
            Ok(Some((found, scope)))
        })
        .await?;
    let now = app.clock.now();
    Ok(found.filter(|(found, _)| is_good(app, found, now)))
}

fn is_good(app: &App, found: &Found, now: TimestampMs) -> bool {
    let Found { login, user, .. } = found;
    let seen_at = app.doors.seen.last(login.id).map_or(login.seen_at, |seen| seen.max(login.seen_at));
    let is_valid = login.epoch == user.epoch && user.disabled_at.is_none();
    is_valid && now - login.made_at < max_ms(app) && now - seen_at < idle_ms(app)
}

fn max_ms(app: &App) -> i64 {
    i64::from(app.settings.accounts.session_max_days) * DAY_MS
}

fn idle_ms(app: &App) -> i64 {
    i64::from(app.settings.accounts.session_idle_days) * DAY_MS
}

/// Lets somebody in by their password, and leads on. `None` when what they were let in by was
/// changed meanwhile.
pub async fn begin(
    app: &App,
    request: &Request,
    user: &User,
    next: &str,
) -> Result<Option<Response>, Problem> {
    begin_by(app, request, user, next, None).await
}

/// Lets somebody in, with a token that nobody had before, by their password or because somebody
/// vouches for them.
pub async fn begin_by(
    app: &App,
    request: &Request,
    user: &User,
    next: &str,
    vouched_by: Option<&str>,
) -> Result<Option<Response>, Problem> {
    let former = of(app, request).await.ok().flatten();
    let secret = Secret::new();
    let draft = Draft {
        user: user.id,
        epoch: user.epoch,
        token_hash: secret.hash,
        browser: browser_of(request),
        network: request.peer().truncated(),
        vouched_by: vouched_by.map(str::to_owned),
    };
    let now = app.clock.now();
    let way = vouched_by.unwrap_or("password");
    let detail = json!({ "browser": draft.browser, "network": draft.network, "by": way });
    let entry = app.own_entry(What::Login, &user.name, detail);
    let begun = app
        .store
        .write(move |conn| {
            if let Some((Found { login, user, .. }, _)) = former {
                logins::end(conn, user.id, login.id)?;
            }
            let begun = logins::add(conn, &draft, now)?;
            if begun {
                audit::append(conn, &entry)?;
            }
            Ok(begun)
        })
        .await?;
    let mut response = see_other(next);
    keep(app, &mut response, &secret.token);
    Ok(begun.then_some(response))
}

/// Has the browser keep the token.
pub fn keep(app: &App, response: &mut Response, token: &str) {
    response.headers_mut().append(header::SET_COOKIE, cookie::keeping(app, token));
}

/// Ends the login that the request belongs to, here and in the browser.
pub async fn end(app: &App, request: &Request) -> Result<Response, Problem> {
    let mut after = "/login?out=1";
    if let Some((Found { login, user, .. }, _)) = of(app, request).await? {
        let entry = app.own_entry(What::Logout, &user.name, json!({}));
        if login.vouched_by.is_some() {
            after = "/login?out=openid";
        }
        app.store
            .write(
                move |conn| {
                    if logins::end(conn, user.id, login.id)? { audit::append(conn, &entry) } else { Ok(()) }
                },
            )
            .await?;
    }
    let mut response = see_other(after);
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookie::forgetting(app));
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// The cookie with another token, when that is due. A page asks for it, not what the page loads.
pub async fn renewed(app: &App, request: &Request) -> Option<HeaderValue> {
    let token = cookie::token(app, request).ok()??;
    let hash = hash_of(&token);
    let (found, now) =
        (app.store.read(move |conn| logins::with_hash(conn, &hash)).await.ok()??, app.clock.now());
    let age = now - found.login.rotated_at;
    let login = found.login;
    if found.has_former && !found.is_former && age > UNDER_WAY_MS {
        let forgotten = app.store.write(move |conn| logins::forget_former(conn, login.id)).await;
        if let Err(error) = forgotten {
            tracing::debug!(error = &error as &dyn std::error::Error, "a former token was not forgotten");
        }
        return None;
    }
    if age <= if found.is_former { UNDER_WAY_MS } else { ROTATE_AFTER_MS } {
        return None;
    }
    let secret = Secret::new();
    let to = secret.hash;
    let rotated = app.store.write(move |conn| logins::rotate(conn, &login, &hash, &to, now)).await;
    // A disk that cannot be written is no reason to keep somebody out: the token stays.
    rotated.is_ok_and(|rotated| rotated).then(|| cookie::keeping(app, &secret.token))
}

/// The request's browser and system, as people call them.
pub fn browser_of(request: &Request) -> String {
    let known = user_agent::read(request.header(header::USER_AGENT));
    match (known.name, known.os) {
        ("", "") => "Unknown browser".to_owned(),
        ("", os) => format!("Unknown browser on {os}"),
        (name, "") => name.to_owned(),
        (name, os) => format!("{name} on {os}"),
    }
}
