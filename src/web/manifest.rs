//! What tells a player where the pieces of a recording are and when they play.
//!
//! See `browser/contracts/replay.ts`.

use serde::Serialize;

use crate::model::{Session, Status, TimestampMs};
use crate::playback::{self, Playback};
use crate::store::recordings::Form;

/// The table of contents of a recording.
#[derive(Serialize)]
pub struct Manifest {
    session: String,
    status: Status,
    /// When the latest batch arrived, by the server's clock.
    heard_at: TimestampMs,
    duration_ms: i64,
    /// What the hash of a stylesheet is put behind.
    styles_url: String,
    streams: Vec<ManifestStream>,
}

#[derive(Serialize)]
struct ManifestStream {
    id: String,
    offset_ms: i64,
    duration_ms: i64,
    version: i64,
    started_at: i64,
    missing: Vec<(i64, i64)>,
    parts: Vec<ManifestPart>,
}

#[derive(Serialize)]
struct ManifestPart {
    url: String,
    #[serde(flatten)]
    part: playback::Part,
}

impl Manifest {
    /// For a player that asks this server: its pieces stand below `url`.
    pub fn below(
        url: &str,
        styles_url: String,
        session: &Session,
        playback: Playback,
        heard_at: TimestampMs,
    ) -> Self {
        let part_url = |stream: &str, part: &playback::Part| match part.form {
            Form::Batch => format!("{url}/streams/{stream}/batches/{}", part.seq),
            Form::Segment(id) => format!("{url}/segments/{id}"),
        };
        Self { heard_at, ..Self::with(part_url, styles_url, session, playback) }
    }

    /// For a player that has all pieces with it: they are numbered in their order.
    pub fn numbered(session: &Session, playback: Playback) -> Self {
        let mut number = 0;
        let part_url = |_: &str, _: &playback::Part| {
            number += 1;
            format!("parts/{}", number - 1)
        };
        // Nothing comes after what was written down.
        Self { status: Status::Completed, ..Self::with(part_url, "styles/".to_owned(), session, playback) }
    }

    fn with(
        mut part_url: impl FnMut(&str, &playback::Part) -> String,
        styles_url: String,
        session: &Session,
        playback: Playback,
    ) -> Self {
        let streams = playback.streams.into_iter().map(|stream| ManifestStream {
            offset_ms: stream.offset_ms,
            duration_ms: stream.duration_ms,
            version: stream.version,
            started_at: stream.started_at,
            missing: stream.missing,
            parts: stream
                .parts
                .into_iter()
                .map(|part| ManifestPart { url: part_url(&stream.id, &part), part })
                .collect(),
            id: stream.id,
        });
        Self {
            status: session.status,
            heard_at: 0,
            styles_url,
            duration_ms: playback.duration_ms,
            streams: streams.collect(),
            session: session.id.to_string(),
        }
    }
}
