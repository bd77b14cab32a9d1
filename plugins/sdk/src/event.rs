//! Events with their elements.
//!
//! On the wire an event names its element by a number, so that an element crosses once for
//! many events. Here it has the element itself, shared with the other events about it.

use std::rc::Rc;

use crate::bindings::analyzer::hindsight::plugin::types as wire;
use crate::{
    Button, ConsoleLine, Custom, Element, Feedback, Identity, Millis, PageView, Pointer, Prompt, Reply,
    Request, Size, Uncaught,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it happened.
    pub at: Millis,
    /// Which page view it belongs to, from 0.
    pub page: u32,
    /// What happened.
    pub kind: EventKind,
}

/// What happened; `wit/hindsight.wit` says more of each.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A page.
    PageView(PageView),
    /// A click or a tap.
    Click(Click),
    /// A run of edits of one field.
    Input(Input),
    /// This element got the focus.
    Focus(Rc<Element>),
    /// This element lost the focus.
    Blur(Rc<Element>),
    /// Where a run of scrolling ended.
    Scroll(Scroll),
    /// Where the pointer was.
    Pointer(Pointer),
    /// The window has this size now.
    Resize(Size),
    /// The page changed.
    Mutation(Mutation),
    /// This text was marked.
    Selection(String),
    /// This text was copied.
    Copy(String),
    /// A line on the console.
    Console(ConsoleLine),
    /// An error that nothing caught.
    Error(Uncaught),
    /// A request that failed or was slow.
    Request(Request),
    /// What the visitor asked an assistant.
    Prompt(Prompt),
    /// What the assistant answered.
    Reply(Reply),
    /// The visitor's verdict on a prompt or a reply.
    Feedback(Feedback),
    /// Who the page says that the visitor is.
    Identify(Identity),
    /// The page went out of sight.
    Hidden,
    /// The page came back.
    Visible,
    /// Nothing was done for this long.
    Idle(Millis),
    /// Anything else that the page said.
    Custom(Custom),
}

/// A click or a tap, in CSS pixels from the corner of the viewport.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "said above")]
pub struct Click {
    pub target: Rc<Element>,
    pub button: Button,
    pub x: i32,
    pub y: i32,
}

/// One run of edits of one field: what stood in it when the run was over.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The field.
    pub target: Rc<Element>,
    /// "" where it was not recorded, or masked.
    pub value: String,
    /// How many characters the value has.
    pub length: u32,
    /// Of check boxes and radio buttons.
    pub checked: Option<bool>,
    /// How many edits the run joins.
    pub edits: u32,
    /// When the run began.
    pub since: Millis,
}

/// Where a run of scrolling ended, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Scroll {
    /// Absent for the page itself.
    pub target: Option<Rc<Element>>,
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// What changed on the page within some tenths of a second.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "counts of nodes, texts and attributes")]
pub struct Mutation {
    pub added: u32,
    pub removed: u32,
    pub texts: u32,
    pub attributes: u32,
    /// Where on the page.
    pub target: Option<Rc<Element>>,
}

/// The events of a batch with their elements, made one by one: most are looked at once.
pub(crate) fn of(batch: wire::Batch) -> impl ExactSizeIterator<Item = Event> {
    let elements: Vec<Rc<Element>> = batch.elements.into_iter().map(Rc::new).collect();
    let event =
        move |event: wire::Event| Event { at: event.at, page: event.page, kind: kind(event.kind, &elements) };
    batch.events.into_iter().map(event)
}

fn kind(kind: wire::EventKind, elements: &[Rc<Element>]) -> EventKind {
    use wire::EventKind as From;
    let element = |place: wire::ElementRef| Rc::clone(&elements[place as usize]);
    match kind {
        From::PageView(view) => EventKind::PageView(view),
        From::Click(wire::Click { target, button, x, y }) => {
            EventKind::Click(Click { target: element(target), button, x, y })
        }
        From::Input(wire::Input { target, value, length, checked, edits, since }) => {
            EventKind::Input(Input { target: element(target), value, length, checked, edits, since })
        }
        From::Focus(target) => EventKind::Focus(element(target)),
        From::Blur(target) => EventKind::Blur(element(target)),
        From::Scroll(wire::Scroll { target, x, y }) => {
            EventKind::Scroll(Scroll { target: target.map(element), x, y })
        }
        From::Pointer(pointer) => EventKind::Pointer(pointer),
        From::Resize(size) => EventKind::Resize(size),
        From::Mutation(wire::Mutation { added, removed, texts, attributes, target }) => {
            EventKind::Mutation(Mutation { added, removed, texts, attributes, target: target.map(element) })
        }
        From::Selection(text) => EventKind::Selection(text),
        From::Copy(text) => EventKind::Copy(text),
        From::Console(line) => EventKind::Console(line),
        From::Error(error) => EventKind::Error(error),
        From::Request(request) => EventKind::Request(request),
        From::Prompt(prompt) => EventKind::Prompt(prompt),
        From::Reply(reply) => EventKind::Reply(reply),
        From::Feedback(feedback) => EventKind::Feedback(feedback),
        From::Identify(identity) => EventKind::Identify(identity),
        From::Hidden => EventKind::Hidden,
        From::Visible => EventKind::Visible,
        From::Idle(lasted) => EventKind::Idle(lasted),
        From::Custom(custom) => EventKind::Custom(custom),
    }
}
