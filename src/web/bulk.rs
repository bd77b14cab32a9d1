//! What is done with several sessions of the list at once.

use serde_json::json;
use url::form_urlencoded;
use warp::http::Method;

use super::confirm::Confirm;
use super::filter::{NAMES, address};
use super::form::Form;
use super::page::{Frame, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response, delete, format, see_other};
use crate::model::{ConnectionId, SessionId};
use crate::store::audit::{self, What};
use crate::store::{sessions, tags};

/// More are not chosen at once: a page of the list has fewer.
const MOST: usize = 1000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let path = "/connections/{connection}/sessions/chosen";
    vec![Route::new(Method::POST, path, Access::Editor, Surface::Page, act)]
}

/// What was done by the page before, as its address says.
pub fn done(request: &Request) -> Result<Option<String>, Problem> {
    let done = request.query("done")?.unwrap_or_default();
    let (what, count) = done.split_once('-').unwrap_or((&done, ""));
    let words = match what {
        "pinned" => "pinned",
        "unpinned" => "no longer pinned",
        "tagged" => "tagged",
        "untagged" => "no longer tagged so",
        _ => return Ok(None),
    };
    Ok(count.parse().ok().map(|count| format!("{} {words}.", format::count(count, "session"))))
}

/// The sessions that a form names.
pub fn chosen(form: &Form) -> Result<Vec<SessionId>, Problem> {
    let ids: Vec<SessionId> = form.all("session").filter_map(|id| id.parse().ok()).collect();
    if ids.len() > MOST {
        return Err(Problem::bad_query(&format!("session is there {MOST} times at most.")));
    }
    Ok(ids)
}

async fn act(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "sessions", connection).await?;
    let form = Form::read(&app, &mut request).await?;
    let ids = chosen(&form)?;
    if ids.is_empty() {
        return Err(Problem::bad_query("session is missing: go back and choose one session or more."));
    }
    let action = form.text("do");
    let (word, count) = match action {
        "pin" | "unpin" => (if action == "pin" { "pinned" } else { "unpinned" }, {
            pin(&app, connection, ids, action == "pin").await?
        }),
        "tag" | "untag" => {
            let tag = tags::normal(form.text("tag")).ok_or_else(|| {
                Problem::bad_query(&format!(
                    "tag is a word or a few, of 1 to {} characters.",
                    tags::MAX_CHARS
                ))
            })?;
            let on = action == "tag";
            let set = move |conn: &crate::store::Db| tags::set(conn, connection, &ids, &tag, on);
            (if on { "tagged" } else { "untagged" }, app.store.write(set).await?)
        }
        "delete" => return ask(&app, frame, connection, ids, form.text("back")).await,
        _ => return Err(Problem::bad_query("do is one of pin, unpin, tag, untag and delete.")),
    };
    Ok(see_other(&way_back(connection, form.text("back"), Some(&format!("{word}-{count}")))))
}

async fn pin(
    app: &App,
    connection: ConnectionId,
    ids: Vec<SessionId>,
    pinned: bool,
) -> Result<usize, Problem> {
    let entry = app.entry(
        What::SessionPinned,
        Some(connection),
        "",
        json!({ "pinned": pinned, "chosen": ids.iter().map(SessionId::as_str).collect::<Vec<_>>() }),
    );
    let pin = move |conn: &crate::store::Db| {
        let mut count = 0;
        for id in &ids {
            count += usize::from(sessions::pin(conn, connection, id, pinned)?);
        }
        if count > 0 {
            audit::append(conn, &entry)?;
        }
        Ok(count)
    };
    Ok(app.store.write(pin).await?)
}

/// Asks before the chosen sessions are deleted.
async fn ask(
    app: &App,
    frame: Frame,
    connection: ConnectionId,
    ids: Vec<SessionId>,
    back: &str,
) -> Result<Response, Problem> {
    let scope = app.scope();
    let found = app
        .store
        .read(move |conn| {
            let find = |id: &SessionId| sessions::find(conn, &scope, connection, id).transpose();
            ids.iter().filter_map(find).collect::<crate::store::Result<Vec<_>>>()
        })
        .await?;
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let what = format::count(count, "session");
    let pinned = found.iter().filter(|session| session.pinned).count();
    let mut facts = vec![
        ("Sessions", format::grouped(count)),
        ("Events", format::grouped(found.iter().map(|session| session.events).sum())),
        ("Stored size", format::bytes(found.iter().map(|session| session.bytes).sum())),
    ];
    if pinned > 0 {
        facts.push(("Pinned among them", format::grouped(i64::try_from(pinned).unwrap_or(i64::MAX))));
    }
    Confirm {
        frame,
        title: format!("Delete {what}?"),
        facts,
        sentences: delete::sentences_of_all(),
        action: format!("{}/delete", sessions_url(connection)),
        fields: found.iter().map(|session| ("session", session.id.to_string())).collect(),
        button: (count > 0).then(|| format!("Delete {what}")),
        cancel_url: way_back(connection, back, None),
    }
    .page(app)
}

/// The list as it was, with what was done.
fn way_back(connection: ConnectionId, back: &str, done: Option<&str>) -> String {
    let kept = form_urlencoded::parse(back.as_bytes())
        .filter(|(name, _)| NAMES.contains(&&**name) || ["chart", "before", "after"].contains(&&**name));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(kept);
    query.extend_pairs(done.map(|done| ("done", done)));
    address(&sessions_url(connection), &query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_the_list_and_nowhere_else() {
        let back = |query| way_back(ConnectionId(1), query, Some("pinned-2"));
        assert_eq!(
            back("?tag=a b&before=7.8&deleted=3&x=\r\n"),
            "/connections/1/sessions?before=7.8&done=pinned-2"
        );
        assert_eq!(back("tag=a%20b"), "/connections/1/sessions?tag=a+b&done=pinned-2");
    }
}
