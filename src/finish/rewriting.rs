//! Writing the streams of a session anew: batches and older segments become segments.

use super::passes::{Error, LIMITS, Passes};
use super::reading::Reader;
use crate::masking;
use crate::model::{StyleHash, TimestampMs};
use crate::privacy::{self, Marks};
use crate::rrweb::{self, Event};
use crate::segment::frame::Press;
use crate::segment::{Cutter, Origin, Segment};
use crate::store::finishing::{self, Due, NewSegment, Piece, Rewritten, Source};
use crate::store::ledger::Entry;
use crate::store::{self, Store};

/// The visitor's clock is believed as it is.
const ANY_TIME: (TimestampMs, TimestampMs) = (TimestampMs::MIN, TimestampMs::MAX);

/// What a session is written anew with.
pub struct Tools<'a> {
    /// Where it is stored.
    pub store: &'a Store,
    /// Reads what is stored.
    pub passes: Passes<'a>,
    /// Makes it small.
    pub press: &'a mut Press,
    /// Hides what nobody is to see. `None`: everything stays as it is.
    pub masks: Option<masking::Rewriting>,
    /// Hides what a scan has found. `None`: nothing was.
    pub hiding: Option<Hiding>,
    /// Reads what the visitor did.
    pub reader: Reader,
}

/// What a scan has found, hidden in the events of one stream after the other.
pub struct Hiding {
    /// By which it is.
    pub rules: privacy::Rules,
    /// What is known of the stream's page.
    pub marks: Marks,
}

impl Hiding {
    fn rewrite(&mut self, event: &Event<'_>) -> Option<String> {
        privacy::Pass::new(&self.rules).event(event, &mut self.marks)
    }
}

/// One stream that is being written anew.
struct Rewriting<'t, 'a> {
    tools: &'t mut Tools<'a>,
    due: &'t Due,
    old: i64,
    new: i64,
    segments: i64,
    cutter: Cutter,
    ledger: Vec<Entry>,
}

/// Writes a stream anew, and reads it.
pub async fn rewrite(tools: &mut Tools<'_>, due: &Due, source: &Source) -> Result<Rewritten, Error> {
    let old = source.stream;
    if let Some(hiding) = &mut tools.hiding {
        hiding.marks = Marks::default();
    }
    let new = tools.store.write(move |conn| finishing::add_loose_stream(conn, old)).await?;
    let mut rewriting =
        Rewriting { tools, due, old, new, segments: 0, cutter: Cutter::default(), ledger: Vec::new() };
    for piece in &source.pieces {
        let json = rewriting.tools.passes.json(old, piece).await?;
        match piece {
            Piece::Batch { seq, hash, first_at, last_at } => {
                rewriting.take_batch(&json, *seq, hash, (*first_at, *last_at)).await?;
            }
            Piece::Segment { first_seq, .. } => {
                rewriting.take_segment(&json, *first_seq, &source.ledger).await?;
            }
        }
    }
    rewriting.finish().await
}

impl Rewriting<'_, '_> {
    async fn take_batch(
        &mut self,
        json: &str,
        seq: i64,
        hash: &[u8; 32],
        times: (TimestampMs, TimestampMs),
    ) -> Result<(), Error> {
        let events = rrweb::events(json, &LIMITS)?;
        self.ledger.push(Entry::new(seq, events.len() as i64, hash));
        for (index, event) in (0..).zip(&events) {
            self.take(Origin { seq, index }, event, times).await?;
        }
        Ok(())
    }

    /// Takes the events of a segment that was made before, each as of its own batch.
    async fn take_segment(&mut self, json: &str, first_seq: i64, ledger: &[Entry]) -> Result<(), Error> {
        let mut origins = origins(ledger, first_seq, self.ledger.last().copied());
        for event in rrweb::events(json, &LIMITS)? {
            let Some((entry, origin)) = origins.next() else { break };
            if self.ledger.last().is_none_or(|last| last.seq < entry.seq) {
                self.ledger.push(Entry { events: 0, ..entry });
            }
            if let Some(last) = self.ledger.last_mut() {
                last.events += 1;
            }
            self.take(origin, &event, ANY_TIME).await?;
        }
        Ok(())
    }

    async fn take(
        &mut self,
        origin: Origin,
        event: &Event<'_>,
        times: (TimestampMs, TimestampMs),
    ) -> Result<(), Error> {
        let masks = &mut self.tools.masks;
        let masked = masks.as_mut().map(|masks| masks.rewrite(self.old, event));
        let changed = masked.filter(|masked| masked != event.json).map(|masked| format!("[{masked}]"));
        let reread = changed.as_deref().map(|json| rrweb::events(json, &LIMITS)).transpose()?;
        let event = reread.as_ref().and_then(|events| events.first()).unwrap_or(event);
        let hidden = self.tools.hiding.as_mut().and_then(|hiding| hiding.rewrite(event));
        let changed = hidden.map(|hidden| format!("[{hidden}]"));
        let reread = changed.as_deref().map(|json| rrweb::events(json, &LIMITS)).transpose()?;
        let event = reread.as_ref().and_then(|events| events.first()).unwrap_or(event);
        if let Some(segment) = self.cutter.push(origin, event, times) {
            self.store_segment(segment).await?;
        }
        self.tools.reader.read(event, self.cutter.last_at());
        Ok(())
    }

    async fn finish(mut self) -> Result<Rewritten, Error> {
        if let Some(last) = std::mem::take(&mut self.cutter).finish() {
            self.store_segment(last).await?;
        }
        self.tools.reader.end_stream();
        Ok(Rewritten { old: self.old, new: self.new, ledger: self.ledger })
    }

    async fn store_segment(&mut self, segment: Segment) -> Result<(), Error> {
        let body = self.tools.press.compress(segment.json.as_bytes())?;
        let mut styles = Vec::with_capacity(segment.styles.len());
        for (hash, sheet) in &segment.styles {
            styles.push((*hash, self.frame_if_new(*hash, sheet).await?));
        }
        let new = NewSegment {
            number: self.segments,
            first_seq: segment.first.seq,
            first_index: segment.first.index,
            last_seq: segment.last_seq,
            first_at: segment.first_at,
            last_at: segment.last_at,
            events: segment.events,
            interactions: segment.interactions,
            snapshot: segment.snapshot,
            json_bytes: segment.json.len() as i64,
            active: segment.active,
            body,
            styles,
        };
        self.segments += 1;
        let (connection, stream) = (self.due.connection, self.new);
        let bytes = new.body.len();
        let add = move |conn: &store::Db| finishing::add_segment(conn, connection, stream, &new);
        Ok(self.tools.store.write_sized(bytes, add).await?)
    }

    async fn frame_if_new(&mut self, hash: StyleHash, sheet: &str) -> Result<Option<Vec<u8>>, Error> {
        let connection = self.due.connection;
        let known = self.tools.store.read(move |conn| finishing::has_style(conn, connection, &hash)).await?;
        Ok(if known { None } else { Some(self.tools.press.compress(sheet.as_bytes())?) })
    }
}

/// Where the events of a segment came from: what of its first batch was in segments
/// before it is left out.
fn origins(ledger: &[Entry], first_seq: i64, taken: Option<Entry>) -> impl Iterator<Item = (Entry, Origin)> {
    let before = taken.filter(|taken| taken.seq == first_seq).map_or(0, |taken| taken.events);
    let entries = ledger.iter().filter(move |entry| entry.seq >= first_seq);
    entries.flat_map(move |entry| {
        let from = if entry.seq == first_seq { before } else { 0 };
        (from..entry.events).map(move |index| (*entry, Origin { seq: entry.seq, index }))
    })
}
