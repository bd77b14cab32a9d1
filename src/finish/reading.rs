//! Reading what happened in a session: its timeline, its counts, its words.

use super::passes::{Error, LIMITS, Passes};
use crate::model::TimestampMs;
use crate::rrweb::{self, Event, UnreadSheets};
use crate::segment::frame::{self, Press};
use crate::stop::Stopping;
use crate::store::finishing::Source;
use crate::store::runs::Due;
use crate::store::timelines::{Block, Reading};
use crate::store::{Store, finishing, runs};
use crate::timeline::{self, Facts, Talk, block};

/// No block of a timeline is larger, in bytes.
const MAX_BLOCK_BYTES: usize = 64 * 1024 * 1024;

/// So many stylesheets that could not be read are named.
const MOST_STYLES: usize = 5;

/// Reads the streams of a session, one after the other.
pub struct Reader {
    started_at: TimestampMs,
    stream: timeline::Stream,
    sheets: UnreadSheets,
    unread_styles: Vec<String>,
    streams: Vec<Vec<timeline::Block>>,
    /// The page that was loaded first, and when.
    first_page: Option<(TimestampMs, String)>,
    visitor: Option<String>,
}

/// What was read.
pub struct Read {
    /// The timeline and what belongs to it.
    pub reading: Reading,
    /// The URL of the page that was loaded first.
    pub first_page: Option<String>,
    /// Whom the page said the visitor is, the last time it did.
    pub visitor: Option<String>,
}

impl Reader {
    /// Begins a session whose first event was at this time, by the visitor's clock.
    pub fn new(started_at: TimestampMs) -> Self {
        Self {
            started_at,
            stream: timeline::Stream::of_session(started_at),
            sheets: UnreadSheets::default(),
            unread_styles: Vec::new(),
            streams: Vec::new(),
            first_page: None,
            visitor: None,
        }
    }

    /// Reads the next event of a stream, which happened at `at`.
    pub fn read(&mut self, event: &Event<'_>, at: TimestampMs) {
        self.stream.push(event, at);
        self.sheets.read(event);
        if self.first_page.as_ref().is_none_or(|(first, _)| event.timestamp < *first)
            && let Some(url) = event.page_url()
        {
            self.first_page = Some((event.timestamp, url));
        }
        if let Some(visitor) = event.visitor() {
            self.visitor = Some(visitor);
        }
    }

    /// Reads a whole stream as it is stored.
    pub async fn read_stream(&mut self, passes: Passes<'_>, source: &Source) -> Result<(), Error> {
        for piece in &source.pieces {
            let json = passes.json(source.stream, piece).await?;
            for event in rrweb::events(&json, &LIMITS)? {
                self.read(&event, event.timestamp);
            }
        }
        self.end_stream();
        Ok(())
    }

    /// The stream is over.
    pub fn end_stream(&mut self) {
        let next = timeline::Stream::of_session(self.started_at);
        self.streams.push(std::mem::replace(&mut self.stream, next).finish());
        for url in std::mem::take(&mut self.sheets).finish() {
            if self.unread_styles.len() < MOST_STYLES && !self.unread_styles.contains(&url) {
                self.unread_styles.push(url);
            }
        }
    }

    /// The session is over.
    pub fn finish(self, press: &mut Press) -> Result<Read, Error> {
        let (mut facts, mut talk) = (Facts::default(), Talk::of_session(self.started_at));
        let joined = timeline::join(self.streams, |event| {
            facts.add(event);
            talk.add(event);
        })?;
        let mut blocks = Vec::with_capacity(joined.len());
        for block in joined {
            blocks.push(Block {
                first_ms: block.first_at.into(),
                last_ms: block.last_at.into(),
                events: block.events.into(),
                body: press.compress(&block.bytes)?,
            });
        }
        let reading = Reading {
            blocks,
            pages: facts.pages.into(),
            clicks: facts.clicks.into(),
            prompts: facts.prompts.into(),
            unanswered: facts.unanswered.into(),
            errors: facts.errors.into(),
            urls: facts.urls(),
            text: facts.search_text,
            unread_styles: self.unread_styles,
            said: talk.said,
            traits: talk.traits,
        };
        Ok(Read { reading, first_page: self.first_page.map(|(_, url)| url), visitor: self.visitor })
    }
}

/// Reads a session that was finished before timelines were kept, or with another version.
pub async fn read_again(
    store: &Store,
    due: &Due,
    now: TimestampMs,
    stopping: &Stopping,
) -> Result<(), Error> {
    let session = due.session;
    let read = move |conn: &crate::store::Db| {
        Ok((runs::subject(conn, session)?, finishing::sources(conn, session)?))
    };
    let (Some(subject), sources) = store.read(read).await? else { return Ok(()) };
    let passes = Passes::new(store, due.connection, stopping);
    let mut reader = Reader::new(subject.first_event_at);
    for source in &sources {
        reader.read_stream(passes, source).await?;
    }
    let reading = reader.finish(&mut Press::small()?)?.reading;
    let revision = subject.revision;
    store.write(move |conn| finishing::put_reading(conn, session, revision, &reading, now)).await?;
    Ok(())
}

/// The events of a stored timeline that are of the wanted kinds. It ends early where a block
/// is damaged.
pub fn events(
    bodies: Vec<Vec<u8>>,
    wanted: block::Kinds,
) -> impl Iterator<Item = timeline::Event> + Send + 'static {
    bodies.into_iter().flat_map(move |body| {
        let read = block_events(&body, wanted);
        if let Err(error) = &read {
            tracing::warn!(error = error as &dyn std::error::Error, "a block of a timeline cannot be read");
        }
        read.unwrap_or_default()
    })
}

fn block_events(body: &[u8], wanted: block::Kinds) -> Result<Vec<timeline::Event>, Error> {
    let bytes = frame::decompress(body, frame::size(body, MAX_BLOCK_BYTES))?;
    Ok(block::read(&bytes, wanted)?)
}
