//! One stream, read from its first event to its last: a page load in one tab, or some
//! one after the other.
//!
//! Times are told from the session's first event on, pages by their number within the
//! stream. What was done is written down as it is known, so what is kept is the page and
//! the written timeline, not the recording.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::TimestampMs;
use crate::rrweb::dom::Changes;
use crate::rrweb::event::kind;
use crate::rrweb::{self, Mirror, text};

use super::address::{self, Address};
use super::block::{Block, Writer};
use super::event::{Element, Event, Kind, Millis, PageCause};
use super::order::Order;
use super::runs::Runs;
use super::said::{self, MOST_URL_CHARS};
use super::touch::Touch;
use super::{element, role};
use crate::rrweb::fields::{Fields, cut};

/// rrweb keeps moves of the pointer back for so long.
const LATE_MS: Millis = 500;

/// A pause as long as this is told.
const IDLE_MS: Millis = 5_000;

/// The type of an event by which a page marks a moment of the recording.
const ANNOTATION: u8 = 8;

/// Titles are cut to this many characters.
const MOST_TITLE_CHARS: usize = 300;

/// So many descriptions of elements are kept at once.
const MOST_DESCRIBED: usize = 64;

/// So many prompts that wait for their replies are remembered.
const MOST_PROMPTS: usize = 1000;

/// Reads the events of one stream.
#[derive(Debug)]
pub struct Stream {
    started_at: TimestampMs,
    pub(super) now: Millis,
    pub(super) mirror: Mirror,
    pub(super) runs: Runs,
    pub(super) touch: Touch,
    pub(super) order: Order,
    /// The field that has the focus.
    pub(super) focused: Option<i64>,
    /// What was clicked last, and when.
    pub(super) clicked: Option<(i64, Millis)>,
    /// Whether something had the focus since the page began.
    pub(super) has_focused: bool,
    /// Where the pointer was told to be the last time.
    pub(super) pointed_at: Option<Millis>,
    /// When the visitor did something, or a page began.
    busy_at: Option<Millis>,
    /// Elements as they are described until the page changes.
    described: HashMap<i64, Arc<Element>>,
    page: Option<u32>,
    /// When the page began, and the one before it.
    began_at: Millis,
    before_began_at: Millis,
    address: Address,
    /// A page that has begun, until its first snapshot says its title.
    loading: Option<Loading>,
    /// Whether a document was loaded since the page began.
    loaded: bool,
    prompts: HashMap<String, Millis>,
    prompted_at: Option<Millis>,
    writer: Writer,
}

#[derive(Debug)]
struct Loading {
    at: Millis,
    cause: PageCause,
}

impl Stream {
    /// A stream of the session whose first event was at this time.
    pub fn of_session(started_at: TimestampMs) -> Self {
        Self {
            started_at,
            now: 0,
            mirror: Mirror::default(),
            runs: Runs::default(),
            touch: Touch::default(),
            order: Order::default(),
            focused: None,
            clicked: None,
            has_focused: false,
            pointed_at: None,
            busy_at: None,
            described: HashMap::new(),
            page: None,
            began_at: 0,
            before_began_at: 0,
            address: Address::default(),
            loading: None,
            loaded: false,
            prompts: HashMap::new(),
            prompted_at: None,
            writer: Writer::default(),
        }
    }

    /// Reads the next event, which happened at `at`. Time does not run backwards.
    pub fn push(&mut self, event: &rrweb::Event<'_>, at: TimestampMs) {
        let since = at.saturating_sub(self.started_at).clamp(0, Millis::MAX.into());
        self.now = self.now.max(Millis::try_from(since).unwrap_or(Millis::MAX));
        self.busy_at.get_or_insert(self.now);
        self.end_old_runs();
        if event.kind != kind::FULL_SNAPSHOT {
            self.show_page();
        }
        match (event.kind, event.source) {
            (kind::DOM_CONTENT_LOADED, _) => self.loaded = true,
            (kind::META, _) => self.begin_page(event),
            (kind::FULL_SNAPSHOT, _) => {
                self.apply(event);
                self.show_page();
            }
            (kind::INCREMENTAL, Some(source)) => self.change(source, event),
            (kind::CUSTOM, _) => self.hear(event.data),
            (kind::PLUGIN, _) => {
                let fields = Fields::of(event.data);
                let name = fields.json("plugin").and_then(text::text_of).unwrap_or_default();
                let payload = fields.json("payload").unwrap_or("null");
                let (at, page) = (self.now, self.page());
                said::plugin(&name, payload, |kind| self.order.put(Event { at, page, kind }));
            }
            (ANNOTATION, _) => {
                let json = event.data.to_owned();
                self.tell(Kind::Custom { name: "rrweb.annotation".to_owned(), json });
            }
            _ => {}
        }
        self.write_down();
    }

    /// The stream is over: its timeline.
    pub fn finish(mut self) -> Vec<Block> {
        self.show_page();
        self.end_runs();
        if let Some(tap) = self.touch.last() {
            self.order.put(tap);
        }
        while let Some(event) = self.order.last() {
            self.writer.push(&event);
        }
        self.writer.finish()
    }

    /// The number of the page that is shown.
    pub(super) fn page(&self) -> u32 {
        self.page.unwrap_or_default()
    }

    /// Something happens now.
    pub(super) fn tell(&mut self, kind: Kind) {
        self.tell_at(self.now, kind);
    }

    /// Something happened a little earlier, maybe on the page before.
    pub(super) fn tell_at(&mut self, at: Millis, kind: Kind) {
        let is_before = at < self.began_at;
        let page = self.page().saturating_sub(u32::from(is_before));
        let earliest = if is_before { self.before_began_at } else { self.began_at };
        self.order.put(Event { at: at.max(earliest), page, kind });
    }

    /// The visitor does something: a long pause is over.
    pub(super) fn act(&mut self, at: Millis) {
        let lasted = at.saturating_sub(self.busy_at.unwrap_or(at));
        if lasted >= IDLE_MS {
            self.tell_at(at, Kind::Idle { lasted });
        }
        self.busy_at = self.busy_at.max(Some(at));
    }

    /// Takes a change of the page in.
    pub(super) fn apply(&mut self, event: &rrweb::Event<'_>) -> Changes {
        self.described.clear();
        self.mirror.apply(event)
    }

    /// An element as the page has it now.
    pub(super) fn element(&mut self, id: i64) -> Arc<Element> {
        if self.described.len() == MOST_DESCRIBED {
            self.described.clear();
        }
        let describe = || self.mirror.node(id).map_or_else(|| element::unknown(id), element::describe);
        self.described.entry(id).or_insert_with(describe).clone()
    }

    /// The element that a click on this node is about.
    pub(super) fn meant(&mut self, id: i64) -> Arc<Element> {
        let meant = self.mirror.node(id).map(|node| role::meant(node).id());
        self.element(meant.unwrap_or(id))
    }

    pub(super) fn resize(&mut self, width: u32, height: u32) {
        (self.address.width, self.address.height) = (width, height);
    }

    /// What is said beside the page.
    fn hear(&mut self, data: &str) {
        let fields = Fields::of(data);
        let Some(tag) = fields.json("tag").and_then(text::text_of) else { return };
        let payload = fields.json("payload").unwrap_or("null");
        if tag == "hindsight.navigate" {
            self.navigate(&Fields::of(payload));
            return;
        }
        let Some(mut kind) = said::custom(&tag, payload) else { return };
        match &mut kind {
            Kind::Prompt { id, .. } => {
                if self.prompts.len() == MOST_PROMPTS {
                    self.prompts.clear();
                }
                self.prompts.insert(id.clone(), self.now);
                self.prompted_at = Some(self.now);
                self.act(self.now);
            }
            Kind::Reply { to, took, .. } => {
                let asked_at = self.prompts.get(to).copied();
                let asked_at = if to.is_empty() { self.prompted_at } else { asked_at };
                *took = asked_at.map_or(0, |asked_at| self.now - asked_at);
            }
            Kind::Feedback { .. } | Kind::Copy { .. } => self.act(self.now),
            _ => {}
        }
        self.tell(kind);
    }

    /// The page's own script went to another address.
    fn navigate(&mut self, fields: &Fields<'_>) {
        let url = fields.text("href", MOST_URL_CHARS);
        let title = fields.text("title", MOST_TITLE_CHARS);
        let cause = match &*fields.text("kind", MOST_TITLE_CHARS) {
            "hash" => PageCause::Hash,
            // Said of each page load, which a Meta event has told already.
            "load" => {
                self.name_page(title);
                return;
            }
            _ => PageCause::History,
        };
        self.end_runs();
        self.address.url = url;
        self.count_page();
        self.tell(self.address.view(title, cause));
    }

    /// A Meta event: a page begins, or rrweb takes another snapshot of the same.
    fn begin_page(&mut self, event: &rrweb::Event<'_>) {
        let fields = Fields::of(event.data);
        let url = fields.text("href", MOST_URL_CHARS);
        let cause = match self.page {
            None => Some(PageCause::Load),
            Some(_) => address::cause(&self.address.url, &url, std::mem::take(&mut self.loaded)),
        };
        self.loaded = false;
        self.address = Address { url, width: fields.count("width"), height: fields.count("height") };
        if let Some(cause) = cause {
            self.end_runs();
            (self.focused, self.has_focused) = (None, false);
            self.count_page();
            self.loading = Some(Loading { at: self.now, cause });
        }
    }

    /// Tells of the page that has begun, now that its title is known, or will not be.
    fn show_page(&mut self) {
        let Some(Loading { at, cause }) = self.loading.take() else { return };
        let title = title(&self.mirror).map(|title| cut(title, MOST_TITLE_CHARS)).unwrap_or_default();
        self.tell_at(at, self.address.view(title, cause));
    }

    /// The title of the page, if it had none yet.
    fn name_page(&mut self, name: String) {
        let view = self.order.find(|kind| matches!(kind, Kind::PageView { .. }));
        if let Some(Event { kind: Kind::PageView { title, .. }, .. }) = view
            && title.is_empty()
        {
            *title = name;
        }
    }

    fn count_page(&mut self) {
        // What was told before the first page is of it.
        if let Some(page) = self.page {
            self.page = Some(page.saturating_add(1));
            self.before_began_at = std::mem::replace(&mut self.began_at, self.now);
        } else {
            self.page = Some(0);
        }
        self.busy_at = self.busy_at.max(Some(self.now));
    }

    pub(super) fn end_burst(&mut self) {
        if let Some(burst) = self.runs.end_burst(&self.mirror) {
            self.order.put(burst);
        }
    }

    pub(super) fn end_typing(&mut self) {
        if let Some(typing) = self.runs.end_typing() {
            self.order.put(typing);
        }
    }

    fn end_runs(&mut self) {
        self.runs.end_all(&self.mirror, |event| self.order.put(event));
    }

    fn end_old_runs(&mut self) {
        self.runs.end_old(self.now, &self.mirror, |event| self.order.put(event));
        if let Some(tap) = self.touch.unclicked(self.now) {
            self.order.put(tap);
        }
    }

    /// Writes what nothing can come before any more.
    fn write_down(&mut self) {
        let open = [self.runs.earliest(), self.touch.earliest()].into_iter().flatten().min();
        let before = self.now.saturating_sub(LATE_MS).min(open.unwrap_or(Millis::MAX));
        while let Some(event) = self.order.next(before) {
            self.writer.push(&event);
        }
    }
}

/// What stands in the title of the page.
fn title(mirror: &Mirror) -> Option<String> {
    let mut node = mirror.document()?;
    for tag in ["html", "head", "title"] {
        node = node.children().find(|child| child.tag() == tag)?;
    }
    let text: String = node.children().map(|child| child.text()).collect();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}
