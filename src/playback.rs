//! Where each stream of a session plays.
//!
//! rrweb's node ids start anew with each page load, so the streams of a session
//! play one after the other, never at once, even if their tabs were open at the
//! same time. This lays them on one timeline that starts at 0; the player and the
//! export both follow it. Reads no recorded bytes.

use serde::Serialize;

use crate::model::{StreamId, StyleHash, TimestampMs};
use crate::store::recordings::{Form, StoredPart, StoredStream};

/// The longest pause that is kept between two streams.
const LONGEST_PAUSE_MS: i64 = 2_000;

/// No stream plays longer than this: a visitor's clock may say anything.
const LONGEST_STREAM_MS: i64 = 24 * 60 * 60 * 1000;

/// A session's streams in the order they play.
#[derive(Clone, Debug, Serialize)]
pub struct Playback {
    /// The end of the last stream.
    pub duration_ms: i64,
    /// In the order they play.
    pub streams: Vec<Stream>,
}

/// One page load on the timeline.
#[derive(Clone, Debug, Serialize)]
pub struct Stream {
    /// The recorder's name for it.
    pub id: String,
    /// Where it starts.
    pub offset_ms: i64,
    /// How long it plays.
    pub duration_ms: i64,
    /// Another number says that it is stored in other parts than before.
    pub version: i64,
    /// Its first event, by the visitor's clock: an event plays at `offset_ms + timestamp - started_at`.
    pub started_at: TimestampMs,
    /// Ranges of `seq` that never arrived, both ends included.
    pub missing: Vec<(i64, i64)>,
    /// In the order of their first events.
    pub parts: Vec<Part>,
}

/// One stored piece on the timeline.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// How it is stored.
    #[serde(skip)]
    pub form: Form,
    /// The batch that its first event came in.
    pub seq: i64,
    /// Which event of that batch its first one is.
    pub index: i64,
    /// Its first event.
    pub starts_ms: i64,
    /// Its last event.
    pub ends_ms: i64,
    /// How many events it holds.
    pub events: i64,
    /// How many of them the visitor caused.
    pub interactions: i64,
    /// Whether it holds a full snapshot.
    pub snapshot: bool,
    /// When the visitor did something: from, to, and how many events.
    pub active: Vec<(i64, i64, i64)>,
    /// The size of its JSON; 0 when it is not known.
    pub json_bytes: i64,
    /// The stylesheets that stand for themselves in it.
    pub styles: Vec<StyleHash>,
}

impl Playback {
    /// Lays streams that are in the order of their first event on one timeline.
    pub fn of(stored: &[StoredStream]) -> Self {
        let mut streams: Vec<Stream> = Vec::with_capacity(stored.len());
        let mut end_ms = 0;
        let mut last_at: Option<TimestampMs> = None;
        for next in stored {
            let pause = last_at.map_or(0, |last_at| (next.first_at - last_at).clamp(0, LONGEST_PAUSE_MS));
            let stream = Stream::at(next, end_ms + pause);
            end_ms = stream.offset_ms + stream.duration_ms;
            last_at = last_at.max(Some(next.last_at));
            streams.push(stream);
        }
        Self { duration_ms: end_ms, streams }
    }

    /// Where a moment of the visitor's clock plays: in the stream that had started last by then.
    pub fn place(&self, at: TimestampMs) -> i64 {
        let started = self.streams.iter().rfind(|stream| stream.started_at <= at);
        started.map_or(0, |stream| stream.place(at))
    }

    /// The stream that plays at this place of the timeline, and how far it has come by then.
    pub fn spot(&self, at_ms: i64) -> Option<(&str, i64)> {
        let playing = self.streams.iter().rfind(|stream| stream.offset_ms <= at_ms);
        let stream = playing.or(self.streams.first())?;
        Some((&stream.id, (at_ms - stream.offset_ms).clamp(0, stream.duration_ms)))
    }

    /// Where a spot of a stream plays: at the start, if the stream is not there.
    pub fn place_of_spot(&self, stream: &str, at: i64) -> i64 {
        let found = self.streams.iter().find(|each| each.id == stream);
        found.map_or(0, |stream| stream.offset_ms + at.clamp(0, stream.duration_ms))
    }
}

impl Stream {
    fn at(stored: &StoredStream, offset_ms: i64) -> Self {
        let duration_ms = (stored.last_at - stored.first_at).clamp(0, LONGEST_STREAM_MS);
        let place = |at: TimestampMs| offset_ms + (at - stored.first_at).clamp(0, duration_ms);
        Self {
            id: stored.id.clone(),
            offset_ms,
            duration_ms,
            version: stored.version,
            started_at: stored.first_at,
            missing: if StreamId::is_timed_name(&stored.id) { Vec::new() } else { missing(&stored.parts) },
            parts: stored
                .parts
                .iter()
                .map(|part| Part {
                    form: part.form,
                    seq: part.seq,
                    index: part.index,
                    active: part
                        .active
                        .iter()
                        .map(|stretch| (place(stretch.from), place(stretch.to), stretch.events))
                        .collect(),
                    json_bytes: part.json_bytes,
                    styles: part.styles.clone(),
                    starts_ms: place(part.first_at),
                    ends_ms: place(part.last_at),
                    events: part.events,
                    interactions: part.interactions,
                    snapshot: part.snapshot,
                })
                .collect(),
        }
    }

    /// Whether an event with this timestamp is of the stream's time.
    pub fn contains(&self, timestamp: TimestampMs) -> bool {
        (0..=self.duration_ms).contains(&(timestamp - self.started_at))
    }

    /// Where an event with this timestamp plays.
    pub fn place(&self, timestamp: TimestampMs) -> i64 {
        self.offset_ms + (timestamp - self.started_at).clamp(0, self.duration_ms)
    }
}

/// The ranges of `seq` between 0 and the last part that are not there.
fn missing(parts: &[StoredPart]) -> Vec<(i64, i64)> {
    let mut expected = 0;
    let mut ranges = Vec::new();
    for part in parts {
        if part.seq > expected {
            ranges.push((expected, part.seq - 1));
        }
        expected = part.last_seq + 1;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(first_at: TimestampMs, last_at: TimestampMs, seqs: &[i64]) -> StoredStream {
        let part = |seq: &i64| StoredPart {
            form: Form::Batch,
            seq: *seq,
            index: 0,
            last_seq: *seq,
            json_bytes: 0,
            active: Vec::new(),
            styles: Vec::new(),
            first_at,
            last_at,
            events: 1,
            interactions: 0,
            snapshot: *seq == 0,
        };
        StoredStream {
            version: 1,
            id: format!("stream-{first_at}"),
            first_at,
            last_at,
            parts: seqs.iter().map(part).collect(),
        }
    }

    fn offsets(streams: &[StoredStream]) -> Vec<i64> {
        Playback::of(streams).streams.iter().map(|stream| stream.offset_ms).collect()
    }

    #[test]
    fn streams_play_one_after_the_other() {
        let one_after_the_other = [stored(1000, 5000, &[0]), stored(5500, 6000, &[0])];
        assert_eq!(offsets(&one_after_the_other), [0, 4500]);
        let two_tabs = [stored(1000, 5000, &[0]), stored(2000, 9000, &[0]), stored(3000, 4000, &[0])];
        assert_eq!(offsets(&two_tabs), [0, 4000, 11_000]);
        assert_eq!(Playback::of(&two_tabs).duration_ms, 12_000);
    }

    #[test]
    fn a_moment_is_found_in_the_page_that_was_open_last() {
        let playback = Playback::of(&[stored(1000, 5000, &[0]), stored(60_000, 62_000, &[0])]);
        for (at, ms) in [(0, 0), (3000, 2000), (30_000, 4000), (61_000, 7000), (99_000, 8000)] {
            assert_eq!(playback.place(at), ms, "at {at}");
        }
    }

    #[test]
    fn a_spot_stays_where_it_is_when_another_stream_comes_before_it() {
        let alone = Playback::of(&[stored(10_000, 15_000, &[0])]);
        let (stream, at) = alone.spot(3000).expect("there is a stream");
        assert_eq!((stream, at), ("stream-10000", 3000));
        let later = Playback::of(&[stored(1000, 5000, &[0]), stored(10_000, 15_000, &[0])]);
        assert_eq!(later.place_of_spot(stream, at), 4000 + 2000 + 3000);
        assert_eq!(later.spot(9000), Some((stream, at)));
        assert_eq!((later.place_of_spot("gone", 7), Playback::of(&[]).spot(7)), (0, None));
    }

    #[test]
    fn long_pauses_and_odd_clocks_are_cut_short() {
        assert_eq!(offsets(&[stored(0, 10, &[0]), stored(3_600_000, 3_600_010, &[0])]), [0, 2010]);
        let odd = Playback::of(&[stored(5, i64::MAX / 2, &[0])]);
        assert_eq!(odd.duration_ms, LONGEST_STREAM_MS);
        assert_eq!(odd.streams[0].place(i64::MAX / 2), LONGEST_STREAM_MS);
        assert_eq!(Playback::of(&[]).duration_ms, 0);
    }

    #[test]
    fn missing_batches_are_named_as_ranges() {
        assert_eq!(Playback::of(&[stored(0, 1, &[0, 1, 2])]).streams[0].missing, []);
        assert_eq!(Playback::of(&[stored(0, 1, &[2, 3, 7])]).streams[0].missing, [(0, 1), (4, 6)]);
    }
}
