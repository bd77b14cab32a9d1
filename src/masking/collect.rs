//! The first pass: each distinct text is shown to the maskers once.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

use super::hider::{Hider, MOST_SECRET_BYTES, MOST_SECRETS};
use super::page::Page;
use super::rewrite::Rewriting;
use super::typing::{Typed, Typing};
use super::walk::{Spot, Walker};
use super::{Edit, Error, Masker, Secret, Span, blocks, selector};
use crate::rrweb::Event;

/// Maskers are asked about so many texts at once…
const BATCH_SPANS: usize = 512;

/// …or about so much text, in bytes.
const BATCH_BYTES: usize = 1024 * 1024;

/// Collects the texts of a session, and asks maskers about them.
pub struct Collecting<'m> {
    walker: Walker,
    typing: Typing,
    asking: Asking<'m>,
}

impl<'m> Collecting<'m> {
    /// Asks all of these about each text.
    pub fn new(maskers: Vec<Box<dyn Masker + 'm>>) -> Self {
        let asking = Asking {
            maskers,
            keys: Keys::default(),
            seen: HashSet::new(),
            waiting: Vec::new(),
            waiting_keys: Vec::new(),
            waiting_bytes: 0,
            decided: Decided::default(),
        };
        Self { walker: Walker::default(), typing: Typing::default(), asking }
    }

    /// Reads an event. Streams come one after the other, and the events of each in their order.
    pub fn read(&mut self, stream: i64, event: &Event<'_>) -> Result<(), Error> {
        let (asking, typing) = (&mut self.asking, &mut self.typing);
        self.walker.walk(stream, event, |page, spot| {
            if !has_words(spot) {
                return;
            }
            let key = asking.keys.of_spot(page, spot);
            let when = (stream, page.number, event.timestamp);
            if !typing.watch(when, spot, || (key, span(page, spot))) {
                asking.meet(key, || span(page, spot));
            }
        });
        for (key, span) in typing.ready.drain(..) {
            asking.meet(key, || span);
        }
        if asking.waiting.len() >= BATCH_SPANS || asking.waiting_bytes >= BATCH_BYTES {
            asking.ask()?;
        }
        Ok(())
    }

    /// Asks about the rest, and says what was decided.
    pub fn finish(mut self) -> Result<Decisions, Error> {
        self.typing.end_page();
        for (key, span) in self.typing.ready.drain(..) {
            self.asking.meet(key, || span);
        }
        self.asking.ask()?;
        let Decided { secrets, covered, blocked, .. } = self.asking.decided;
        let hider = Hider::new(secrets);
        let typed = self.typing.typed(&hider, |key| covered.contains(key) || blocked.contains(key));
        let blocks = blocks::Locating::new(blocked);
        Ok(Decisions { keys: self.asking.keys, hider, typed, covered, blocks })
    }
}

/// What the maskers decided about a session.
#[derive(Debug)]
pub struct Decisions {
    pub(super) keys: Keys,
    pub(super) hider: Hider,
    pub(super) typed: Typed,
    pub(super) covered: HashSet<u64>,
    pub(super) blocks: blocks::Locating,
}

impl Decisions {
    /// Whether nothing is changed: the recording may be stored as it is.
    pub fn is_empty(&self) -> bool {
        self.hider.is_empty() && self.covered.is_empty() && self.blocks.is_empty()
    }

    /// Whether all events must be given to [`Self::locate`] once before they are rewritten.
    pub fn needs_locating(&self) -> bool {
        self.blocks.needs_locating()
    }

    /// Finds out which elements become grey boxes: one does from its first appearance on.
    pub fn locate(&mut self, stream: i64, event: &Event<'_>) {
        self.blocks.locate(stream, event, &self.keys, &mut self.covered);
    }

    /// Begins the last pass, in which the events are changed.
    pub fn rewriting(self) -> Rewriting {
        Rewriting::new(self)
    }
}

pub(super) fn span(page: &Page, spot: &Spot<'_>) -> Span {
    Span {
        text: spot.text().trim().to_owned(),
        place: spot.place,
        tag: spot.tag.to_owned(),
        name: spot.name.to_owned(),
        selector: selector::of(page, spot.element),
    }
}

/// Whether there is anything in a text that could be hidden.
pub(super) fn has_words(spot: &Spot<'_>) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
    spot.pieces.iter().any(|piece| piece.text.bytes().any(is_word))
}

/// Gives texts numbers, so that what was seen is known without keeping it.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    state: RandomState,
}

impl Keys {
    /// The number of a text in its place.
    pub fn of_spot(&self, page: &Page, spot: &Spot<'_>) -> u64 {
        let mut hasher = self.state.build_hasher();
        hasher.write_u8(spot.place as u8);
        hasher.write_u64(selector::hash_of(page, spot.element));
        hasher.write(spot.tag.as_bytes());
        hasher.write_u8(0xff);
        hasher.write(spot.name.as_bytes());
        hasher.write_u8(0xff);
        for piece in spot.pieces {
            hasher.write(piece.text.as_bytes());
        }
        hasher.finish()
    }

    /// The number of a text wherever it stands.
    pub fn of_text(&self, text: &str) -> u64 {
        let mut hasher = self.state.build_hasher();
        hasher.write(text.as_bytes());
        hasher.finish()
    }
}

/// Shows texts to maskers, each once.
struct Asking<'m> {
    maskers: Vec<Box<dyn Masker + 'm>>,
    keys: Keys,
    seen: HashSet<u64>,
    waiting: Vec<Span>,
    waiting_keys: Vec<u64>,
    waiting_bytes: usize,
    decided: Decided,
}

#[derive(Default)]
struct Decided {
    secrets: Vec<Secret>,
    known: HashMap<String, usize>,
    bytes: usize,
    covered: HashSet<u64>,
    blocked: HashSet<u64>,
}

impl Asking<'_> {
    fn meet(&mut self, key: u64, span: impl FnOnce() -> Span) {
        if self.seen.insert(key) {
            let span = span();
            self.waiting_bytes += span.text.len();
            self.waiting_keys.push(key);
            self.waiting.push(span);
        }
    }

    fn ask(&mut self) -> Result<(), Error> {
        let spans = self.waiting.chunks(BATCH_SPANS).zip(self.waiting_keys.chunks(BATCH_SPANS));
        for (spans, keys) in spans {
            for masker in &mut self.maskers {
                for change in masker.mask(spans).map_err(Error::Masker)? {
                    let index = change.index as usize;
                    let none = Error::NoSuchSpan { index, spans: spans.len() };
                    self.decided.take(*keys.get(index).ok_or(none)?, change.edit)?;
                }
            }
        }
        self.waiting.clear();
        self.waiting_keys.clear();
        self.waiting_bytes = 0;
        Ok(())
    }
}

impl Decided {
    fn take(&mut self, key: u64, edit: Edit) -> Result<(), Error> {
        match edit {
            Edit::Cover => {
                self.covered.insert(key);
            }
            Edit::Block => {
                self.blocked.insert(key);
            }
            Edit::Hide { secrets } => secrets.into_iter().try_for_each(|secret| self.hide(secret))?,
        }
        Ok(())
    }

    fn hide(&mut self, secret: Secret) -> Result<(), Error> {
        if self.known.contains_key(&secret.value) || !secret.value.contains(char::is_alphanumeric) {
            return Ok(());
        }
        self.bytes += secret.value.len();
        if self.secrets.len() == MOST_SECRETS || self.bytes > MOST_SECRET_BYTES {
            return Err(Error::TooManySecrets(self.secrets.len()));
        }
        self.known.insert(secret.value.clone(), self.secrets.len());
        self.secrets.push(secret);
        Ok(())
    }
}
