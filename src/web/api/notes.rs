//! What people, and programs, write at moments of a session.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::http::{Method, StatusCode};

use super::endpoint::Endpoint;
use super::session::shown;
use super::shapes::{List, Time};
use crate::model::TokenScope;
use crate::playback::Playback;
use crate::store::notes::{self, Draft, MOST, Note};
use crate::web::problem::Problem;
use crate::web::replay::playback;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::who::Asker;
use crate::web::{App, kinds};

const ALL: &str = "/connections/{connection}/sessions/{session}/notes";

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::json((Method::GET, ALL, Access::Viewer, TokenScope::ReadPrompts), "List notes", list)
            .problems([kinds::HELD_BACK]),
        Endpoint::taking(
            (Method::POST, ALL, Access::Editor, TokenScope::Write),
            StatusCode::CREATED,
            "Write a note",
            add,
        )
        .about("It stands there under the token's name.")
        .problems([kinds::HELD_BACK, kinds::LIMIT_REACHED]),
    ]
}

/// A note.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Note")]
struct Shown {
    id: i64,
    /// Where it stands in the replay.
    at_ms: i64,
    text: String,
    /// Who wrote it; may be empty.
    author: String,
    written_at: Time,
    /// When it was last changed.
    changed_at: Option<Time>,
}

/// A note that is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// Where it stands in the replay.
    #[schemars(range(min = 0, max = 4294967295_i64))]
    at_ms: i64,
    /// What it says.
    #[schemars(length(min = 1, max = 2000), regex(pattern = r"\S"))]
    text: String,
}

impl Shown {
    fn of(note: Note, playback: &Playback) -> Self {
        Self {
            id: note.id,
            at_ms: playback.place_of_spot(&note.stream, note.at),
            text: note.text,
            author: note.author,
            written_at: Time(note.written_at),
            changed_at: note.changed_at.map(Time),
        }
    }
}

async fn list(app: App, request: Request) -> Result<List<Shown>, Problem> {
    let session = shown(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let row = session.row;
    let found = app.store.read(move |conn| notes::of_session(conn, row)).await?;
    let mut notes: Vec<Shown> = found.into_iter().map(|note| Shown::of(note, &playback)).collect();
    notes.sort_by_key(|note| note.at_ms);
    Ok(List::whole(notes))
}

async fn add(app: App, request: Request, new: NewNote) -> Result<Shown, Problem> {
    let session = shown(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let (stream, at) = playback.spot(new.at_ms).ok_or_else(Problem::no_session)?;
    let Asker::Token { id, name, .. } = app.asker().asker.clone() else { return Err(Problem::no_token()) };
    let (stream, text) = (stream.to_owned(), new.text.trim().replace("\r\n", "\n"));
    let draft = Draft { stream, at, text, author: name, viewer: format!("token {id}") };
    let (row, now) = (session.row, app.clock.now());
    let written = app
        .store
        .write(move |conn| {
            let Some(id) = notes::add(conn, row, &draft, now)? else { return Ok(None) };
            Ok(notes::of_session(conn, row)?.into_iter().find(|note| note.id == id))
        })
        .await?;
    let full = || Problem::limit_reached(&format!("A session takes {MOST} notes, and this one has them."));
    Ok(Shown::of(written.ok_or_else(full)?, &playback))
}
