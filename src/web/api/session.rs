//! One session: what is known of it, its tags and pin, its recording, and erasing it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::endpoint::{Endpoint, Nothing};
use super::shapes::Time;
use crate::model::{Session, Severity, Status, TokenScope, user_agent};
use crate::store::audit::{self, What};
use crate::store::erasing::Selection;
use crate::store::{Db, sessions, tags};
use crate::web::held_back::{find, find_shown};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::{App, Asker, Response, delete, downloads, kinds, pin, row};

/// A session has no more tags than this.
const MOST_TAGS: usize = 50;

const ONE: &str = "/connections/{connection}/sessions/{session}";

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::json((Method::GET, ONE, Access::Member, TokenScope::Read), "Get a session", get),
        Endpoint::taking(
            (Method::PATCH, ONE, Access::Editor, TokenScope::Write),
            StatusCode::OK,
            "Tag or pin a session",
            change,
        )
        .about("What is left out stays as it is. `tags` takes the place of all tags that it has."),
        Endpoint::silent((Method::DELETE, ONE, Access::Editor, TokenScope::Erase), "Erase a session", erase)
            .about("It is out of sight when the answer comes, pinned or not; its bytes are overwritten soon after."),
        Endpoint::events(
            (
                Method::GET,
                "/connections/{connection}/sessions/{session}/recording",
                Access::Viewer,
                TokenScope::ReadPrompts,
            ),
            "Get a recording",
            recording,
        )
        .about(
            "All rrweb events as one JSON array, as `rrweb-player` and `hindsight import` take it. It is written \
             while it is sent; one that could not be written to its end is cut off.",
        )
        .problems([kinds::HELD_BACK]),
    ]
}

/// One visit.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct Shown {
    /// The recorder's name for it, unique within its connection.
    id: String,
    connection_id: i64,
    /// Its replay in the dashboard.
    url: String,
    status: Status,
    /// When its first batch arrived.
    started_at: Time,
    /// From its first event to its last.
    duration_ms: i64,
    /// How many rrweb events it has.
    events: i64,
    /// The URL of its first page; empty before one is known.
    landing_url: String,
    user_agent: String,
    browser: String,
    os: String,
    device: String,
    /// Two letters, where a proxy says it.
    country: Option<String>,
    /// Whom the page said the visitor is.
    visitor: Option<String>,
    tags: Vec<String>,
    /// Whether retention leaves it alone.
    pinned: bool,
    /// What it takes, in bytes as stored.
    bytes: i64,
    /// Whether there is anything to see.
    playable: bool,
    /// Whether it waits to be masked: then nothing that was recorded is shown.
    held_back: bool,
    /// What the visitor did; null before the recording was read.
    counts: Option<Counts>,
    /// How much plugins found.
    findings: i64,
    /// The gravest of it.
    severity: Option<Severity>,
    score: Option<Score>,
    /// How many notes people wrote at it.
    notes: i64,
}

/// What a visitor did.
#[derive(Serialize, JsonSchema)]
struct Counts {
    pages: i64,
    clicks: i64,
    prompts: i64,
    errors: i64,
}

/// How bad a plugin says the session was.
#[derive(Serialize, JsonSchema)]
struct Score {
    /// From 0 to 100.
    points: u32,
    /// The reasons in one line.
    why: String,
}

impl Shown {
    /// A session, with the rule of held back ones applied.
    pub fn of(app: &App, session: Session, tags: Vec<String>) -> Self {
        let agent = user_agent::read(&session.user_agent);
        Self {
            url: format!("{}{}", app.public_url, row::url_of(&session)),
            id: session.id.to_string(),
            connection_id: session.connection.0,
            status: session.status,
            started_at: Time(session.started_at),
            duration_ms: session.duration_ms,
            events: session.events,
            landing_url: session.landing_url,
            browser: agent.browser,
            os: agent.os.to_owned(),
            device: agent.device.to_owned(),
            user_agent: session.user_agent,
            country: Some(session.country).filter(|country| !country.is_empty()),
            visitor: session.visitor,
            tags,
            pinned: session.pinned,
            bytes: session.bytes,
            playable: session.playable,
            held_back: session.held_back,
            counts: session.counts.map(|counts| Counts {
                pages: counts.pages,
                clicks: counts.clicks,
                prompts: counts.prompts,
                errors: counts.errors,
            }),
            findings: session.found.findings,
            severity: session.found.severity,
            score: session.found.score.map(|score| Score { points: score.points, why: score.why }),
            notes: session.notes,
        }
    }
}

/// What changes about a session.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionChanges {
    /// Whether retention leaves it alone.
    pinned: Option<bool>,
    /// All the tags that it has from now on: words of up to 40 characters, kept in lower case.
    #[schemars(
        length(max = 50),
        inner(
            length(min = 1, max = 40),
            regex(pattern = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
        )
    )]
    tags: Option<Vec<String>>,
}

/// The session that the path names, where what was recorded in it may be read: what visitors
/// wrote to the widget is not for everybody.
pub async fn shown(app: &App, request: &Request) -> Result<Session, Problem> {
    find_shown(app, request).await.map_err(|problem| {
        let lacks_scope = matches!(
            &app.asker().asker,
            Asker::Token { scopes, .. } if !scopes.has(TokenScope::ReadPrompts)
        );
        let is_withheld = problem.kind == kinds::PROMPTS_WITHHELD;
        if is_withheld && lacks_scope { Problem::token_scope(TokenScope::ReadPrompts) } else { problem }
    })
}

/// The same for whoever reads what was recorded, which the audit log notes.
pub async fn watched(app: &App, request: &Request) -> Result<Session, Problem> {
    let session = shown(app, request).await?;
    app.watches(&session);
    Ok(session)
}

async fn get(app: App, request: Request) -> Result<Shown, Problem> {
    let session = find(&app, &request).await?;
    with_tags(&app, session).await
}

async fn with_tags(app: &App, session: Session) -> Result<Shown, Problem> {
    let row = session.row;
    let tags = app.store.read(move |conn| tags::of_session(conn, row)).await?;
    Ok(Shown::of(app, session, tags))
}

async fn change(app: App, request: Request, changes: SessionChanges) -> Result<Shown, Problem> {
    let session = find(&app, &request).await?;
    let tags = changes.tags.map(|tags| tags_of(&tags)).transpose()?;
    let pin = changes.pinned.map(|pinned| pin::entry(&app, &session, pinned));
    let (connection, id, row) = (session.connection, session.id, session.row);
    let write = move |conn: &Db| {
        if let (Some(pinned), Some(entry)) = (changes.pinned, pin)
            && sessions::pin(conn, connection, &id, pinned)?
        {
            audit::append(conn, &entry)?;
        }
        if let Some(tags) = tags {
            let ids = [id];
            for gone in tags::of_session(conn, row)?.iter().filter(|tag| !tags.contains(tag)) {
                tags::set(conn, connection, &ids, gone, false)?;
            }
            for tag in &tags {
                tags::set(conn, connection, &ids, tag, true)?;
            }
        }
        Ok(())
    };
    app.store.write(write).await?;
    get(app, request).await
}

fn tags_of(texts: &[String]) -> Result<Vec<String>, Problem> {
    if texts.len() > MOST_TAGS {
        return Err(Problem::bad_body(&format!("tags: a session has {MOST_TAGS} at most.")));
    }
    let bad = || Problem::bad_body("tags: each is a word or a few, of up to 40 characters on one line.");
    texts.iter().map(|text| tags::normal(text).ok_or_else(bad)).collect()
}

async fn erase(app: App, request: Request) -> Result<Nothing, Problem> {
    let session = find(&app, &request).await?;
    let detail = json!({ "pinned": session.pinned });
    let entry = app.entry(What::SessionsDeleted, Some(session.connection), session.id.to_string(), detail);
    delete::erase_now(&app, session.connection, Selection::Session(session.id), entry).await?;
    Ok(Nothing)
}

async fn recording(app: App, request: Request) -> Result<Response, Problem> {
    downloads::recording(app, request).await
}
