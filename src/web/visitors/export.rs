//! All that is stored of a visitor, as one ZIP file: recordings as any rrweb player takes
//! them, prompts, and what plugins found.
//!
//! It is written session by session while it is sent. Sessions that wait to be masked are
//! left out, as they are on the page.

use std::io::Write;

use serde::Serialize;
use serde_json::json;
use tokio::runtime::Handle;
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use super::visitor_of;
use crate::clock;
use crate::export::{self, Events, Source};
use crate::model::{ConnectionId, Session};
use crate::store::audit::What;
use crate::store::findings::{self, Found};
use crate::store::prompts::{self, Prompt};
use crate::store::sessions::Filter;
use crate::store::{Db, choices, pseudonym, sessions, visitors};
use crate::web::download::{self, Out};
use crate::web::held_back::Rule;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response};

/// Sessions that are looked up at once.
const AT_ONCE: i64 = 50;

/// So much of a visitor's name stands in the file's name.
const MOST_NAME_CHARS: usize = 40;

type Zip<'a> = ZipWriter<StreamWriter<&'a mut Out>>;

/// Answers the file.
pub async fn export(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let visitor = visitor_of(&request)?;
    Frame::about(&app, "visitor", connection).await?;
    let (viewing, scope, name) = (app.clone(), app.scope(), visitor.clone());
    let known = app.store.read(move |conn| {
        let rule = Rule::of(&viewing, &choices::of_connection(conn, connection)?);
        let wanted = rule.narrow(Filter { visitor: Some(name.clone()), ..Filter::default() });
        visitors::find(conn, &scope, connection, &name, &wanted)
    });
    let known = known.await?.ok_or_else(Problem::no_visitor)?;
    let named = visitor.clone();
    let person = app.store.read(move |conn| pseudonym::of(conn, &named)).await?;
    let detail = json!({ "sessions": known.sessions });
    app.looked(app.entry(What::PersonExported, Some(connection), person, detail));
    let file_name = file_name(&visitor);
    download::file("application/zip", &file_name, move |out, runtime| {
        let mut exporting = Exporting { app, runtime, connection, visitor, zip: ZipWriter::new_stream(out) };
        exporting.write_visitor(&known)?;
        exporting
            .write_list("prompts.json", |lists| lists.prompts.iter().copied().map(Asked::of).collect())?;
        exporting
            .write_list("findings.json", |lists| lists.findings.iter().copied().map(Finding::of).collect())?;
        exporting.write_recordings()?;
        exporting.zip.finish()?;
        Ok(())
    })
}

fn file_name(visitor: &str) -> String {
    let plain = visitor.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' });
    let plain: String = plain.take(MOST_NAME_CHARS).collect();
    format!("visitor-{}.zip", plain.trim_matches('-'))
}

struct Exporting<'a> {
    app: App,
    runtime: &'a Handle,
    connection: ConnectionId,
    visitor: String,
    zip: Zip<'a>,
}

/// A session with what belongs to it.
struct Exported {
    session: Session,
    prompts: Vec<Prompt>,
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct About<'a> {
    visitor: &'a str,
    exported_at: String,
    first_seen: String,
    last_seen: String,
    traits: serde_json::Map<String, serde_json::Value>,
    sessions: Vec<SessionFacts>,
}

#[derive(Serialize)]
struct SessionFacts {
    id: String,
    file: String,
    started_at: String,
    duration_ms: i64,
    landing_url: String,
    user_agent: String,
    events: i64,
}

#[derive(Serialize)]
struct Asked {
    session: String,
    asked_at: String,
    id: String,
    conversation: String,
    text: String,
    page: String,
    reply: Option<String>,
    sources: Vec<String>,
    answered: Option<bool>,
    feedback: i64,
}

#[derive(Serialize)]
struct Finding {
    session: String,
    plugin: String,
    kind: String,
    severity: crate::model::Severity,
    title: String,
    detail: String,
    at_ms: u32,
}

impl Asked {
    fn of((session, prompt): (&Session, &Prompt)) -> Self {
        Self {
            session: session.id.to_string(),
            asked_at: clock::rfc3339(prompt.asked_at),
            id: prompt.id.clone(),
            conversation: prompt.conversation.clone(),
            text: prompt.text.clone(),
            page: prompt.page.clone(),
            reply: prompt.reply.as_ref().map(|reply| reply.text.clone()),
            sources: prompt.reply.as_ref().map(|reply| reply.sources.clone()).unwrap_or_default(),
            answered: prompt.answered,
            feedback: prompt.feedback,
        }
    }
}

impl Finding {
    fn of((session, found): (&Session, &Found)) -> Self {
        Self {
            session: session.id.to_string(),
            plugin: found.plugin.clone(),
            kind: found.finding.kind.clone(),
            severity: found.finding.severity,
            title: found.finding.title.clone(),
            detail: found.finding.detail.clone(),
            at_ms: found.finding.at,
        }
    }
}

impl Exporting<'_> {
    fn begin(&mut self, name: &str) -> anyhow::Result<()> {
        Ok(self.zip.start_file(name, SimpleFileOptions::default().large_file(true))?)
    }

    /// Calls `each` with every session that may be shown, from the oldest.
    fn each_session(
        &mut self,
        mut each: impl FnMut(&mut Self, Exported) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut after = 0;
        loop {
            let (app, scope, connection) = (self.app.clone(), self.app.scope(), self.connection);
            let visitor = self.visitor.clone();
            let read = self.app.store.read(move |conn: &Db| {
                let rule = Rule::of(&app, &choices::of_connection(conn, connection)?);
                let rows = visitors::sessions_after(conn, &scope, connection, &visitor, after, AT_ONCE)?;
                let mut found = Vec::with_capacity(rows.len());
                for row in &rows {
                    let session = sessions::of_row(conn, *row)?.map(|session| rule.apply(session));
                    if let Some(session) = session.filter(|session| !session.held_back) {
                        let (prompts, findings) =
                            (prompts::of_session(conn, *row)?, findings::findings(conn, *row)?);
                        found.push(Exported { session, prompts, findings });
                    }
                }
                Ok((found, rows.last().copied()))
            });
            let (found, last) = self.runtime.block_on(read)?;
            let Some(last) = last else { return Ok(()) };
            after = last;
            for exported in found {
                each(self, exported)?;
            }
        }
    }

    fn write_visitor(&mut self, known: &visitors::Visitor) -> anyhow::Result<()> {
        let mut facts = Vec::new();
        self.each_session(|_, Exported { session, .. }| {
            facts.push(SessionFacts {
                file: file_of(&session),
                id: session.id.to_string(),
                started_at: clock::rfc3339(session.started_at),
                duration_ms: session.duration_ms,
                landing_url: session.landing_url,
                user_agent: session.user_agent,
                events: session.events,
            });
            Ok(())
        })?;
        let visitor = self.visitor.clone();
        let about = About {
            visitor: &visitor,
            exported_at: clock::rfc3339(self.app.clock.now()),
            first_seen: clock::rfc3339(known.first_seen),
            last_seen: clock::rfc3339(known.last_seen),
            traits: known.traits.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect(),
            sessions: facts,
        };
        self.begin("visitor.json")?;
        serde_json::to_writer_pretty(&mut self.zip, &about)?;
        Ok(())
    }

    /// Writes a list of what belongs to all sessions.
    fn write_list<T: Serialize>(
        &mut self,
        name: &str,
        items: impl Fn(&Lists<'_>) -> Vec<T>,
    ) -> anyhow::Result<()> {
        self.begin(name)?;
        let mut is_first = true;
        self.each_session(|exporting, exported| {
            for item in items(&Lists::of(&exported)) {
                exporting.zip.write_all(if is_first { b"[" } else { b",\n" })?;
                is_first = false;
                serde_json::to_writer(&mut exporting.zip, &item)?;
            }
            Ok(())
        })?;
        self.zip.write_all(if is_first { b"[]\n" } else { b"]\n" })?;
        Ok(())
    }

    fn write_recordings(&mut self) -> anyhow::Result<()> {
        self.each_session(|exporting, Exported { session, .. }| {
            exporting.begin(&file_of(&session))?;
            let source = Source {
                store: exporting.app.store.clone(),
                scope: exporting.app.scope(),
                connection: session.connection,
                session: session.id,
            };
            let playback = exporting.runtime.block_on(source.playback())?;
            let starts_at = export::starts_at(&playback);
            let mut events = Events::to(&mut exporting.zip);
            for stream in &playback.streams {
                for part in &stream.parts {
                    let json = exporting.runtime.block_on(source.json(&stream.id, part))?;
                    events.write_part(&json, stream, starts_at)?;
                }
            }
            Ok(events.finish()?)
        })
    }
}

/// What belongs to a session, each with the session.
struct Lists<'a> {
    prompts: Vec<(&'a Session, &'a Prompt)>,
    findings: Vec<(&'a Session, &'a Found)>,
}

impl<'a> Lists<'a> {
    fn of(exported: &'a Exported) -> Self {
        let session = &exported.session;
        Self {
            prompts: exported.prompts.iter().map(|prompt| (session, prompt)).collect(),
            findings: exported.findings.iter().map(|found| (session, found)).collect(),
        }
    }
}

fn file_of(session: &Session) -> String {
    format!("sessions/{}.json", session.id)
}
