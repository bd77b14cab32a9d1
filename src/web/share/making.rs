//! Making a link to a session, and ending one.

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use warp::http::{Method, StatusCode};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::form::Form;
use super::super::held_back::find_shown;
use super::super::notes::author_of;
use super::super::problem::Problem;
use super::super::replay::{PAGE, json};
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, format, see_other};
use super::list::url_of_all;
use super::{TOKEN_BYTES, password};
use crate::model::{ConnectionId, TimestampMs};
use crate::store::Db;
use crate::store::audit::{self, What};
use crate::store::shares::{self, Draft, Share};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long a link can work, as forms name it. The first is meant when nothing is said.
const TERMS: [(&str, i64); 4] = [("7d", 7 * DAY_MS), ("1h", HOUR_MS), ("1d", DAY_MS), ("30d", 30 * DAY_MS)];

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let end = |work: &str, revoke| {
        let path = format!("/connections/{{connection}}/shares/{{share}}/{work}");
        Route::new(Method::POST, path, Access::Editor, Surface::Page, move |app, request| {
            set_revoked(app, request, revoke)
        })
    };
    vec![
        Route::new(Method::POST, format!("{PAGE}/share"), Access::Editor, Surface::Data, make),
        Route::new(Method::GET, format!("{PAGE}/shares.json"), Access::Editor, Surface::Data, of_session),
        end("revoke", true),
        end("restore", false),
    ]
}

/// See `browser/contracts/shares.ts`.
#[derive(Serialize)]
struct Made {
    id: i64,
    /// Shown once: only its hash is kept.
    url: String,
    expires_at: String,
}

async fn make(app: App, mut request: Request) -> Result<Response, Problem> {
    let session = find_shown(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let now = app.clock.now();
    let token = new_token()?;
    let draft = Draft {
        token_hash: Sha256::digest(&token).into(),
        start_ms: start_of(&form)?,
        story: flag(&form, "story")?,
        password: match form.text("password") {
            "" => None,
            text if text.chars().count() > password::MOST_CHARS => {
                return Err(Problem::bad_form("password is longer than 200 characters."));
            }
            text => Some(crate::accounts::password::hash(text.to_owned()).await?),
        },
        author: author_of(&app, &form)?,
        expires_at: now + term_of(&form)?,
    };
    let expires_at = format::exact(draft.expires_at);
    let row = session.row;
    let detail = json!({
        "expires_at": draft.expires_at, "story": draft.story, "password": draft.password.is_some(),
    });
    let entry = app.entry(What::ShareMade, Some(session.connection), session.id.to_string(), detail);
    let add = move |conn: &Db| {
        let added = shares::add(conn, row, &draft, now)?;
        if let Some(id) = added {
            let mut entry = entry;
            entry.detail["link"] = json!(id);
            audit::append(conn, &entry)?;
        }
        Ok(added)
    };
    let added = app.store.write(add).await?;
    let id = added.ok_or_else(|| {
        let detail =
            format!("A session takes {} links that work at a time. End some of them first.", shares::MOST);
        Problem::limit_reached(&detail)
    })?;
    let mut response = json(&Made { id, url: format!("{}/share/{token}", app.public_url), expires_at })?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

fn new_token() -> Result<String, Problem> {
    let mut random = [0; TOKEN_BYTES];
    getrandom::fill(&mut random).map_err(|error| {
        tracing::error!(%error, "the system gives no random bytes");
        Problem::internal()
    })?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

fn start_of(form: &Form) -> Result<i64, Problem> {
    let bad = |_| Problem::bad_form("start_ms is a place on the timeline in whole milliseconds.");
    match form.text("start_ms") {
        "" => Ok(0),
        text => text.parse::<u32>().map(i64::from).map_err(bad),
    }
}

fn flag(form: &Form, name: &str) -> Result<bool, Problem> {
    match form.text(name) {
        "1" => Ok(true),
        "" | "0" => Ok(false),
        _ => Err(Problem::bad_form(&format!("{name} is 1 or 0."))),
    }
}

fn term_of(form: &Form) -> Result<i64, Problem> {
    let asked = form.text("expires");
    let found = TERMS.iter().find(|(name, _)| asked.is_empty() || *name == asked);
    found.map(|(_, ms)| *ms).ok_or_else(|| Problem::bad_form("expires is one of 1h, 1d, 7d and 30d."))
}

#[derive(Serialize)]
struct Listed {
    shares: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    id: i64,
    author: String,
    made_at: String,
    expires_at: String,
    locked: bool,
    opened: i64,
}

/// The links to a session that work.
async fn of_session(app: App, request: Request) -> Result<Response, Problem> {
    let session = find_shown(&app, &request).await?;
    let row = session.row;
    let found = app.store.read(move |conn| shares::of_session(conn, row)).await?;
    let now: TimestampMs = app.clock.now();
    let line = |share: Share| Line {
        id: share.id,
        author: share.author,
        made_at: format::exact(share.made_at),
        expires_at: format::exact(share.expires_at),
        locked: share.password.is_some(),
        opened: share.opened,
    };
    let shares = found.into_iter().filter(|share| share.works(now)).map(line).collect();
    json(&Listed { shares })
}

async fn set_revoked(app: App, request: Request, revoke: bool) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let id: i64 = request.param("share")?;
    let revoked_at = revoke.then(|| app.clock.now());
    let what = if revoke { What::ShareEnded } else { What::ShareRestored };
    let entry = app.entry(what, Some(connection), format!("link {id}"), json!({ "link": id }));
    let end = move |conn: &Db| {
        let done = shares::set_revoked(conn, connection, id, revoked_at)?;
        if done {
            audit::append(conn, &entry)?;
        }
        Ok(done)
    };
    let done = app.store.write(end).await?;
    if !done {
        return Err(Problem::not_found());
    }
    let told = if revoke { "revoked" } else { "restored" };
    Ok(see_other(&format!("{}?{told}={id}", url_of_all(connection))))
}
