//! What a connection's pages are told: what is recorded, and how its widget looks.

use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Result;
use crate::model::ConnectionId;
use crate::model::recording::Recording;
use crate::model::widget::OfferedWidget;

/// What a connection's owner decided for its pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// What is recorded.
    pub recording: Recording,
    /// How the widget looks and speaks.
    pub widget: OfferedWidget,
}

/// The settings of a connection. `None` when there is no such connection.
pub fn find(conn: &Db, connection: ConnectionId) -> Result<Option<Settings>> {
    let mut statement = conn.prepare_cached("SELECT recording, widget FROM connection WHERE id = :id")?;
    Ok(statement.query_row(named_params! { ":id": connection.0 }, |row| from_row(row, 0)).optional()?)
}

/// Decides what is recorded from now on.
pub fn set_recording(conn: &Db, connection: ConnectionId, recording: &Recording) -> Result<()> {
    conn.prepare_cached("UPDATE connection SET recording = :json WHERE id = :id")?
        .execute(named_params! { ":json": json(recording), ":id": connection.0 })?;
    Ok(())
}

/// Decides how the widget looks from now on, and whether there is one.
pub fn set_widget(conn: &Db, connection: ConnectionId, widget: &OfferedWidget) -> Result<()> {
    conn.prepare_cached("UPDATE connection SET widget = :json WHERE id = :id")?
        .execute(named_params! { ":json": json(widget), ":id": connection.0 })?;
    Ok(())
}

/// Both from two columns that stand beside each other.
pub(super) fn from_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Settings> {
    Ok(Settings { recording: read(row, first)?, widget: read(row, first + 1)? })
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
