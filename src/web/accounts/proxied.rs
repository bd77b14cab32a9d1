//! Whom a proxy in front names, in a header of each request.
//!
//! The header is believed from the proxies that are trusted, and from nobody else. There is no
//! login of it and no cookie: without the header nobody is named any more.

use std::sync::Once;

use serde_json::json;
use warp::http::{HeaderName, header};

use super::super::App;
use super::super::problem::Problem;
use super::super::request::Request;
use super::session::{Whose, browser_of};
use super::vouched;
use crate::model::vouched::PROXY;
use crate::model::{User, Vouched, known_as};
use crate::store::audit::What;
use crate::store::{Scope, members};

/// Somebody who comes again after this time is noted as coming anew.
const ANEW_MS: i64 = 12 * 60 * 60 * 1000;

/// Names are no longer than this, with some room.
const MOST_VALUE_BYTES: usize = 8 * 1024;

/// Who asks, with what they may see, where a proxy names them.
pub async fn user(app: &App, request: &Request) -> Result<Option<(User, Scope)>, Problem> {
    let Some(person) = person(app, request)? else { return Ok(None) };
    let user = vouched::admit(app, request, person).await?;
    let (id, role) = (user.id, user.role);
    let scope = app.store.read(move |conn| members::scope_of(conn, id, role)).await?;
    Ok(Some((user, scope)))
}

/// Notes that they came, and from time to time that they came anew.
pub fn note_seen(app: &App, request: &Request, user: &User) {
    let now = app.clock.now();
    let before = app.doors.seen.note(Whose::User(user.id), now).max(user.seen_at);
    if before.is_none_or(|before| now - before >= ANEW_MS) {
        let detail =
            json!({ "browser": browser_of(request), "network": request.peer().truncated(), "by": PROXY });
        app.looked(app.own_entry(What::Login, &user.name, detail));
    }
}

/// What the headers say, if they may.
fn person(app: &App, request: &Request) -> Result<Option<Vouched>, Problem> {
    let accounts = &app.settings.accounts;
    let is_named = !accounts.proxy_header.is_empty() && request.headers.contains_key(&accounts.proxy_header);
    if is_named && !app.settings.server.trusted_proxies.contain(request.arrival.peer.address()) {
        warn_of_forged(request);
        return Ok(None);
    }
    let Some(name) = value(request, &accounts.proxy_header)? else { return Ok(None) };
    let groups = value(request, &accounts.proxy_groups_header)?.unwrap_or_default();
    let groups = groups.split([',', ';', '|']).map(str::trim).filter(|group| !group.is_empty());
    Ok(Some(Vouched {
        by: PROXY.to_owned(),
        subject: known_as(&name),
        groups: groups.map(str::to_owned).collect(),
        // Whoever passes the proxy has shown there that it is theirs.
        email: value(request, &accounts.proxy_email_header)?
            .or_else(|| name.contains('@').then(|| name.clone())),
        name,
    }))
}

/// A header that stands once. One that stands twice may be the proxy's beside a forged one.
fn value(request: &Request, name: &str) -> Result<Option<String>, Problem> {
    let Ok(name) = name.parse::<HeaderName>() else { return Ok(None) };
    let mut values = request.headers.get_all(&name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = str::from_utf8(value.as_bytes()).ok().filter(|text| text.len() <= MOST_VALUE_BYTES);
    match (text, values.next()) {
        (Some(text), None) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        _ => Err(Problem::bad_request(
            "The header in which the proxy names the user stands twice, or is no text. The proxy has to set it anew, \
             whatever it was sent.",
        )),
    }
}

/// Says once that somebody names a user and is not believed.
fn warn_of_forged(request: &Request) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            network = request.arrival.peer.truncated(),
            agent = request.header(header::USER_AGENT).chars().take(80).collect::<String>(),
            "a request names a user in `accounts.proxy_header` and comes from no proxy in `server.trusted_proxies`; \
             it is not believed, nor are others"
        );
    });
}
