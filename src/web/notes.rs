//! Notes: what people write at moments of a session.
//!
//! Whoever looks may read them all; only the browser that a note was written in changes
//! or deletes it. See `browser/contracts/notes.ts`.

use serde::Serialize;
use warp::http::Method;

use super::form::Form;
use super::held_back::find_shown;
use super::problem::Problem;
use super::replay::{PAGE, json, playback};
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::url_of;
use super::viewer::Viewer;
use super::{App, Response, format, see_other};
use crate::model::Session;
use crate::store::notes::{self, Draft, Note, Own};

/// A note is a remark, not an essay.
const MOST_CHARS: usize = 2000;

/// The longest name that people go by.
pub const MOST_NAME_CHARS: usize = 80;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let post = |path: &str, handler| {
        Route::new(Method::POST, format!("{PAGE}/{path}"), Access::Viewer, Surface::Page, handler)
    };
    let one = |path: &str, work: Work| {
        let path = format!("{PAGE}/notes/{{note}}{path}");
        Route::new(Method::POST, path, Access::Viewer, Surface::Page, move |app, request| {
            on_own(app, request, work)
        })
    };
    vec![
        Route::new(Method::GET, format!("{PAGE}/notes.json"), Access::Viewer, Surface::Data, list),
        post("notes", add),
        one("", Work::Change),
        one("/delete", Work::Delete),
        one("/restore", Work::Restore),
    ]
}

#[derive(Serialize)]
struct Listed {
    notes: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    id: i64,
    at_ms: i64,
    text: String,
    author: String,
    /// Whether the asker wrote it.
    own: bool,
    written_at: String,
    changed: bool,
}

/// All notes of a session, in the order in which their moments play.
async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let viewer = Viewer::of(&app, &request);
    let session = find_shown(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let row = session.row;
    let found = app.store.read(move |conn| notes::of_session(conn, row)).await?;
    let line = |note: Note| Line {
        id: note.id,
        at_ms: playback.place_of_spot(&note.stream, note.at),
        own: note.viewer == viewer.id,
        text: note.text,
        author: note.author,
        written_at: format::exact(note.written_at),
        changed: note.changed_at.is_some(),
    };
    let mut notes: Vec<Line> = found.into_iter().map(line).collect();
    notes.sort_by_key(|note| note.at_ms);
    Ok(viewer.remembered_in(json(&Listed { notes })?))
}

async fn add(app: App, mut request: Request) -> Result<Response, Problem> {
    let viewer = Viewer::of(&app, &request);
    let session = find_shown(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let bad = |_| Problem::bad_form("at_ms is a place on the timeline in whole milliseconds.");
    let at_ms = form.text("at_ms").parse::<u32>().map_err(bad)?;
    let text = text_of(&form)?;
    let author = author_of(&app, &form)?;
    let playback = playback(&app, &session).await?;
    let (stream, at) = playback.spot(i64::from(at_ms)).ok_or_else(Problem::no_session)?;
    let draft = Draft { stream: stream.to_owned(), at, text, author, viewer: viewer.id.clone() };
    let (row, now) = (session.row, app.clock.now());
    let added = app.store.write(move |conn| notes::add(conn, row, &draft, now)).await?;
    let note = added.ok_or_else(|| {
        Problem::limit_reached(&format!("A session takes {} notes, and this one has them.", notes::MOST))
    })?;
    let answer = see_other(&format!("{}?t={}&note={note}", url_of(&session), at_ms / 1000));
    Ok(viewer.remembered_in(answer))
}

/// What is done to one's own note.
#[derive(Clone, Copy)]
enum Work {
    Change,
    Delete,
    Restore,
}

async fn on_own(app: App, mut request: Request, work: Work) -> Result<Response, Problem> {
    let session: Session = find_shown(&app, &request).await?;
    let id = request.param_text("note").parse().map_err(|_| Problem::no_note())?;
    let own = Own { session: session.row, id, viewer: Viewer::of(&app, &request).id };
    let form = Form::read(&app, &mut request).await?;
    let text = if matches!(work, Work::Change) { text_of(&form)? } else { String::new() };
    let now = app.clock.now();
    let done = app
        .store
        .write(move |conn| match work {
            Work::Change => notes::change(conn, &own, &text, now),
            Work::Delete => notes::set_deleted(conn, &own, Some(now)),
            Work::Restore => notes::set_deleted(conn, &own, None),
        })
        .await?;
    if done { Ok(see_other(&format!("{}?note={id}", url_of(&session)))) } else { Err(Problem::no_note()) }
}

fn text_of(form: &Form) -> Result<String, Problem> {
    let text = form.text("text").trim().replace("\r\n", "\n");
    match text.chars().count() {
        0 => Err(Problem::bad_form("text is what the note says; it is empty.")),
        1..=MOST_CHARS => Ok(text),
        _ => Err(Problem::bad_form("text is longer than the 2,000 characters that a note takes.")),
    }
}

/// The name of whoever sent the form: the user's, or what they call themselves where nobody
/// logs in; "" when they do not say.
pub fn author_of(app: &App, form: &Form) -> Result<String, Problem> {
    if let Some((_, name)) = app.asker().user() {
        return Ok(name.to_owned());
    }
    let author = form.text("author").split_whitespace().collect::<Vec<_>>().join(" ");
    if author.chars().count() <= MOST_NAME_CHARS {
        return Ok(author);
    }
    Err(Problem::bad_form("author is longer than the 80 characters that a name takes."))
}
