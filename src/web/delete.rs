//! Deleting sessions: one, or all of a visitor or a range of time.
//!
//! A page asks first and says what will be gone. Sessions are out of sight when the
//! answer comes; their bytes are overwritten soon after, by `finish`.

use std::time::Duration;

use serde_json::{Value, json};
use warp::http::Method;

use super::chart::Span;
use super::confirm::Confirm;
use super::filter::values::Word;
use super::filter::{Filter, address};
use super::form::Form;
use super::held_back::find;
use super::moment::Moment;
use super::page::{Frame, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::url_of;
use super::{App, Response, bulk, format, see_other};
use crate::model::{ConnectionId, Session, SessionId, Status};
use crate::store::audit::{self, Entry, What};
use crate::store::erasing::{self, Selection};
use crate::store::{self, Db, Store, pseudonym};

/// An answer does not wait longer than this for sessions to be out of sight; they go all the same.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Between two steps uploads get their turn.
const BREATH: Duration = Duration::from_millis(2);

/// How long to wait when the store has too much to write.
const REST: Duration = Duration::from_millis(200);

const ONE: &str = "/connections/{connection}/sessions/{session}/delete";
const ALL: &str = "/connections/{connection}/sessions/delete";

const FOR_GOOD: &str = "This cannot be undone: what is deleted is overwritten on the disk.";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, ONE, Access::Editor, Surface::Page, ask_for_one),
        Route::new(Method::POST, ONE, Access::Editor, Surface::Page, delete_one),
        Route::new(Method::GET, ALL, Access::Editor, Surface::Page, ask_for_all),
        Route::new(Method::POST, ALL, Access::Editor, Surface::Page, delete_all),
    ]
}

/// Where all sessions that a filter lets through can be deleted.
pub fn url_of_all(connection: ConnectionId, filter: &Filter) -> String {
    address(&format!("{}/delete", sessions_url(connection)), &filter.query())
}

/// What was deleted by the page before, as its address says.
pub fn done(request: &Request) -> Result<Option<String>, Problem> {
    let deleted = request.query("deleted")?;
    Ok(match deleted.as_deref().map(|text| (text, text.parse())) {
        Some(("some", _)) => {
            Some("The sessions are being deleted. There are many, so this takes a moment.".to_owned())
        }
        Some((_, Ok(0))) => Some("There was nothing left to delete.".to_owned()),
        Some((_, Ok(1))) => Some("Session deleted.".to_owned()),
        Some((_, Ok(count @ 2..))) => Some(format!("{} deleted.", format::count(count, "session"))),
        _ => None,
    })
}

async fn ask_for_one(app: App, request: Request) -> Result<Response, Problem> {
    let session = find(&app, &request).await?;
    let relative = format::relative(session.started_at, app.clock.now());
    let url = url_of(&session);
    Confirm {
        frame: Frame::about(&app, "delete", session.connection).await?,
        title: "Delete this session?".to_owned(),
        facts: vec![
            ("Landing page", session.landing_url.clone()),
            ("Started", format!("{relative} ({})", Moment::Time(session.started_at).words())),
            ("Events", format::grouped(session.events)),
            ("Stored size", format::bytes(session.bytes)),
        ],
        sentences: sentences_of(&session),
        action: format!("{url}/delete"),
        fields: Vec::new(),
        button: Some("Delete session".to_owned()),
        cancel_url: url,
    }
    .page(&app)
}

fn sentences_of(session: &Session) -> Vec<String> {
    let mut sentences =
        vec!["The recording goes, with its place in lists, figures and the search.".to_owned()];
    if session.status == Status::Active {
        sentences.push("The visitor is still there: nothing more of this visit will be kept.".to_owned());
    }
    if session.pinned {
        sentences
            .push("It is pinned. That protects it from its age, not from being deleted here.".to_owned());
    }
    sentences.push(FOR_GOOD.to_owned());
    sentences
}

async fn delete_one(app: App, request: Request) -> Result<Response, Problem> {
    let session = find(&app, &request).await?;
    let detail = json!({ "pinned": session.pinned });
    let entry = app.entry(What::SessionsDeleted, Some(session.connection), session.id.to_string(), detail);
    delete(&app, session.connection, Selection::Session(session.id), entry).await
}

async fn ask_for_all(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let filter = Filter::of(&request)?;
    let selection = selection_of(&app, &filter)?;
    let frame = Frame::about(&app, "delete", connection).await?;
    let count = app.store.read(move |conn| erasing::count(conn, connection, &selection)).await?;
    let what = format::count(count, "session");
    let (title, sentences, button) = match count {
        0 => ("Nothing to delete".to_owned(), vec!["No session is like this any more.".to_owned()], None),
        _ => (format!("Delete {what}?"), sentences_of_all(), Some(format!("Delete {what}"))),
    };
    let mut facts = Vec::new();
    facts.extend(Some(("Visitor", filter.visitor.clone())).filter(|(_, visitor)| !visitor.is_empty()));
    facts.extend(filter.last.map(|last| ("Started", last.label().to_owned())));
    facts.extend(filter.from.map(|from| ("Started from", from.words())));
    facts.extend(filter.to.map(|to| {
        (if matches!(to, Moment::Day(_)) { "Started up to" } else { "Started before" }, to.words())
    }));
    Confirm {
        frame,
        title,
        facts,
        sentences,
        action: format!("{}/delete", sessions_url(connection)),
        fields: filter.fields(),
        button,
        cancel_url: filter.list_url(connection, Span::default()),
    }
    .page(&app)
}

/// What goes with several sessions.
pub fn sentences_of_all() -> Vec<String> {
    vec![
        "Their recordings go, with what was asked and found in them, and their places in lists, figures and the \
         search. Pinned ones and visits that still last are among them."
            .to_owned(),
        FOR_GOOD.to_owned(),
    ]
}

async fn delete_all(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "delete", connection).await?;
    let form = Form::read(&app, &mut request).await?;
    let chosen = bulk::chosen(&form)?;
    if !chosen.is_empty() {
        let ids: Vec<&str> = chosen.iter().map(SessionId::as_str).collect();
        let detail = json!({ "chosen": ids });
        let entry = app.entry(What::SessionsDeleted, Some(connection), "", detail);
        return delete(&app, connection, Selection::Sessions(chosen), entry).await;
    }
    let filter = Filter::read(|name| form.text(name).to_owned())?;
    let selection = selection_of(&app, &filter)?;
    let entry = app.entry(What::SessionsDeleted, Some(connection), "", detail_of(&selection));
    delete(&app, connection, selection, entry).await
}

/// What the audit log says of what was selected.
pub fn detail_of(selection: &Selection) -> Value {
    match selection {
        Selection::Started(from, to) => json!({ "started_from": from, "started_before": to }),
        _ => json!({ "by": "visitor" }),
    }
}

fn selection_of(app: &App, filter: &Filter) -> Result<Selection, Problem> {
    filter.selection(app.clock.now()).ok_or_else(|| {
        Problem::bad_query(
            "Sessions are deleted together by visitor, or by last, or from and to; not by anything else or both at once.",
        )
    })
}

/// Deletes what is selected and leads back to the list.
pub async fn delete(
    app: &App,
    connection: ConnectionId,
    selection: Selection,
    entry: Entry,
) -> Result<Response, Problem> {
    let deleted = erase_now(app, connection, selection, entry).await?;
    let deleted = deleted.map_or_else(|| "some".to_owned(), |count| count.to_string());
    Ok(see_other(&format!("{}?deleted={deleted}", sessions_url(connection))))
}

/// Takes what is selected out of sight, and says how many sessions that were. `None`: there are so many
/// that it goes on after the answer.
pub async fn erase_now(
    app: &App,
    connection: ConnectionId,
    selection: Selection,
    entry: Entry,
) -> Result<Option<u64>, Problem> {
    let work = tokio::spawn(erase(app.store.clone(), connection, selection, entry));
    match tokio::time::timeout(ANSWER_WITHIN, work).await {
        Ok(Ok(erased)) => Ok(Some(erased?)),
        Ok(Err(_)) => {
            tracing::error!("deleting sessions panicked");
            Err(Problem::internal())
        }
        Err(_) => Ok(None),
    }
}

/// Takes sessions out of sight, step by step, until there are none left. The audit log says with
/// the first step how many there are.
async fn erase(
    store: Store,
    connection: ConnectionId,
    selection: Selection,
    entry: Entry,
) -> store::Result<u64> {
    let (mut erased, now) = (0, entry.at);
    let mut entry = Some(entry);
    loop {
        let (selection, note) = (selection.clone(), entry.clone());
        let step = store.write(move |conn| {
            if let Some(entry) = note {
                note_deleting(conn, connection, &selection, entry)?;
            }
            erasing::erase(conn, connection, &selection, now)
        });
        match step.await {
            Ok(step) => {
                entry = None;
                erased += step.erased;
                if !step.more {
                    return Ok(erased);
                }
                tokio::time::sleep(BREATH).await;
            }
            Err(store::Error::Busy) => tokio::time::sleep(REST).await,
            Err(error) => return Err(error),
        }
    }
}

fn note_deleting(
    conn: &Db,
    connection: ConnectionId,
    selection: &Selection,
    mut entry: Entry,
) -> store::Result<()> {
    let sessions = erasing::count(conn, connection, selection)?;
    if sessions == 0 {
        return Ok(());
    }
    entry.detail["sessions"] = json!(sessions);
    if let Selection::Visitor(visitor) = selection {
        entry.subject = pseudonym::of(conn, visitor)?;
    }
    audit::append(conn, &entry)
}
