//! What a connection's pages are told: what is recorded, and how its widget looks.

use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Result;
use crate::model::ConnectionId;
use crate::model::recording::{Privacy, Recording};
use crate::model::text_rules::TextRules;
use crate::model::widget::OfferedWidget;

/// What a connection's owner decided for its pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// What is recorded.
    pub recording: Recording,
    /// What the server replaces in texts.
    pub texts: TextRules,
    /// How the widget looks and speaks.
    pub widget: OfferedWidget,
}

/// The settings of a connection. `None` when there is no such connection.
pub fn find(conn: &Db, connection: ConnectionId) -> Result<Option<Settings>> {
    let mut statement =
        conn.prepare_cached("SELECT recording, widget, text_rules FROM connection WHERE id = :id")?;
    Ok(statement.query_row(named_params! { ":id": connection.0 }, |row| from_row(row, 0)).optional()?)
}

/// Whether a connection's owner decided that what visitors type is recorded.
pub fn is_open(conn: &Db, connection: ConnectionId) -> Result<bool> {
    Ok(find(conn, connection)?.is_some_and(|settings| settings.recording.privacy == Some(Privacy::Open)))
}

/// Decides what is recorded from now on.
pub fn set_recording(conn: &Db, connection: ConnectionId, recording: &Recording) -> Result<()> {
    conn.prepare_cached("UPDATE connection SET recording = :json WHERE id = :id")?
        .execute(named_params! { ":json": json(recording), ":id": connection.0 })?;
    Ok(())
}

/// Decides what is replaced in texts from now on.
pub fn set_texts(conn: &Db, connection: ConnectionId, texts: &TextRules) -> Result<()> {
    conn.prepare_cached("UPDATE connection SET text_rules = :json WHERE id = :id")?
        .execute(named_params! { ":json": json(texts), ":id": connection.0 })?;
    Ok(())
}

/// Decides how the widget looks from now on, and whether there is one.
pub fn set_widget(conn: &Db, connection: ConnectionId, widget: &OfferedWidget) -> Result<()> {
    conn.prepare_cached("UPDATE connection SET widget = :json WHERE id = :id")?
        .execute(named_params! { ":json": json(widget), ":id": connection.0 })?;
    Ok(())
}

/// All from three columns that stand beside each other.
pub(super) fn from_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Settings> {
    Ok(Settings { recording: read(row, first)?, widget: read(row, first + 1)?, texts: read(row, first + 2)? })
}

/// What cannot be read is an error: to take it for nothing would record what was to be hidden.
fn read<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        let error = FromSqlError::Other(Box::new(error));
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

fn json(settings: &impl Serialize) -> String {
    serde_json::to_string(settings).expect("a struct of text and numbers is always JSON")
}
