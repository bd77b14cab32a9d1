//! The rrweb format: events kept as the raw JSON they came as.
//!
//! `json` walks JSON text without building a tree, `event` finds the events in a
//! batch and checks the minimal shape without which rrweb's player throws, `file`
//! reads recordings from files. Nothing here changes a byte of a recording.

mod blocks;
pub mod event;
pub mod file;
mod json;
mod text;

pub use event::{Error, Event, Limits, events};
