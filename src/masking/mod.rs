//! Changes recordings so that what maskers name is in them no more, before they are stored.
//!
//! Two passes over the events of a session. [`Collecting`] walks them, asks the maskers
//! about each distinct text once, and says what they decided; [`Rewriting`] walks them
//! again and gives each event as it may be stored. A third one stands between them,
//! [`Decisions::locate`], only when whole elements are to be blocked. What holds texts
//! from one event to the next is bounded by the page and by the distinct texts.
//!
//! A secret that is named once is hidden wherever else it stands: written in other ways,
//! split over nodes, and half typed. CSS, scripts, ids and coordinates are never touched,
//! and events that hold nothing to hide stay as they are, byte for byte. Who the maskers
//! are, and where the events come from, is not known here.

mod blocks;
mod collect;
mod hider;
mod page;
mod places;
mod report;
mod rewrite;
mod selector;
mod skim;
mod typing;
mod views;
mod walk;

#[cfg(test)]
mod tests;

pub use collect::{Collecting, Decisions};
pub use report::{Hidden, Report, Sample};
pub use rewrite::Rewriting;

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the interface documents each")]
pub enum Place {
    Text,
    Attribute,
    InputValue,
    Url,
    Title,
    Console,
    Prompt,
    Reply,
    Custom,
}

/// A text, and where it first stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// As it is read, without the white space around it. Of a page's text it is the whole
    /// of a block, even where it is made of several nodes.
    pub text: String,
    /// What holds it.
    pub place: Place,
    /// The element's tag, "" when there is none.
    pub tag: String,
    /// The attribute's, the field's or the value's name, "" when there is none.
    pub name: String,
    /// Tags, ids and classes, from the nearest id down; "" when there is no element.
    pub selector: String,
}

/// A part of a text, and what to put in its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Secret {
    /// What is hidden, wherever it stands. Without a letter or a digit it is no secret.
    pub value: String,
    /// What is shown instead.
    pub with: String,
    /// What it is: "e-mail".
    pub kind: String,
}

/// What is done to a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Values are hidden, here and everywhere else in the session.
    Hide(Vec<Secret>),
    /// Every letter and digit becomes an asterisk.
    Cover,
    /// The element becomes a grey box.
    Block,
}

/// What is done to one of the spans that a masker was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place among those that were asked about, from 0.
    pub index: usize,
    /// What is done to it.
    pub edit: Edit,
}

/// Says which texts must not be stored.
pub trait Masker {
    /// Looks at the spans, and names only what changes. An error is a sentence for people.
    fn mask(&mut self, spans: &[Span]) -> Result<Vec<Change>, String>;
}

impl<F: FnMut(&[Span]) -> Result<Vec<Change>, String>> Masker for F {
    fn mask(&mut self, spans: &[Span]) -> Result<Vec<Change>, String> {
        self(spans)
    }
}

/// Why a recording was not masked, so that it must not be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A masker says why it could not answer.
    #[error("{0}")]
    Masker(String),
    /// A masker changes a span that it was not asked about.
    #[error("the masker changes span {index} of a batch of {spans}: spans are counted from 0")]
    NoSuchSpan {
        /// The span that it named.
        index: usize,
        /// How many there were.
        spans: usize,
    },
    /// A masker hides more than a recording can hold in earnest.
    #[error("the maskers name more than {0} secrets in one session: they should name fewer")]
    TooManySecrets(usize),
}
