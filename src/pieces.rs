//! Reading stored pieces of recordings as the JSON that came in.
//!
//! A batch is inflated; a segment is decompressed, and its stylesheets are put back.
//! Nothing here looks at events.

use std::collections::HashMap;

use crate::ingest::gzip;
use crate::model::{ConnectionId, StyleHash};
use crate::segment::{frame, styles};
use crate::store::finishing::{self, Piece};
use crate::store::{self, Scope, Store, recordings};

/// No piece of a recording is larger, in bytes of JSON.
pub const MAX_BYTES: usize = 1 << 30;

/// Why a piece cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A batch is damaged.
    #[error(transparent)]
    Gzip(#[from] gzip::Error),
    /// A segment or a stylesheet is damaged.
    #[error(transparent)]
    Frame(#[from] frame::Error),
    /// What it holds is no text.
    #[error("a piece of the recording is not UTF-8")]
    NotUtf8(#[from] std::string::FromUtf8Error),
    /// A stylesheet that it names is gone.
    #[error(transparent)]
    Style(#[from] styles::Missing),
}

/// The JSON of a piece of a stream of the connection: an array of rrweb events.
pub async fn json(
    store: &Store,
    connection: ConnectionId,
    stream: i64,
    piece: &Piece,
) -> Result<String, Error> {
    match piece {
        Piece::Batch { seq, .. } => {
            let seq = *seq;
            batch(&store.read(move |conn| finishing::batch_body(conn, stream, seq)).await?)
        }
        Piece::Segment { id, .. } => {
            let id = *id;
            let (body, hashes) = store.read(move |conn| finishing::segment_body(conn, id)).await?;
            segment(store, connection, &body, hashes).await
        }
    }
}

/// The JSON of a stored batch: an array of rrweb events.
pub fn batch(body: &[u8]) -> Result<String, Error> {
    let limits = gzip::Limits { bytes: MAX_BYTES, ..gzip::Limits::STORED };
    let json = String::from_utf8(gzip::inflate(body, limits)?)?;
    Ok(match json.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => json,
    })
}

/// The JSON of a stored segment, with its stylesheets put back: an array of rrweb events.
pub async fn segment(
    store: &Store,
    connection: ConnectionId,
    body: &[u8],
    hashes: Vec<StyleHash>,
) -> Result<String, Error> {
    let json = decompress(body)?;
    if hashes.is_empty() {
        return Ok(json);
    }
    let read = move |conn: &store::Db| {
        let scope = Scope::everything();
        let sheet = |hash| Ok((hash, recordings::style(conn, &scope, connection, &hash)?));
        hashes.into_iter().map(sheet).collect::<store::Result<Vec<_>>>()
    };
    let mut sheets = HashMap::new();
    for (hash, frame) in store.read(read).await? {
        sheets.insert(hash, decompress(&frame.ok_or(styles::Missing(hash))?)?);
    }
    Ok(styles::put_back(&json, |hash| sheets.get(&hash).map(String::as_str))?)
}

/// The JSON of a stored segment, in which stylesheets stand by their hashes.
pub fn segment_without_styles(body: &[u8]) -> Result<String, Error> {
    decompress(body)
}

/// A stored stylesheet: a JSON string, quotes included.
pub fn style(frame: &[u8]) -> Result<String, Error> {
    decompress(frame)
}

fn decompress(frame: &[u8]) -> Result<String, Error> {
    Ok(String::from_utf8(frame::decompress(frame, frame::size(frame, MAX_BYTES))?)?)
}
