//! How timelines are stored: in blocks of some thousand events, each to be read alone.
//!
//! A block knows when its events happened and of which kinds they are, so that a moment or
//! a kind is found without reading the others. Its bytes are meant to be compressed by
//! whoever stores them.

mod columns;
mod kinds;
mod rows;

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{Element, Event, Millis};
use columns::{Eye, Pen, unzigzag, zigzag};
pub use kinds::Kinds;

/// The form that is written.
pub const VERSION: u8 = 1;

/// So many events make a block.
const MOST_EVENTS: usize = 2_000;

/// Fewer do when their texts are long.
const MOST_TEXT_BYTES: usize = 256 * 1024;

/// Why a block is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Its bytes are not those that were written.
    #[error(
        "a part of the timeline is not what was written; `hindsight check` tells whether the file is damaged"
    )]
    Damaged,
    /// It was written by another version of the server.
    #[error(
        "a part of the timeline has the form {found}, which this version does not read; update the server"
    )]
    Version {
        /// The form it is in.
        found: u8,
    },
}

/// A piece of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// When its first event happened.
    pub first_at: Millis,
    /// When its last event happened.
    pub last_at: Millis,
    /// How many events it holds.
    pub events: u32,
    /// Which kinds of events it holds.
    pub kinds: Kinds,
    /// The events.
    pub bytes: Vec<u8>,
}

/// What the bytes hold.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    first_at: Millis,
    /// The kind of each event.
    #[serde(borrow)]
    kinds: &'a [u8],
    /// How much later than the one before each event happened.
    times: Vec<u32>,
    /// How many pages further than the one before each event happened.
    pages: Vec<u32>,
    /// Each column as bytes, so that those nobody asks for need not be read.
    columns: Vec<(u8, u8, Vec<u8>)>,
    texts: Vec<&'a str>,
}

/// Writes events as blocks.
#[derive(Debug, Default)]
pub struct Writer {
    blocks: Vec<Block>,
    open: Open,
}

/// The block that is written.
#[derive(Debug, Default)]
struct Open {
    first_at: Millis,
    last_at: Millis,
    last_page: u32,
    kinds: Vec<u8>,
    times: Vec<u32>,
    pages: Vec<u32>,
    pen: Pen,
    elements: HashMap<Arc<Element>, u32>,
}

impl Writer {
    /// Writes the next event, which is not earlier than those before.
    pub fn push(&mut self, event: &Event) {
        self.open.push(event);
        if self.open.kinds.len() >= MOST_EVENTS || self.open.pen.text_bytes() >= MOST_TEXT_BYTES {
            self.close();
        }
    }

    /// All that was written.
    pub fn finish(mut self) -> Vec<Block> {
        self.close();
        self.blocks
    }

    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        if !open.kinds.is_empty() {
            self.blocks.push(open.close());
        }
    }
}

impl Open {
    fn push(&mut self, event: &Event) {
        if self.kinds.is_empty() {
            (self.first_at, self.last_at) = (event.at, event.at);
        }
        self.kinds.push(event.kind.name() as u8);
        self.times.push(event.at.saturating_sub(self.last_at));
        self.pages.push(zigzag((event.page as i32).wrapping_sub(self.last_page as i32)));
        self.last_at = self.last_at.max(event.at);
        self.last_page = event.page;
        let elements = &mut self.elements;
        rows::write(&mut self.pen, event, |pen, element| {
            let next = u32::try_from(elements.len()).unwrap_or(u32::MAX);
            *elements.entry(element.clone()).or_insert_with(|| {
                rows::write_element(pen, element);
                next
            })
        });
    }

    fn close(self) -> Block {
        let kinds = self.kinds.iter().filter_map(|kind| kinds::name(*kind)).collect();
        let events = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        let (columns, texts) = self.pen.finish();
        let columns = columns.map(|((kind, field), values)| (kind, field, bytes_of(&values)));
        let stored = Stored {
            first_at: self.first_at,
            kinds: &self.kinds,
            times: self.times,
            pages: self.pages,
            columns: columns.collect(),
            texts: texts.iter().map(String::as_str).collect(),
        };
        let mut bytes = vec![VERSION];
        bytes.extend(bytes_of(&stored));
        Block { first_at: self.first_at, last_at: self.last_at, events, kinds, bytes }
    }
}

/// Reads the events of a block that are of the wanted kinds, in their order.
pub fn read(bytes: &[u8], wanted: Kinds) -> Result<Vec<Event>, Error> {
    let (version, rest) = bytes.split_first().ok_or(Error::Damaged)?;
    if *version != VERSION {
        return Err(Error::Version { found: *version });
    }
    let stored: Stored<'_> = postcard::from_bytes(rest).map_err(|_| Error::Damaged)?;
    let is_wanted = |kind: u8| kinds::name(kind).is_some_and(|name| wanted.contains(name));
    let mut columns = Vec::new();
    for (kind, field, bytes) in &stored.columns {
        if is_wanted(*kind) || *kind == rows::ELEMENT {
            let values: Vec<u32> = postcard::from_bytes(bytes).map_err(|_| Error::Damaged)?;
            columns.push(((*kind, *field), values));
        }
    }
    let mut eye = Eye::new(columns.into_iter(), stored.texts);
    let mut elements = Vec::new();
    while eye.has_row(rows::ELEMENT) {
        elements.push(Arc::new(rows::read_element(&mut eye)?));
    }
    let (mut at, mut page) = (stored.first_at, 0_i32);
    let mut events = Vec::new();
    let mut steps = stored.times.iter().zip(&stored.pages);
    for kind in stored.kinds {
        let (time, pages) = steps.next().ok_or(Error::Damaged)?;
        at = at.checked_add(*time).ok_or(Error::Damaged)?;
        page = page.wrapping_add(unzigzag(*pages));
        let name = kinds::name(*kind).ok_or(Error::Damaged)?;
        if wanted.contains(name) {
            let kind = rows::read(&mut eye, name, at, &elements)?;
            events.push(Event { at, page: page as u32, kind });
        }
    }
    Ok(events)
}

/// Numbers as bytes, small ones in few.
fn bytes_of(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("a list in memory has a length, and nothing else can fail")
}

#[cfg(test)]
mod tests;
