//! What a webhook is sent: see docs/webhooks.md.

use serde::Serialize;

use crate::clock;
use crate::finish::chosen;
use crate::model::{Session, Severity, TimestampMs};
use crate::plugins::Host;
use crate::store::webhooks::{Due, FindingSubject, PromptSubject};
use crate::store::{self, Db, Scope, Store, choices, connections, prompts, sessions};

#[derive(Serialize)]
struct Payload {
    /// The same however often it is sent.
    id: String,
    kind: String,
    at: String,
    connection: Connection,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<Prompt>,
}

#[derive(Serialize)]
struct Connection {
    id: i64,
    name: String,
}

#[derive(Serialize)]
struct SessionText {
    id: String,
    url: String,
    started_at: String,
    duration_ms: i64,
    landing_url: String,
    visitor: Option<String>,
    pages: Option<i64>,
    clicks: Option<i64>,
    prompts: Option<i64>,
    errors: Option<i64>,
}

#[derive(Serialize)]
struct Finding {
    plugin: String,
    kind: String,
    severity: Severity,
    title: String,
    url: String,
}

#[derive(Serialize)]
struct Prompt {
    id: String,
    asked_at: String,
    /// Null while it waits to be masked.
    text: Option<String>,
    /// The same.
    reply: Option<String>,
    page: Option<String>,
    url: String,
}

/// What an event is told with. `None`: what it is about is not there any more.
pub async fn of(store: &Store, plugins: &Host, public_url: &str, due: &Due) -> store::Result<Option<String>> {
    let (due, plugins, public_url) = (due.clone(), plugins.clone(), public_url.to_owned());
    let payload = store.read(move |conn| read(conn, &plugins, &public_url, due)).await?;
    Ok(payload.map(|payload| serde_json::to_string(&payload).expect("texts and numbers are always JSON")))
}

fn read(conn: &Db, plugins: &Host, public_url: &str, due: Due) -> store::Result<Option<Payload>> {
    let id = due.webhook.connection;
    let all = connections::all(conn, &Scope::everything())?;
    let Some(connection) = all.into_iter().find(|connection| connection.id == id) else { return Ok(None) };
    let mut payload = Payload {
        id: due.id,
        at: time(due.at),
        connection: Connection { id: id.0, name: connection.name },
        session: None,
        finding: None,
        prompt: None,
        kind: due.kind,
    };
    let Some(row) = due.session else { return Ok(Some(payload)) };
    let Some(session) = sessions::of_row(conn, row)? else { return Ok(None) };
    let url = format!("{public_url}/connections/{id}/sessions/{}", session.id);
    let hidden = !session.finished && chosen::holds_back(plugins, &choices::of_connection(conn, id)?);
    if let Ok(found) = serde_json::from_str::<FindingSubject>(&due.subject) {
        payload.finding = Some(finding(found, &url));
    } else if let Ok(subject) = serde_json::from_str::<PromptSubject>(&due.subject) {
        let asked = prompts::of_session(conn, &Scope::everything(), row)?
            .into_iter()
            .find(|prompt| prompt.row == subject.row);
        let Some(asked) = asked else { return Ok(None) };
        payload.prompt = Some(prompt(asked, &url, hidden));
    }
    payload.session = Some(session_text(session, url, hidden));
    Ok(Some(payload))
}

fn session_text(session: Session, url: String, hidden: bool) -> SessionText {
    let counts = session.counts;
    SessionText {
        id: session.id.to_string(),
        url,
        started_at: time(session.started_at),
        duration_ms: session.duration_ms,
        landing_url: if hidden { String::new() } else { session.landing_url },
        visitor: session.visitor.filter(|_| !hidden),
        pages: counts.map(|counts| counts.pages),
        clicks: counts.map(|counts| counts.clicks),
        prompts: counts.map(|counts| counts.prompts),
        errors: counts.map(|counts| counts.errors),
    }
}

fn finding(found: FindingSubject, url: &str) -> Finding {
    Finding {
        url: format!("{url}?moment={}", found.at_ms),
        plugin: found.plugin,
        kind: found.kind,
        severity: found.severity,
        title: found.title,
    }
}

fn prompt(asked: prompts::Prompt, url: &str, hidden: bool) -> Prompt {
    Prompt {
        url: format!("{url}?at={}", asked.at),
        id: asked.id,
        asked_at: time(asked.asked_at),
        text: (!hidden).then_some(asked.text),
        reply: asked.reply.filter(|_| !hidden).map(|reply| reply.text),
        page: (!hidden).then_some(asked.page),
    }
}

fn time(at: TimestampMs) -> String {
    clock::rfc3339_ms(at)
}
