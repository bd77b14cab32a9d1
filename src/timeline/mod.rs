//! The recording read as what a person did.
//!
//! A [`Stream`] reads the events of one page load in one tab, beside a mirror of the page;
//! [`join()`] makes one timeline of the streams of a session, stored in [`block`]s. [`Facts`]
//! are what lists and searches say of it, [`Talk`] is what was said beside the page,
//! [`sentence()`] is an event in words, [`playwright`] makes a test of them. Nothing here
//! judges what was done: that is for plugins.

mod address;
pub mod block;
mod change;
mod element;
mod event;
mod facts;
mod join;
mod label;
mod order;
pub mod playwright;
mod role;
mod runs;
mod said;
mod selection;
mod selector;
mod sentence;
mod stream;
mod talk;
mod touch;

pub use block::{Block, Kinds};
pub use event::{Attr, Button, Element, Event, Kind, KindName, Level, Millis, PageCause};
pub use facts::{Facts, Visited};
pub use join::join;
pub use sentence::sentence;
pub use stream::Stream;
pub use talk::Talk;

#[cfg(test)]
mod tests;
