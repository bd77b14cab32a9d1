//! What an export holds and an import reads: a folder for each connection, with what its
//! owner decided, and a file for each session.
//!
//! A session's file is an array of batches, as any import takes it, with what is known of
//! the session beside its events in front.

use serde::{Deserialize, Serialize};

use crate::model::recording::Recording;
use crate::model::text_rules::TextRules;
use crate::model::widget::OfferedWidget;
use crate::model::{ConnectionId, Session, SessionId, TimestampMs};
use crate::store::connections::{self, Rules};
use crate::store::notes::{self, Draft, Note};
use crate::store::{self, Db, connection_settings, sessions, tags};

/// The form that is written, and read.
pub const VERSION: u32 = 1;

/// A connection.
#[derive(Debug, Serialize, Deserialize)]
pub struct AboutConnection {
    /// The form of the export.
    pub hindsight: u32,
    /// Its name.
    pub name: String,
    /// Whether it takes nothing for now.
    pub paused: bool,
    /// The origins that may send.
    pub allowed_origins: Vec<String>,
    /// Whether visitors may opt out by a header.
    pub honour_gpc: bool,
    /// How long sessions are kept.
    pub keep_days: Option<i64>,
    /// How much it takes in a day.
    pub daily_bytes: Option<i64>,
    /// What is recorded.
    pub recording: Recording,
    /// What is replaced in texts.
    pub texts: TextRules,
    /// How the widget looks.
    pub widget: OfferedWidget,
}

impl AboutConnection {
    /// What is stored of a connection.
    pub fn read(conn: &Db, id: ConnectionId, name: String) -> store::Result<Self> {
        let rules = connections::rules(conn, id)?.unwrap_or_default();
        let settings = connection_settings::find(conn, id)?.unwrap_or_default();
        Ok(Self {
            hindsight: VERSION,
            name,
            paused: rules.paused,
            allowed_origins: rules.allowed_origins,
            honour_gpc: rules.honour_gpc,
            keep_days: rules.keep_days,
            daily_bytes: rules.daily_bytes,
            recording: settings.recording,
            texts: settings.texts,
            widget: settings.widget,
        })
    }

    /// Decides the same for another connection.
    pub fn apply(&self, conn: &Db, id: ConnectionId) -> store::Result<()> {
        let rules = Rules {
            paused: self.paused,
            allowed_origins: self.allowed_origins.clone(),
            honour_gpc: self.honour_gpc,
            keep_days: self.keep_days,
            daily_bytes: self.daily_bytes,
        };
        connections::set_rules(conn, id, &rules)?;
        connection_settings::set_recording(conn, id, &self.recording)?;
        connection_settings::set_texts(conn, id, &self.texts)?;
        connection_settings::set_widget(conn, id, &self.widget)
    }
}

/// A session, beside its events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AboutSession {
    /// The form of the export.
    pub hindsight: u32,
    /// Its id.
    pub session: String,
    /// When its first batch arrived, by the server's clock.
    pub started_at: TimestampMs,
    /// As the browser sent it.
    pub user_agent: String,
    /// Where it came from, as far as that is known.
    pub country: String,
    /// Whether it is kept for good.
    pub pinned: bool,
    /// Its tags.
    pub tags: Vec<String>,
    /// What people wrote about it.
    pub notes: Vec<AboutNote>,
}

/// A note.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AboutNote {
    /// The stream it stands in.
    pub stream: String,
    /// Where in it.
    pub at: i64,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub written_at: TimestampMs,
}

impl From<Note> for AboutNote {
    fn from(note: Note) -> Self {
        let Note { stream, at, text, author, written_at, .. } = note;
        Self { stream, at, text, author, written_at }
    }
}

impl AboutSession {
    /// What is stored of a session.
    pub fn read(conn: &Db, session: &Session) -> store::Result<Self> {
        Ok(Self {
            hindsight: VERSION,
            session: session.id.to_string(),
            started_at: session.started_at,
            user_agent: session.user_agent.clone(),
            country: session.country.clone(),
            pinned: session.pinned,
            tags: tags::of_session(conn, session.row)?,
            notes: notes::of_session(conn, session.row)?.into_iter().map(AboutNote::from).collect(),
        })
    }

    /// The same for a session that was just imported.
    pub fn apply(&self, conn: &Db, connection: ConnectionId, id: &SessionId) -> store::Result<()> {
        let everything = store::Scope::everything();
        let Some(session) = sessions::find(conn, &everything, connection, id)? else { return Ok(()) };
        if self.pinned {
            sessions::pin(conn, connection, id, true)?;
        }
        for tag in self.tags.iter().filter_map(|tag| tags::normal(tag)) {
            tags::set(conn, connection, std::slice::from_ref(id), &tag, true)?;
        }
        for note in &self.notes {
            let AboutNote { stream, at, text, author, written_at } = note.clone();
            let draft = Draft { stream, at, text, author, viewer: String::new() };
            notes::add(conn, session.row, &draft, written_at)?;
        }
        Ok(())
    }
}
