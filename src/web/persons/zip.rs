//! All that is stored of a person, as one ZIP file: recordings as any rrweb player takes them,
//! everything else as JSON, and a page that shows it without a server or a script.
//!
//! It is written session by session while it is sent. Sessions that wait to be masked are left
//! out, as they are on pages, and named as such.

use std::io::Write;

use serde::Serialize;
use tokio::runtime::Handle;
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use super::reader;
use crate::clock;
use crate::export::{self, Events, Source};
use crate::model::{ConnectionId, Session};
use crate::store::findings::{self, Found};
use crate::store::notes::{self, Note};
use crate::store::persons::{self, Counts};
use crate::store::prompts::{self, Prompt};
use crate::store::shares::{self, Share};
use crate::store::{Db, choices, sessions, tags, views, visitors};
use crate::web::App;
use crate::web::download::Out;
use crate::web::held_back::Rule;

/// Sessions that are looked up at once.
const AT_ONCE: i64 = 50;

/// So much of a person's id stands in the file's name.
const MOST_NAME_CHARS: usize = 40;

type Zip<'a> = ZipWriter<StreamWriter<&'a mut Out>>;

/// Whose data is written.
pub struct Whose {
    /// The id that sites give them.
    pub visitor: String,
    /// In these connections, with their names.
    pub connections: Vec<(i64, String)>,
}

/// What the file is called.
pub fn file_name(visitor: &str) -> String {
    let plain = visitor.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' });
    let plain: String = plain.take(MOST_NAME_CHARS).collect();
    format!("visitor-{}.zip", plain.trim_matches('-'))
}

/// Writes the file; answers how many sessions are in it.
pub fn write(app: App, runtime: &Handle, whose: Whose, out: &mut Out) -> anyhow::Result<u64> {
    let mut exporting = Exporting { app, runtime, whose, zip: ZipWriter::new_stream(out) };
    let sessions = exporting.write_person()?;
    exporting.write_list("prompts.json", |each| {
        each.prompts.iter().map(|prompt| Asked::of(each, prompt)).collect()
    })?;
    exporting.write_list("findings.json", |each| {
        each.findings.iter().map(|found| Finding::of(each, found)).collect()
    })?;
    exporting
        .write_list("notes.json", |each| each.notes.iter().map(|note| Noted::of(each, note)).collect())?;
    exporting
        .write_list("links.json", |each| each.shares.iter().map(|share| Linked::of(each, share)).collect())?;
    exporting.write_of_connections()?;
    exporting.write_reader()?;
    exporting.write_recordings()?;
    exporting.zip.finish()?;
    Ok(sessions)
}

struct Exporting<'a> {
    app: App,
    runtime: &'a Handle,
    whose: Whose,
    zip: Zip<'a>,
}

/// A session with what belongs to it.
pub struct Exported {
    /// The session.
    pub session: Session,
    /// What the connection is called.
    pub connection: String,
    /// Where its recording is in the file.
    pub file: String,
    /// What was asked.
    pub prompts: Vec<Prompt>,
    /// What plugins found.
    pub findings: Vec<Found>,
    /// What people wrote at it.
    pub notes: Vec<Note>,
    shares: Vec<Share>,
    tags: Vec<String>,
}

#[derive(Serialize)]
struct About<'a> {
    visitor: &'a str,
    exported_at: String,
    first_seen: Option<String>,
    last_seen: Option<String>,
    /// What pages told of the person the last time.
    traits: serde_json::Map<String, serde_json::Value>,
    connections: &'a [String],
    /// What there was when the file was begun.
    counts: Counts,
    /// Sessions that wait to be masked.
    left_out: i64,
    sessions: Vec<SessionFacts>,
}

#[derive(Serialize)]
struct SessionFacts {
    connection: String,
    id: String,
    file: String,
    started_at: String,
    duration_ms: i64,
    landing_url: String,
    user_agent: String,
    country: String,
    events: i64,
    tags: Vec<String>,
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

#[derive(Serialize)]
struct Noted {
    session: String,
    at_ms: i64,
    text: String,
    author: String,
    written_at: String,
}

#[derive(Serialize)]
struct Linked {
    session: String,
    author: String,
    made_at: String,
    expires_at: String,
    opened: i64,
}

impl Asked {
    fn of(each: &Exported, prompt: &Prompt) -> Self {
        Self {
            session: each.session.id.to_string(),
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
    fn of(each: &Exported, found: &Found) -> Self {
        Self {
            session: each.session.id.to_string(),
            plugin: found.plugin.clone(),
            kind: found.finding.kind.clone(),
            severity: found.finding.severity,
            title: found.finding.title.clone(),
            detail: found.finding.detail.clone(),
            at_ms: found.finding.at,
        }
    }
}

impl Noted {
    fn of(each: &Exported, note: &Note) -> Self {
        Self {
            session: each.session.id.to_string(),
            at_ms: note.at,
            text: note.text.clone(),
            author: note.author.clone(),
            written_at: clock::rfc3339(note.written_at),
        }
    }
}

impl Linked {
    fn of(each: &Exported, share: &Share) -> Self {
        Self {
            session: each.session.id.to_string(),
            author: share.author.clone(),
            made_at: clock::rfc3339(share.made_at),
            expires_at: clock::rfc3339(share.expires_at),
            opened: share.opened,
        }
    }
}

impl Exporting<'_> {
    fn begin(&mut self, name: &str) -> anyhow::Result<()> {
        Ok(self.zip.start_file(name, SimpleFileOptions::default().large_file(true))?)
    }

    fn connections(&self) -> Vec<(ConnectionId, String)> {
        self.whose.connections.iter().map(|(id, name)| (ConnectionId(*id), name.clone())).collect()
    }

    /// Calls `each` with every session that may be shown, from the oldest of each connection;
    /// answers how many are left out.
    fn each_session(
        &mut self,
        mut each: impl FnMut(&mut Self, Exported) -> anyhow::Result<()>,
    ) -> anyhow::Result<i64> {
        let mut left_out = 0;
        for (connection, name) in self.connections() {
            let mut after = 0;
            loop {
                let (found, held_back, last) = self.some_sessions(connection, &name, after)?;
                left_out += held_back;
                for exported in found {
                    each(self, exported)?;
                }
                let Some(last) = last else { break };
                after = last;
            }
        }
        Ok(left_out)
    }

    fn some_sessions(
        &self,
        connection: ConnectionId,
        name: &str,
        after: i64,
    ) -> anyhow::Result<(Vec<Exported>, i64, Option<i64>)> {
        let (app, scope) = (self.app.clone(), self.app.scope());
        let (visitor, name) = (self.whose.visitor.clone(), name.to_owned());
        let folder = match self.whose.connections.len() {
            1 => "sessions".to_owned(),
            _ => format!("sessions/{connection}"),
        };
        let read = self.app.store.read(move |conn: &Db| {
            let rule = Rule::of(&app, connection, &choices::of_connection(conn, connection)?);
            let rows = visitors::sessions_after(conn, &scope, connection, &visitor, after, AT_ONCE)?;
            let mut found = Vec::with_capacity(rows.len());
            let mut held_back = 0;
            for row in &rows {
                let Some(session) = sessions::of_row(conn, *row)?.map(|session| rule.apply(session)) else {
                    continue;
                };
                if session.held_back {
                    held_back += 1;
                    continue;
                }
                found.push(Exported {
                    connection: name.clone(),
                    file: format!("{folder}/{}.json", session.id),
                    prompts: prompts::of_session(conn, &scope, *row)?,
                    findings: findings::findings(conn, *row)?,
                    notes: notes::of_session(conn, *row)?,
                    shares: shares::of_session(conn, *row)?,
                    tags: tags::of_session(conn, *row)?,
                    session,
                });
            }
            Ok((found, held_back, rows.last().copied()))
        });
        Ok(self.runtime.block_on(read)?)
    }

    fn write_person(&mut self) -> anyhow::Result<u64> {
        let mut facts = Vec::new();
        let left_out = self.each_session(|_, Exported { session, connection, file, tags, .. }| {
            facts.push(SessionFacts {
                connection,
                file,
                id: session.id.to_string(),
                started_at: clock::rfc3339(session.started_at),
                duration_ms: session.duration_ms,
                landing_url: session.landing_url,
                user_agent: session.user_agent,
                country: session.country,
                events: session.events,
                tags,
            });
            Ok(())
        })?;
        let (known, counts) = self.known()?;
        let seen = |at: Option<i64>| at.map(clock::rfc3339);
        let last = known.iter().max_by_key(|known| known.last_seen);
        let names: Vec<String> = self.whose.connections.iter().map(|(_, name)| name.clone()).collect();
        let sessions = facts.len() as u64;
        let about = About {
            visitor: &self.whose.visitor,
            exported_at: clock::rfc3339(self.app.clock.now()),
            first_seen: seen(known.iter().map(|known| known.first_seen).min()),
            last_seen: seen(last.map(|known| known.last_seen)),
            traits: last
                .map(|known| known.traits.iter().cloned().map(|(name, value)| (name, value.into())).collect())
                .unwrap_or_default(),
            connections: &names,
            counts,
            left_out,
            sessions: facts,
        };
        let text = serde_json::to_vec_pretty(&about)?;
        self.begin("visitor.json")?;
        self.zip.write_all(&text)?;
        Ok(sessions)
    }

    /// What is known of the person in each connection, as far as it may be shown, and how much
    /// there is in all.
    fn known(&self) -> anyhow::Result<(Vec<visitors::Visitor>, Counts)> {
        let (app, scope, visitor) = (self.app.clone(), self.app.scope(), self.whose.visitor.clone());
        let connections = self.connections();
        let read = self.app.store.read(move |conn: &Db| {
            let (mut known, mut counts) = (Vec::new(), Counts::default());
            for (connection, _) in connections {
                let rule = Rule::of(&app, connection, &choices::of_connection(conn, connection)?);
                let wanted =
                    rule.narrow(sessions::Filter { visitor: Some(visitor.clone()), ..Default::default() });
                known.extend(visitors::find(conn, &scope, connection, &visitor, &wanted)?);
                counts = counts.plus(&persons::count_in(conn, connection, &visitor)?);
            }
            Ok((known, counts))
        });
        Ok(self.runtime.block_on(read)?)
    }

    /// Writes a list of what belongs to all sessions.
    fn write_list<T: Serialize>(
        &mut self,
        name: &str,
        items: impl Fn(&Exported) -> Vec<T>,
    ) -> anyhow::Result<()> {
        self.begin(name)?;
        let mut is_first = true;
        self.each_session(|exporting, exported| {
            for item in items(&exported) {
                exporting.zip.write_all(if is_first { b"[" } else { b",\n" })?;
                is_first = false;
                serde_json::to_writer(&mut exporting.zip, &item)?;
            }
            Ok(())
        })?;
        self.zip.write_all(if is_first { b"[]\n" } else { b"]\n" })?;
        Ok(())
    }

    /// What stands in connections and not in sessions. Reports are named alone, since they speak of
    /// other people as well.
    fn write_of_connections(&mut self) -> anyhow::Result<()> {
        let (connections, visitor, scope) =
            (self.connections(), self.whose.visitor.clone(), self.app.scope());
        let read = self.app.store.read(move |conn: &Db| {
            let (mut reports, mut named) = (Vec::new(), Vec::new());
            for (connection, _) in connections {
                reports.extend(persons::reports_about(conn, connection, &visitor)?);
                let known = views::of_connection(conn, &scope, connection)?;
                named.extend(known.into_iter().filter(|view| view.names(&visitor)));
            }
            Ok((reports, named))
        });
        let (reports, named) = self.runtime.block_on(read)?;
        self.begin("reports.json")?;
        serde_json::to_writer_pretty(&mut self.zip, &reports)?;
        let named: Vec<_> =
            named.iter().map(|view| serde_json::json!({ "name": view.name, "query": view.query })).collect();
        self.begin("views.json")?;
        serde_json::to_writer_pretty(&mut self.zip, &named)?;
        Ok(())
    }

    fn write_reader(&mut self) -> anyhow::Result<()> {
        self.begin("index.html")?;
        let head = reader::head(&self.whose.visitor, self.app.clock.now());
        self.zip.write_all(head.as_bytes())?;
        let left_out = self.each_session(|exporting, exported| {
            Ok(exporting.zip.write_all(reader::session(&exported).as_bytes())?)
        })?;
        self.zip.write_all(reader::end(left_out).as_bytes())?;
        Ok(())
    }

    fn write_recordings(&mut self) -> anyhow::Result<()> {
        self.each_session(|exporting, Exported { session, file, .. }| {
            exporting.begin(&file)?;
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
        })?;
        Ok(())
    }
}
