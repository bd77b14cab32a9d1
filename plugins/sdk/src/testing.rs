//! For the tests of plugins: settings as the manifest has them, and visits in a script.

mod input;

use std::rc::Rc;

use serde::de::DeserializeOwned;

use crate::{
    Button, Click, ConsoleLine, Element, Event, EventKind, Feedback, Input, LogLevel, Millis, Mutation,
    PageCause, PageView, Pointer, Prompt, Reply, Request, Scroll, SessionInfo, Uncaught,
};

pub use input::input;

/// The settings that a plugin gets when nobody has set anything: the defaults of its
/// `plugin.toml`.
///
/// # Panics
///
/// When the manifest is not TOML, or its defaults are not what the settings need.
pub fn defaults<T: DeserializeOwned>(manifest: &str) -> T {
    let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
    let properties = manifest.get("settings").and_then(|schema| schema.get("properties"));
    let properties = properties.and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let defaults = properties.into_iter().filter_map(|(name, schema)| {
        let default = schema.get("default")?.clone();
        Some((name, default))
    });
    toml::Value::Table(defaults.collect()).try_into().expect("the defaults are what the settings need")
}

/// A session without anything remarkable.
pub fn session() -> SessionInfo {
    SessionInfo {
        id: "session".to_owned(),
        started_at: "2026-01-05T09:00:00Z".to_owned(),
        duration: 60_000,
        user_agent: String::new(),
        landing_url: "https://shop.example/".to_owned(),
        visitor: String::new(),
    }
}

/// An element that a person would click.
pub fn button(label: &str) -> Element {
    element("button", "button", label, true)
}

/// A link.
pub fn link(label: &str) -> Element {
    element("a", "link", label, true)
}

/// A field of text.
pub fn field(label: &str) -> Element {
    element("input", "textbox", label, true)
}

/// An element that is there to be read.
pub fn paragraph(label: &str) -> Element {
    element("p", "", label, false)
}

/// Any element.
pub fn element(tag: &str, role: &str, label: &str, interactive: bool) -> Element {
    let selector = format!("{tag}[{label}]");
    // Some number that differs from label to label.
    let node = selector.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    Element {
        node,
        tag: tag.to_owned(),
        selector,
        label: label.to_owned(),
        role: role.to_owned(),
        interactive,
        attrs: Vec::new(),
    }
}

/// A visit, told step by step: `Visit::to("/cart").wait(900).click(&button("Pay"))`.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    now: Millis,
    pages: u32,
    events: Vec<Event>,
}

impl Visit {
    /// Begins with a page that is loaded.
    pub fn to(url: &str) -> Self {
        Self::default().load(url)
    }

    /// What happened, as the host would tell it.
    pub fn events(self) -> Vec<Event> {
        self.events
    }

    /// Anything, now.
    #[must_use]
    pub fn event(mut self, kind: EventKind) -> Self {
        self.events.push(Event { at: self.now, page: self.pages.saturating_sub(1), kind });
        self
    }

    /// Some milliseconds go by.
    #[must_use]
    pub fn wait(mut self, millis: Millis) -> Self {
        self.now += millis;
        self
    }

    /// A page is loaded.
    #[must_use]
    pub fn load(self, url: &str) -> Self {
        self.view(url, PageCause::Load)
    }

    /// The history API changes the page.
    #[must_use]
    pub fn route(self, url: &str) -> Self {
        self.view(url, PageCause::History)
    }

    fn view(mut self, url: &str, cause: PageCause) -> Self {
        self.pages += 1;
        let title = String::new();
        self.event(EventKind::PageView(PageView {
            url: url.to_owned(),
            title,
            cause,
            width: 1280,
            height: 720,
        }))
    }

    /// A click on an element, in the middle of the page.
    #[must_use]
    pub fn click(self, target: &Element) -> Self {
        self.click_at(target, 400, 300)
    }

    /// A click on an element, somewhere.
    #[must_use]
    pub fn click_at(self, target: &Element, x: i32, y: i32) -> Self {
        self.event(EventKind::Click(Click { target: Rc::new(target.clone()), button: Button::Primary, x, y }))
    }

    /// A run of typing into a field, which ends now.
    #[must_use]
    pub fn typed(self, target: &Element, value: &str) -> Self {
        let since = self.now;
        let length = u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
        let target = Rc::new(target.clone());
        let value = value.to_owned();
        self.event(EventKind::Input(Input {
            target,
            value,
            length,
            checked: None,
            edits: length.max(1),
            since,
        }))
    }

    /// The page changes: this many nodes and attributes.
    #[must_use]
    pub fn mutation(self, added: u32, attributes: u32) -> Self {
        self.event(EventKind::Mutation(Mutation { added, removed: 0, texts: 0, attributes, target: None }))
    }

    /// A node appears, with a text that says what is wrong.
    #[must_use]
    pub fn mutation_of(self, target: &Element) -> Self {
        let target = Some(Rc::new(target.clone()));
        self.event(EventKind::Mutation(Mutation { added: 1, removed: 0, texts: 0, attributes: 0, target }))
    }

    /// The page is scrolled to there.
    #[must_use]
    pub fn scroll(self, y: i32) -> Self {
        self.event(EventKind::Scroll(Scroll { target: None, x: 0, y }))
    }

    /// The pointer is there.
    #[must_use]
    pub fn pointer(self, x: i32, y: i32) -> Self {
        self.event(EventKind::Pointer(Pointer { x, y }))
    }

    /// A request is answered.
    #[must_use]
    pub fn request(self, url: &str, status: u32, took: Millis) -> Self {
        let method = "POST".to_owned();
        self.event(EventKind::Request(Request { method, url: url.to_owned(), status, took }))
    }

    /// An error that nothing catches.
    #[must_use]
    pub fn error(self, text: &str) -> Self {
        self.event(EventKind::Error(Uncaught { text: text.to_owned(), stack: String::new() }))
    }

    /// An error on the console.
    #[must_use]
    pub fn console(self, text: &str) -> Self {
        let line = ConsoleLine { level: LogLevel::Error, text: text.to_owned(), stack: String::new() };
        self.event(EventKind::Console(line))
    }

    /// A question to the assistant.
    #[must_use]
    pub fn prompt(self, id: &str, text: &str) -> Self {
        let prompt = Prompt { id: id.to_owned(), conversation: "chat".to_owned(), text: text.to_owned() };
        self.event(EventKind::Prompt(prompt))
    }

    /// The assistant's answer to it.
    #[must_use]
    pub fn reply(self, to: &str, text: &str, answered: Option<bool>) -> Self {
        self.event(EventKind::Reply(Reply {
            id: format!("reply-{to}"),
            to: to.to_owned(),
            text: text.to_owned(),
            answered,
            sources: Vec::new(),
            took: 800,
        }))
    }

    /// The visitor's verdict on a prompt or a reply.
    #[must_use]
    pub fn feedback(self, id: &str, value: i32) -> Self {
        self.event(EventKind::Feedback(Feedback { id: id.to_owned(), value }))
    }
}
