//! The rrweb format: events kept as the raw JSON they came as.
//!
//! `json` walks JSON text without building a tree, `event` finds the events in a
//! batch and checks the minimal shape without which rrweb's player throws, `dom` is the
//! page as it was at each moment, `file` reads recordings from files. Nothing here
//! changes a byte of a recording.

mod blocks;
pub mod dom;
pub mod event;
pub(crate) mod fields;
pub mod file;
pub mod json;
mod said;
mod sheets;
pub(crate) mod skim;
pub(crate) mod text;
pub mod tokens;

pub use dom::Mirror;
pub use event::{Error, Event, Limits, events};
pub use sheets::UnreadSheets;
