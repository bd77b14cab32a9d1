//! `POST {ingest path}/KEY/forget`: a visitor's own wish that their visit be erased.
//!
//! The id of a visit is the hash of a secret that its browser made up and told nobody. Who sends the
//! secret is that browser: neither whoever watches a replay, nor whoever is called the same by a site,
//! knows it. So it erases this one visit, and no other; all of a person is for the site to have erased.

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use warp::http::{HeaderValue, header};

use super::body::Pace;
use super::ingest::{check_media_type, holder};
use super::problem::Problem;
use super::request::Request;
use super::{App, Response, delete, strangers};
use crate::clock;
use crate::model::{ConnectionId, SessionId};
use crate::store::audit::{self, Entry, Filter, What};
use crate::store::erasing::Selection;
use crate::store::{Db, Scope};

/// What follows the key in the address.
const NAME: &str = "/forget";

/// A secret is 32 characters; some room for whoever sends another.
const MAX_BYTES: usize = 256;

/// How the audit log calls whoever does this.
const WHO: &str = "visitor";

/// What came of it: `browser/recorder/api.ts`.
#[derive(Serialize)]
struct Forgotten {
    erased: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The number and the hash of the entry in the audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
}

/// Whether a request on the ingest path is such a wish.
pub fn is_meant(request: &Request) -> bool {
    request.param_text("address").strip_suffix(NAME).is_some_and(|key| !key.contains('/'))
}

/// Erases the visit.
pub async fn answer(app: App, mut request: Request) -> Result<Response, Problem> {
    match read(&app, &mut request).await {
        Ok((connection, session)) => forget(&app, connection, session).await,
        Err(mut problem) => {
            request.let_go(&mut problem).await;
            Err(problem)
        }
    }
}

/// Which visit is meant. A connection that is paused, or honours a browser's wish not to be
/// recorded, erases all the same.
async fn read(app: &App, request: &mut Request) -> Result<(ConnectionId, SessionId), Problem> {
    strangers::count(app, request)?;
    let key = request.param_text("address").strip_suffix(NAME).unwrap_or_default().to_owned();
    let holder = holder(app, &key).await?;
    check_media_type(request)?;
    let secret = request.body.read(MAX_BYTES, Pace::from(&app.settings.ingest)).await?;
    let is_secret = secret.len() == 32 && secret.iter().all(u8::is_ascii_hexdigit);
    let bad = || Problem::bad_request("The body is the secret of a visit, as hindsight.forgetMe() sends it.");
    let session = Some(session_of(&secret)).filter(|_| is_secret).and_then(|id| id.parse().ok());
    Ok((holder.connection, session.ok_or_else(bad)?))
}

/// The id of the visit that has the secret: the first 16 bytes of its hash.
fn session_of(secret: &[u8]) -> String {
    Sha256::digest(secret).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

async fn forget(app: &App, connection: ConnectionId, session: SessionId) -> Result<Response, Problem> {
    let subject = session.to_string();
    let entry = app.entry(What::VisitForgotten, Some(connection), subject.clone(), json!({}));
    let entry = Entry { who: WHO.to_owned(), ..entry };
    let at = entry.at;
    let selection = Selection::Session(session);
    let wanted = selection.clone();
    let count = app.store.read(move |conn| crate::store::erasing::count(conn, connection, &wanted)).await?;
    let erased = count > 0 && delete::erase_now(app, connection, selection, entry).await? != Some(0);
    let receipt = if erased { receipt(app, connection, subject).await? } else { None };
    let forgotten = Forgotten { erased, at: erased.then(|| clock::rfc3339_ms(at)), receipt };
    let text = serde_json::to_string(&forgotten).expect("a struct of text is always JSON");
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// The entry that the audit log has of it, as `hindsight audit verify --head` takes one.
async fn receipt(app: &App, connection: ConnectionId, subject: String) -> Result<Option<String>, Problem> {
    let read = move |conn: &Db| {
        let what = Some(What::VisitForgotten);
        let filter = Filter {
            what,
            connection: Some(connection),
            or_subject: Some(subject.clone()),
            subject: Some(subject),
            ..Filter::default()
        };
        audit::list(conn, &Scope::everything(), &filter, None, 1)
    };
    let entry = app.store.read(read).await?.into_iter().next();
    Ok(entry.map(|entry| {
        let hash: String = entry.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}:{hash}", entry.id)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_visit_is_made_as_the_recorder_makes_it() {
        assert_eq!(session_of(b"00000000000000000000000000000000"), "84e0c0eafaa95a34c293f278ac52e45c");
    }
}
