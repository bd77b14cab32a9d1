//! The form of finished recordings: segments.
//!
//! A segment is a JSON array of rrweb events in the order they happened, small
//! enough to be loaded at once, that can be read without any other. The first one of
//! a stream is cut soon after the first full snapshot, so that a player can show
//! something; the next ones begin, where they can, with a full snapshot. Large
//! stylesheets are taken out of it and stored once for each connection
//! (`styles`). Nothing here knows where segments are stored.

mod cut;
pub mod frame;
pub mod styles;

pub use cut::{Cutter, Origin, Segment};
