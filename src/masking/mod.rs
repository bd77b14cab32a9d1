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
mod texts;
mod typing;
mod views;
mod walk;

#[cfg(test)]
mod tests;

pub use crate::model::span::{Change, Edit, Place, Secret, Span};
pub use collect::{Collecting, Decisions};
pub use report::{Hidden, Report, Sample};
pub use rewrite::Rewriting;
pub use texts::Texts;

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
